// SPDX-License-Identifier: BSD-3-Clause
// The canonical set where the test plays the collector. On the collected heap: canonical_set_gc_test.cpp.
#include "trie/canonical_set.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <deque>
#include <mutex>
#include <shared_mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/dot.hpp"
#include "tests/support/holders.hpp"
#include "tests/support/weak_std_policy.hpp"

namespace trie = interlox::trie;
using interlox::test::Holders;
using interlox::test::WeakStdPolicy;
using interlox::test::WeakWorld;

namespace {

struct Element {
  std::uint64_t key;
  std::uint64_t hash;
};

enum class Hashing { kGood, kTruncated, kZero };

struct Traits {
  Hashing hashing = Hashing::kGood;
  bool throws = false;

  std::uint64_t hash(std::uint64_t key, std::uint64_t seed) const {
    const std::uint64_t good = trie::hash_integer(key, seed);
    return hashing == Hashing::kGood ? good : hashing == Hashing::kTruncated ? good & 15 : 0;
  }
  std::uint64_t hash(const Element& element, std::uint64_t seed) const { return hash(element.key, seed); }
  bool equal(const Element& element, std::uint64_t key) const {
    if (throws && key == 666) throw std::runtime_error("equality");
    return element.key == key;
  }
  bool equal(const Element& element, const Element& other) const { return element.key == other.key; }
};

using Set = trie::CanonicalSet<Element, Traits, WeakStdPolicy>;
static_assert(trie::WeakPolicy<WeakStdPolicy>);

/// A set, and the memory of its elements.
struct Fixture {
  explicit Fixture(Hashing hashing, bool throws = false)
      : traits{hashing, throws}, set(WeakStdPolicy(world), traits) {}

  Element* make(std::uint64_t key) {
    return set.make(key, [&](std::uint64_t hash) {
      const std::lock_guard hold(mutex);
      return &elements.emplace_back(Element{key, hash});
    });
  }
  /// The elements of these keys die.
  template <class F>
  void kill(const F& dies) {
    world.kill([&](void* target) { return dies(static_cast<Element*>(target)->key); });
  }
  void check() const {
    const auto fault = set.check();
    if (fault) FAIL(*fault);
    const trie::CanonicalStats stats = set.stats();
    CHECK(stats.live + stats.dead == stats.entries);
    CHECK(stats.live + stats.dead + stats.pruned == stats.misses);
    CHECK(stats.cleared == stats.dead + stats.pruned);
    CHECK(set.count() == stats.live);
    std::size_t met = 0;
    set.for_each([&](const Element&) { ++met; });
    CHECK(met == stats.live);
  }

  Traits traits;
  WeakWorld world;
  std::mutex mutex;
  std::deque<Element> elements;
  Set set;
};

auto all_hashings() { return GENERATE(Hashing::kGood, Hashing::kTruncated, Hashing::kZero); }

}  // namespace

TEST_CASE("canonical set: equal queries get one element, others their own") {
  Fixture fixture(all_hashings());
  std::vector<Element*> made;
  for (std::uint64_t key = 0; key < 300; ++key) {
    REQUIRE(fixture.set.find(key) == nullptr);
    made.push_back(fixture.make(key));
    REQUIRE(made.back()->key == key);
    REQUIRE(made.back()->hash == fixture.traits.hash(key, fixture.set.seed()));
  }
  for (std::uint64_t key = 0; key < 300; ++key) {
    REQUIRE(fixture.make(key) == made[key]);
    REQUIRE(fixture.set.find(key) == made[key]);
    REQUIRE(fixture.set.find(*made[key]) == made[key]);
  }
  CHECK(fixture.set.stats().hits == 300);
  CHECK(fixture.set.stats().misses == 300);
  CHECK(fixture.elements.size() == 300);
  fixture.check();
}

TEST_CASE("canonical set: what died is not found, and made anew") {
  Fixture fixture(all_hashings());
  std::vector<Element*> made;
  for (std::uint64_t key = 0; key < 300; ++key) made.push_back(fixture.make(key));
  fixture.kill([](std::uint64_t key) { return key % 3 == 0; });
  CHECK(fixture.set.count() == 200);
  CHECK(fixture.set.stats().dead == 100);
  fixture.check();
  for (std::uint64_t key = 0; key < 300; ++key) {
    if (key % 3 == 0) {
      REQUIRE(fixture.set.find(key) == nullptr);
      REQUIRE(fixture.make(key) != made[key]);
    } else {
      REQUIRE(fixture.make(key) == made[key]);
    }
  }
  // Each insert has removed the dead entries of its hash that it met.
  CHECK(fixture.set.stats().dead == 0);
  CHECK(fixture.set.stats().pruned == 100);
  CHECK(fixture.set.count() == 300);
  fixture.check();
  fixture.set.prune_all();  // hashes of entries that are gone
  CHECK(fixture.set.stats().pruned == 100);
  fixture.check();
}

