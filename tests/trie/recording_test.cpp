// SPDX-License-Identifier: BSD-3-Clause
// What is recorded of maps is what they do: played again, a recording leads to the very same tree.
#include "gc/recording.hpp"

#include <atomic>
#include <cstdint>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "gc/clear_stack.hpp"
#include "gc/thread.hpp"
#include "gc/trie_policy.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"
#include "tests/support/recording_player.hpp"
#include "trie/hash_trie_map.hpp"
#include "trie/record.hpp"

using namespace interlox;
using test::RecordingPlayer;

namespace recording = gc::recording;

namespace {

// A value that is exchanged with its entry.
struct Large {
  std::uint64_t first, second;
  friend bool operator==(const Large&, const Large&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Large& large) { return out << large.first; }
};

enum class Hashing { standard, truncated, zero };

struct Keys : trie::KeyTraits<std::uint64_t> {
  Hashing hashing = Hashing::standard;

  std::uint64_t hash(std::uint64_t key, std::uint64_t seed) const {
    const std::uint64_t all = trie::hash_integer(key, seed);
    return hashing == Hashing::standard ? all : hashing == Hashing::zero ? 0 : (all & 0xF) << 58;
  }

  static constexpr const char* kTitle = "numbers";
  static void describe(std::string& text, std::uint64_t number) { text += std::to_string(number); }
  static void describe(std::string& text, const Large& large) { text += std::to_string(large.first); }
};

template <class Value>
using Map = trie::HashTrieMap<std::uint64_t, Value, Keys, gc::TriePolicy>;

std::uint64_t value_of(std::uint64_t number, const std::uint64_t* /*type*/) { return number; }
Large value_of(std::uint64_t number, const Large* /*type*/) { return {number, ~number}; }

template <class Value>
void random_steps(Map<Value>& map, std::uint64_t seed, int steps, std::uint64_t keys) {
  std::mt19937_64 random(seed);
  for (int i = 0; i < steps; ++i) {
    const std::uint64_t key = random() % keys;
    const Value value = value_of(random() % 100, static_cast<Value*>(nullptr));
    const std::uint64_t what = random() % 1000;
    if (what < 1) {
      map.clear();
    } else if (what < 400) {
      map.store(key, value);
    } else if (what < 500) {
      map.load_or_store(key, value);
    } else if (what < 550) {
      map.compare_and_swap(key, value, value_of(random() % 100, static_cast<Value*>(nullptr)));
    } else {
      map.erase(key);
    }
  }
}

template <class M>
std::string dump_of(const M& map) {
  std::ostringstream out;
  map.dump(out);
  return test::without_addresses(out.str());
}

// What the recording that was just ended has of the only map in it.
template <class M>
RecordingPlayer played(const M& map) {
  RecordingPlayer player(recording::recorded());
  CHECK(recording::recorded().dropped == 0);
  CHECK(player.dump(0) == dump_of(map));
  return player;
}

template <class Value>
void one_thread(Hashing hashing, std::uint64_t keys) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed, keys, static_cast<int>(hashing));
    REQUIRE(recording::start());
    Map<Value> map(Keys{{}, hashing}, seed);
    random_steps(map, seed, 40 << seed / 4, keys);
    REQUIRE(recording::stop());
    const RecordingPlayer player = played(map);
    CHECK(player.retired() == map.stats().retired);
  }
}

template <class Value>
void many_threads(Hashing hashing, std::uint64_t keys) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed, keys, static_cast<int>(hashing));
    REQUIRE(recording::start());
    Map<Value> map(Keys{{}, hashing}, seed);
    std::vector<std::thread> threads;
    for (std::uint64_t i = 0; i < 4; ++i) {
      threads.emplace_back([&map, seed, keys, i] {
        const gc::ThreadScope scope;
        random_steps(map, seed * 10 + i, 2000 / test::kSlowdown, keys);
      });
    }
    for (std::thread& thread : threads) thread.join();
    REQUIRE(recording::stop());
    const RecordingPlayer player = played(map);
    CHECK(player.retired() == map.stats().retired);
  }
}

}  // namespace

TEST_CASE("a recording leads to the tree that there is") {
  for (const std::uint64_t keys : {4, 30, 300}) {
    for (const Hashing hashing : {Hashing::standard, Hashing::truncated, Hashing::zero}) {
      one_thread<std::uint64_t>(hashing, keys);
      one_thread<Large>(hashing, keys);
    }
  }
}