TEST_CASE("canonical set: pruning removes the dead entries, all of them and nothing else") {
  Fixture fixture(all_hashings());
  std::vector<Element*> made;
  for (std::uint64_t key = 0; key < 1000; ++key) made.push_back(fixture.make(key));
  CHECK_FALSE(fixture.set.needs_pruning());
  fixture.kill([](std::uint64_t key) { return key >= 50; });
  CHECK(fixture.set.needs_pruning());
  CHECK(fixture.set.prune(10) == 10);
  fixture.check();
  fixture.set.prune_all();
  CHECK_FALSE(fixture.set.needs_pruning());
  CHECK(fixture.set.stats().entries == 50);
  for (std::uint64_t key = 0; key < 1000; ++key) {
    REQUIRE(fixture.set.find(key) == (key < 50 ? made[key] : nullptr));
  }
  fixture.check();
  fixture.world.kill_all();
  fixture.set.prune_all();
  CHECK(fixture.set.stats().entries == 0);
  fixture.check();
}

TEST_CASE("canonical set: inserts alone keep up with elements that die at once") {
  Fixture fixture(Hashing::kGood);
  std::size_t most = 0;
  for (std::uint64_t round = 0; round < 50; ++round) {
    for (std::uint64_t i = 0; i < 2000; ++i) fixture.make(round * 2000 + i);
    most = std::max(most, fixture.set.stats().entries);
    fixture.world.kill_all();
  }
  CHECK(most <= 2 * 2000 + 1100);  // two rounds, and what inserts leave to the cleaner
  fixture.check();
}

TEST_CASE("canonical set: what throws leaves it as it was") {
  Fixture fixture(all_hashings(), true);
  for (std::uint64_t key = 0; key < 100; ++key) fixture.make(key);
  fixture.kill([](std::uint64_t key) { return key == 50; });
  CHECK_THROWS_AS(
      fixture.set.make(1000, [](std::uint64_t) -> Element* { throw std::runtime_error("create"); }),
      std::runtime_error);
  CHECK_THROWS_AS(fixture.set.make(50, [](std::uint64_t) -> Element* { throw std::runtime_error("create"); }),
                  std::runtime_error);
  fixture.world.refuse = true;
  CHECK_THROWS_AS(fixture.make(1001), std::bad_alloc);
  CHECK_THROWS_AS(fixture.make(50), std::bad_alloc);
  CHECK(fixture.make(49)->key == 49);
  fixture.world.refuse = false;
  fixture.make(667);
  fixture.check();
  CHECK(fixture.set.count() == 100);
  CHECK(fixture.make(50)->key == 50);
  fixture.check();
}

TEST_CASE("canonical set: an element that lost the race is given up, and counts nowhere") {
  Fixture fixture(all_hashings());
  for (std::uint64_t key = 0; key < 40; ++key) fixture.make(key);
  Element* winner = nullptr;
  Element* const got = fixture.set.make(std::uint64_t{77}, [&](std::uint64_t hash) {
    winner = fixture.make(77);
    return &fixture.elements.emplace_back(Element{77, hash});
  });
  CHECK(got == winner);
  fixture.check();
  fixture.world.kill_all();  // the loser, too, dies now
  CHECK(fixture.set.stats().cleared == 41);
  fixture.set.prune_all();
  CHECK(fixture.set.stats().entries == 0);
  fixture.check();
}

// Two makers of one key, where the second runs whole at some step of the first, with a collection before or
// after it that takes all that neither of them holds.
TEST_CASE("canonical set: whatever comes between two steps of an insert, equal elements are one") {
  const Hashing hashing = all_hashings();
  const int others = GENERATE(0, 1, 6, 7, 40);
  const int when = GENERATE(0, 1, 2, 3);  // bit 0: collect before the second maker; bit 1: after
  const bool prune = GENERATE(false, true);
  for (int step = 0; step < 12; ++step) {
    Fixture fixture(hashing);
    for (int key = 0; key < others; ++key) fixture.make(1000 + static_cast<std::uint64_t>(key));
    fixture.make(5);
    fixture.make(6);
    fixture.kill([](std::uint64_t key) { return key == 5 || key % 4 == 0; });
    const Element* mine = nullptr;  // made, and held, by the first maker
    const Element* second = nullptr;
    const auto collect = [&] {
      fixture.world.kill([&](void* target) { return target != mine && target != second; });
      if (prune) fixture.set.prune_all();
    };
    int passed = 0;
    WeakWorld::at_yield = [&] {
      if (passed++ != step) return;
      if ((when & 1) != 0) collect();
      second = fixture.make(5);
      if ((when & 2) != 0) collect();
    };
    const Element* const first = fixture.set.make(std::uint64_t{5}, [&](std::uint64_t hash) {
      Element* const made = &fixture.elements.emplace_back(Element{5, hash});
      mine = made;
      return made;
    });
    WeakWorld::at_yield = nullptr;
    REQUIRE(first->key == 5);
    if (second != nullptr) REQUIRE(first == second);
    REQUIRE(fixture.set.find(std::uint64_t{5}) == first);
    fixture.check();
    fixture.set.prune_all();
    fixture.check();
    REQUIRE(fixture.set.stats().dead == 0);
  }
}