TEST_CASE("a recording has the changes of many threads in their order") {
  for (const std::uint64_t keys : {4, 30, 1000}) {
    for (const Hashing hashing : {Hashing::standard, Hashing::truncated}) {
      many_threads<std::uint64_t>(hashing, keys);
      many_threads<Large>(hashing, keys);
    }
  }
}

TEST_CASE("a recording has each growth, shrinkage, split, merge and clear") {
  REQUIRE(recording::start());
  Map<std::uint64_t> map;
  for (std::uint64_t i = 0; i < 5000; ++i) map.store(i, i);
  const std::size_t slots = map.stats().indirects;
  for (std::uint64_t i = 0; i < 5000; ++i) map.erase(i);
  map.store(1, 1);
  map.clear();
  REQUIRE(recording::stop());
  CHECK(slots > 1000);
  const RecordingPlayer player = played(map);
  CHECK(player.changes(0) >= 8);
  CHECK(player.changes(1) >= 8);
  CHECK(player.changes(2) == 1);
  CHECK(player.changes(3) >= 300);
  CHECK(player.changes(4) >= 1);
}

TEST_CASE("a map that was there before is recorded from its next change on, as it stands then") {
  Map<std::uint64_t> map;
  Map<std::uint64_t> quiet;
  for (std::uint64_t i = 0; i < 1000; ++i) map.store(i, i);
  quiet.store(1, 1);
  REQUIRE(recording::start());
  CHECK_FALSE(recording::start());
  map.store(7, 8);
  for (std::uint64_t i = 0; i < 500; ++i) map.erase(i * 2);
  REQUIRE(recording::stop());
  CHECK_FALSE(recording::stop());
  played(map);
  CHECK(recording::recorded().maps.size() == 1);
  CHECK(recording::recorded().maps[0].title == std::string("numbers"));
}

TEST_CASE("a recording that has no room for more ends, and says how much it lacks") {
  REQUIRE(recording::start(recording::kLeastBytes));
  Map<std::uint64_t> map;
  for (std::uint64_t i = 0; i < 1000; ++i) map.store(i, i);
  REQUIRE(recording::stop());
  const recording::Recording cut = recording::recorded();
  CHECK(cut.events.size() <= recording::kLeastBytes);
  CHECK(cut.events.size() > recording::kLeastBytes - 1000);
  CHECK(cut.dropped > 500);
  CHECK_NOTHROW(RecordingPlayer(cut));
}

TEST_CASE("a recording knows of each node when the collector has reclaimed it") {
  REQUIRE(recording::start());
  {
    Map<std::uint64_t> map;
    test::run_in_thread([&map] {
      for (std::uint64_t i = 0; i < 20'000; ++i) map.store(i, i);
      map.clear();
    });
    for (int i = 0; i < 3; ++i) {
      gc::clear_stack();
      gc::collect();
    }
    REQUIRE(recording::stop());
    RecordingPlayer player = played(map);
    CHECK(player.retired() == map.stats().retired);
    CHECK(player.retired() > 20'000);
    CHECK(player.reclaimed() * 100 >= player.retired() * 99);
    CHECK(player.collections() >= 3);
    for (const RecordingPlayer::Node& node : player.nodes()) {
      if (node.reclaimed) CHECK(node.retired);
    }
  }
}

TEST_CASE("addresses that are used again are nodes of their own") {
  REQUIRE(recording::start());
  Map<Large> map;
  test::run_in_thread([&map] {
    for (std::uint64_t round = 0; round < 20; ++round) {
      for (std::uint64_t i = 0; i < 500; ++i) map.store(i, Large{i + round, 0});
      if (round % 3 == 0) map.clear();
      gc::clear_stack();
      gc::collect();
    }
  });
  REQUIRE(recording::stop());
  const RecordingPlayer player = played(map);
  CHECK(player.reclaimed() > 7000);
}

TEST_CASE("a thread that records waits for no collection, nor the other way round") {
  REQUIRE(recording::start());
  Map<std::uint64_t> map;
  std::atomic<bool> is_over{false};
  std::thread collects([&is_over] {
    const gc::ThreadScope scope;
    while (!is_over) gc::collect();
  });
  test::run_in_thread([&map] { random_steps(map, 1, 20'000 / test::kSlowdown, 500); });
  is_over = true;
  collects.join();
  REQUIRE(recording::stop());
  played(map);
}