TEST_CASE("canonical set: an element that is made anew under a prune of the dead one stays") {
  const Hashing hashing = all_hashings();
  const int others = GENERATE(0, 1, 6, 40);
  for (int step = 0; step < 6; ++step) {
    Fixture fixture(hashing);
    for (int key = 0; key < others; ++key) fixture.make(1000 + static_cast<std::uint64_t>(key));
    fixture.make(5);
    fixture.kill([](std::uint64_t key) { return key == 5; });
    const Element* anew = nullptr;
    int passed = 0;
    WeakWorld::at_yield = [&] {
      if (passed++ == step) anew = fixture.make(5);
    };
    fixture.set.prune_all();
    WeakWorld::at_yield = nullptr;
    if (anew != nullptr) REQUIRE(fixture.set.find(std::uint64_t{5}) == anew);
    fixture.check();
    REQUIRE(fixture.set.stats().dead == 0);
  }
}

TEST_CASE("canonical set: threads agree on elements while a collector takes what nobody holds") {
  Fixture fixture(all_hashings());
  constexpr std::size_t kKeys = 64;
  Holders holders(kKeys);
  std::shared_mutex world;            // held shared by who runs, alone by the collector
  std::atomic<bool> stopping{false};  // such a mutex lets readers pass for ever
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> wrong{0};
  std::atomic<std::uint64_t> rounds{0};
  const auto work = [&](std::uint64_t state) {
    std::array<std::uint64_t, 6> held{};
    std::size_t count = 0;
    while (!stop.load()) {
      while (stopping.load()) std::this_thread::yield();
      const std::shared_lock running(world);
      for (int i = 0; i < 20; ++i) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        const std::uint64_t key = (state >> 33) % kKeys;
        if (count == held.size()) holders.let_go(held[--count]);
        const Element* const element = state >> 63 != 0 ? fixture.make(key) : fixture.set.find(key);
        if (element == nullptr) continue;
        if (element->key != key || !holders.hold(key, element)) {
          wrong.fetch_add(1);
        } else {
          held[count++] = key;
        }
        if (state >> 60 == 3) fixture.set.prune(2);
      }
      rounds.fetch_add(1);
    }
    const std::shared_lock running(world);
    while (count != 0) holders.let_go(held[--count]);
  };
  std::vector<std::thread> threads;
  for (std::uint64_t id = 1; id <= 4; ++id) threads.emplace_back(work, id * 0x9e3779b97f4a7c15u);
  const auto begin = std::chrono::steady_clock::now();
  std::size_t collections = 0;
  while (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(400) || rounds < 200 ||
         collections <= 10) {
    stopping.store(true);
    {
      const std::unique_lock stopped(world);
      fixture.world.kill(
          [&](void* target) { return !holders.holds(static_cast<const Element*>(target)->key, target); });
      ++collections;
    }
    stopping.store(false);
    std::this_thread::yield();
  }
  stop.store(true);
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(collections > 10);
  fixture.check();
  fixture.world.kill_all();
  fixture.set.prune_all();
  CHECK(fixture.set.stats().entries == 0);
  fixture.check();
}

TEST_CASE("canonical set: a dump shows live and dead elements") {
  Fixture fixture(Hashing::kGood);
  for (std::uint64_t key = 0; key < 3; ++key) fixture.make(key);
  fixture.kill([](std::uint64_t key) { return key == 1; });
  std::ostringstream out;
  fixture.set.dump(out, [](std::ostream& to, const Element& element) { to << "element " << element.key; });
  CHECK(out.str().find("element 0") != std::string::npos);
  CHECK(out.str().find("element 1") == std::string::npos);
  CHECK(out.str().find("element 2") != std::string::npos);
  CHECK(out.str().find("dead") != std::string::npos);
}

namespace {

/// An element whose content is in its entry.
struct Word {
  std::string_view text() const noexcept;
  const char* entry = nullptr;
};

struct WordTraits {
  struct Tail {
    std::uint32_t length;
    std::string_view view() const noexcept {
      return {reinterpret_cast<const char*>(this) + sizeof(length), length};
    }
  };

  static std::uint64_t hash(std::string_view text, std::uint64_t seed) noexcept {
    return trie::hash_bytes(text, seed);
  }
  static std::uint64_t hash(const Word& word, std::uint64_t seed) noexcept { return hash(word.text(), seed); }
  static bool equal(const Word& /*word*/, const Tail& tail, std::string_view text) noexcept {
    return tail.view() == text;
  }
  static bool equal(const Word& /*word*/, const Tail& tail, const Word& other) noexcept {
    return tail.view() == other.text();
  }
  static std::size_t tail_bytes(std::string_view text) noexcept { return sizeof(Tail) + text.size(); }
  static std::size_t tail_bytes(const Tail& tail) noexcept { return tail_bytes(tail.view()); }
  static void construct_tail(void* place, std::string_view text) noexcept {
    ::new (place) Tail{static_cast<std::uint32_t>(text.size())};
    std::memcpy(static_cast<char*>(place) + sizeof(Tail), text.data(), text.size());
  }
  static void attach(Word& word, const void* entry) noexcept { word.entry = static_cast<const char*>(entry); }
};

using Words = trie::CanonicalSet<Word, WordTraits, WeakStdPolicy>;

std::string_view Word::text() const noexcept {
  return reinterpret_cast<const WordTraits::Tail*>(entry + Words::kTailOffset)->view();
}

}  // namespace

TEST_CASE("canonical set: content that stands in the entries is found there, by any thread") {
  WeakWorld world;
  Words set{WeakStdPolicy(world)};
  std::mutex mutex;
  std::deque<Word> words;
  const auto make = [&](int number) {
    const std::string text = "word " + std::to_string(number);
    return set.make(std::string_view(text), [&](std::uint64_t) {
      const std::lock_guard hold(mutex);
      return &words.emplace_back();
    });
  };
  constexpr int kWords = 500;
  std::array<std::array<Word*, kWords>, 4> made{};
  {
    std::vector<std::thread> threads;
    for (auto& mine : made) {
      threads.emplace_back([&mine, &make] {
        for (int i = 0; i < kWords; ++i) mine[static_cast<std::size_t>(i)] = make(i);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  for (const auto& mine : made) REQUIRE(mine == made[0]);
  for (int i = 0; i < kWords; ++i) {
    Word* const word = made[0][static_cast<std::size_t>(i)];
    REQUIRE(word->text() == "word " + std::to_string(i));
    REQUIRE(set.find(std::string_view(word->text())) == word);
  }
  REQUIRE_FALSE(set.check());
  const std::size_t bytes = set.stats().bytes;
  world.kill([&](void* target) { return target != made[0][7]; });
  REQUIRE_FALSE(set.check());
  CHECK(set.stats().bytes == bytes);  // dead entries know their size
  set.prune_all();
  CHECK(set.count() == 1);
  CHECK(make(7) == made[0][7]);
  CHECK(make(8) != made[0][8]);
  REQUIRE_FALSE(set.check());
}

TEST_CASE("canonical set: text and graph show the living by name, and the dead as such") {
  Fixture fixture(all_hashings());
  for (std::uint64_t key = 0; key < 30; ++key) fixture.make(key);
  fixture.kill([](std::uint64_t key) { return key >= 20; });
  const auto print = [](std::ostream& out, const Element& element) { out << "element " << element.key; };
  std::ostringstream text;
  fixture.set.dump(text, print);
  std::ostringstream dot;
  fixture.set.dot(dot, print);
  const auto graph = interlox::test::Digraph::parse(dot.str());
  const trie::CanonicalStats stats = fixture.set.stats();
  CHECK(graph.nodes.size() == stats.entries + stats.indirects);
  CHECK(graph.is_closed());
  std::size_t dead = 0;
  for (const auto& [name, attributes] : graph.nodes) {
    dead += attributes.at("label").starts_with("dead = weak") ? 1 : 0;
  }
  CHECK(dead == 10);
  for (std::uint64_t key = 0; key < 20; ++key) {
    INFO(key);
    CHECK(text.str().find("Key=element " + std::to_string(key) + " Value=weak") != std::string::npos);
    CHECK(dot.str().find("\"element " + std::to_string(key) + " = weak") != std::string::npos);
  }
  CHECK(text.str().find("Key=dead") != std::string::npos);
}
