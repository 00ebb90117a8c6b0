// SPDX-License-Identifier: BSD-3-Clause
// The map on several threads: lifecycles of keys that are not shared, and the laws that hold for shared ones.
// Compiled once for each policy.
#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "tests/trie/map_under_test.hpp"

namespace interlox::trie::test {

TEMPLATE_TEST_CASE("threads that share no key do not notice each other", "[map][threads]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const unsigned threads = GENERATE(2U, 8U);
  CAPTURE(hash, threads);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  const auto texts = make_keys(key_count(hash, 1000));
  Log log;
  run_threads(threads, [&](unsigned id) {
    const int mine = static_cast<int>(id);
    std::vector<std::string> keys;
    for (const auto& text : texts) keys.push_back(text + "-" + std::to_string(id));
    const auto expect = [&](Op op, const std::string& key, int old, int value, const Answer& want) {
      log.expect(apply(map, op, key, old, value) == want, "wrong answer for", key);
    };
    for (const auto& key : keys) {
      expect(Op::kLoad, key, 0, 0, {});
      expect(Op::kLoadOrStore, key, 0, mine, {mine, false});
      expect(Op::kLoad, key, 0, 0, {mine, true});
      expect(Op::kLoadOrStore, key, 0, 77, {mine, true});
    }
    for (const auto& key : keys) {
      expect(Op::kSwap, key, 0, mine + 10, {mine, true});
      expect(Op::kSwapIf, key, mine, 77, {});
      expect(Op::kSwapIf, key, mine + 10, mine + 20, {-1, true});
    }
    for (std::size_t i = 0; i < keys.size(); ++i) {
      expect(Op::kLoad, keys[i], 0, 0, {mine + 20, true});
      if (i % 3 == 0) expect(Op::kDeleteIf, keys[i], mine + 20, 0, {-1, true});
      if (i % 3 == 1) expect(Op::kLoadAndDelete, keys[i], 0, 0, {mine + 20, true});
      if (i % 3 == 2) expect(Op::kErase, keys[i], 0, 0, {-1, true});
      expect(Op::kLoad, keys[i], 0, 0, {});
    }
    for (const auto& key : keys) expect(Op::kLoad, key, 0, 0, {});
  });
  REQUIRE(log.text().empty());
  REQUIRE(map.count() == 0);
  REQUIRE_FALSE(map.iterate().next());
  REQUIRE(map.check() == std::nullopt);
}

// Residents are there the whole time, so each load must find each of them, whatever the map does to make room
// for tides of other keys and to give it back.
TEMPLATE_TEST_CASE("residents are found while the map grows and shrinks", "[map][threads]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const unsigned threads = GENERATE(2U, 8U);
  CAPTURE(hash, threads);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  const auto residents = make_keys(key_count(hash, 200, 32));
  for (int i = 0; const auto& key : residents) map.store(key, i++);
  const std::size_t tide = key_count(hash, 10000, 64);
  Log log;
  std::atomic<unsigned> writers{threads / 2};
  run_threads(threads, [&](unsigned id) {
    if (id % 2 == 0) {
      Tide own(make_keys(tide, 100'000 * (id + 1)));
      for (std::size_t step = 0; step < 4 * tide; ++step) own.step(map, 1);  // twice in, twice out
      --writers;
      return;
    }
    while (writers.load() != 0) {
      for (int i = 0; const auto& key : residents) {
        log.expect(apply(map, Op::kLoad, key, 0, 0) == Answer{i, true}, "not found:", key);
        log.expect(apply(map, Op::kLoadOrStore, key, 0, 0) == Answer{i, true}, "stored again:", key);
        ++i;
      }
    }
  });
  REQUIRE(log.text().empty());
  REQUIRE(map.count() == residents.size());
  REQUIRE(map.check() == std::nullopt);
}

TEMPLATE_TEST_CASE("each thread's own keys follow its own table", "[map][threads]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const unsigned threads = GENERATE(2U, 8U);
  CAPTURE(hash, threads);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  Log log;
  std::vector<Model> models(threads);
  run_threads(threads, [&](unsigned id) {
    Random random(id);
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < key_count(hash, 200, 24); ++i) keys.push_back(key_text(i * threads + id));
    for (unsigned step = 0; step < 16000 / threads / kScale; ++step) {
      const Op op = kAllOps[random.below(kAllOps.size())];
      const auto& key = keys[random.below(keys.size())];
      const int old = static_cast<int>(random.below(3));
      const int value = static_cast<int>(random.below(3));
      log.expect(apply(map, op, key, old, value) == models[id].apply(op, key, old, value), "wrong answer for",
                 key);
    }
  });
  REQUIRE(log.text().empty());
  std::map<std::string, int> all;
  for (const auto& model : models) all.insert(model.table().begin(), model.table().end());
  REQUIRE(contents(map) == all);
  REQUIRE(map.count() == all.size());
  REQUIRE(map.check() == std::nullopt);
}

TEMPLATE_TEST_CASE("of threads that delete one key, one does it", "[map][threads]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const unsigned threads = GENERATE(2U, 8U);
  const Op removal = GENERATE(Op::kDeleteIf, Op::kLoadAndDelete, Op::kErase);
  CAPTURE(hash, threads, removal);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  const auto keys = make_keys(key_count(hash, 1000));
  const int count = static_cast<int>(keys.size());
  for (int i = 0; i < count; ++i) map.store(keys[i], i);
  Log log;
  std::atomic<int> deleted{0};
  run_threads(threads, [&](unsigned) {
    for (int i = 0; i < count; ++i) {
      log.expect(!map.compare_and_delete(keys[i], 1 << 30), "deleted a value that was not there", keys[i]);
      if (apply(map, removal, keys[i], i, 0).yes) ++deleted;
      log.expect(!map.load(keys[i]), "found after its deletion", keys[i]);
    }
    for (const auto& key : keys) log.expect(!map.load(key), "found after all deletions", key);
  });
  REQUIRE(log.text().empty());
  REQUIRE(deleted == count);
  REQUIRE(map.count() == 0);
  REQUIRE(map.check() == std::nullopt);
}

TEMPLATE_TEST_CASE("of threads that store one key, one does and all see it", "[map][threads]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const unsigned threads = GENERATE(2U, 8U);
  CAPTURE(hash, threads);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  const auto keys = make_keys(key_count(hash, 1000));
  Log log;
  std::atomic<std::size_t> stored{0};
  std::vector<std::vector<int>> seen(threads);
  run_threads(threads, [&](unsigned id) {
    for (const auto& key : keys) {
      const Answer got = apply(map, Op::kLoadOrStore, key, 0, static_cast<int>(id));
      if (!got.yes) ++stored;
      log.expect(got.yes || got.value == static_cast<int>(id), "stored something else", key);
      seen[id].push_back(got.value);
    }
  });
  REQUIRE(log.text().empty());
  REQUIRE(stored == keys.size());
  for (const auto& column : seen) REQUIRE(column == seen[0]);
  REQUIRE(map.count() == keys.size());
  REQUIRE(map.check() == std::nullopt);
}

// Each value goes in once, so each must come out once: as a previous value, as a deleted one, or at the end.
TEMPLATE_TEST_CASE("swaps and deletions lose and double no value", "[map][threads]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const unsigned threads = GENERATE(2U, 8U);
  CAPTURE(hash, threads);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  const auto keys = make_keys(6);
  const int each = static_cast<int>(8000 / threads) / kScale;
  std::vector<std::vector<int>> out(threads);
  run_threads(threads, [&](unsigned id) {
    Random random(id);
    for (int i = 0; i < each; ++i) {
      const auto& key = keys[random.below(keys.size())];
      const Answer got = apply(map, Op::kSwap, key, 0, static_cast<int>(id) * each + i);
      if (got.yes) out[id].push_back(got.value);
      if (i % 3 != 0) continue;
      const Answer gone = apply(map, Op::kLoadAndDelete, keys[random.below(keys.size())], 0, 0);
      if (gone.yes) out[id].push_back(gone.value);
    }
  });
  std::vector<int> all;
  for (const auto& part : out) all.insert(all.end(), part.begin(), part.end());
  const auto rest = contents(map);
  REQUIRE(rest);
  for (const auto& [key, value] : *rest) all.push_back(value);
  std::sort(all.begin(), all.end());
  std::vector<int> want(static_cast<std::size_t>(each) * threads);
  std::iota(want.begin(), want.end(), 0);
  REQUIRE(all == want);
  REQUIRE(map.check() == std::nullopt);
}

TEMPLATE_TEST_CASE("a counter kept by compare_and_swap loses no step", "[map][threads]", int, Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const unsigned threads = GENERATE(2U, 8U);
  CAPTURE(hash, threads);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  const auto keys = make_keys(4);
  const unsigned each = 4000 / threads / kScale;
  run_threads(threads, [&](unsigned id) {
    for (unsigned i = 0; i < each; ++i) {
      const auto& key = keys[(i + id) % keys.size()];
      for (;;) {
        const Answer now = apply(map, Op::kLoadOrStore, key, 0, 0);
        if (map.compare_and_swap(key, now.value, now.value + 1)) break;
      }
    }
  });
  int sum = 0;
  for (const auto& key : keys) sum += apply(map, Op::kLoad, key, 0, 0).value;
  REQUIRE(sum == static_cast<int>(each * threads));
  REQUIRE(map.check() == std::nullopt);
}

// Two operations on one key, at one moment, again and again. Allowed are the results of one after the other,
// in either order; that of compare_and_swap against compare_and_delete is that they never both win.
TEMPLATE_TEST_CASE("two operations on one key have the result of one order", "[map][threads][faults]", int,
                   Wide) {
  const Hash hash = GENERATE(Hash::kGood, Hash::kConstant, Hash::kLowBits);
  CAPTURE(hash);
  struct Result {
    Answer answer[2];
    Answer after;
    bool operator==(const Result&) const = default;
  };
  constexpr int kRounds = 240 / kScale;
  const std::vector<Op> ops(kAllOps.begin(), kAllOps.end());
  TestMap<TestType> map{TestKeys(hash), kSeed};
  map.store("neighbour", 0);
  Log log;
  Rendezvous rendezvous(2);
  Answer answers[2];
  run_threads(2, [&](unsigned id) {
    for (std::size_t pair = 0; pair < ops.size() * ops.size() * 2; ++pair) {
      const bool present = pair % 2 == 0;
      const Op op[2] = {ops[pair / 2 % ops.size()], ops[pair / 2 / ops.size()]};
      for (int round = 0; round < kRounds / 8 + 1; ++round) {
        if (id == 0) {
          map.erase("key");
          if (present) map.store("key", 1);
        }
        rendezvous.wait();
        answers[id] = apply(map, op[id], "key", 1, 2 + static_cast<int>(id));
        rendezvous.wait();
        if (id == 0) {
          const Result got{{answers[0], answers[1]}, apply(map, Op::kLoad, "key", 0, 0)};
          bool allowed = false;
          for (const unsigned first : {0U, 1U}) {
            Model model;
            if (present) model.apply(Op::kStore, "key", 0, 1);
            Result want;
            for (const unsigned who : {first, 1 - first}) {
              want.answer[who] = model.apply(op[who], "key", 1, 2 + static_cast<int>(who));
            }
            want.after = model.apply(Op::kLoad, "key", 0, 0);
            allowed = allowed || got == want;
          }
          log.expect(allowed, "no order gives this result", std::to_string(pair));
        }
        rendezvous.wait();
      }
    }
  });
  REQUIRE(log.text().empty());
  REQUIRE(map.check() == std::nullopt);
}

TEMPLATE_TEST_CASE("clear beside changes removes what was there and nothing later", "[map][threads]", int,
                   Wide) {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const unsigned threads = GENERATE(2U, 8U);
  const bool patient = GENERATE(false, true);  // waits until there is something to clear
  CAPTURE(hash, threads, patient);
  TestMap<TestType> map{TestKeys(hash), kSeed};
  Log log;
  std::atomic<unsigned> running{threads - 1};
  const unsigned each = 4800 / threads / (kScale / 4 + 1);
  const std::size_t own = key_count(hash, 500, 50);
  std::vector<std::string> last(threads);
  run_threads(threads, [&](unsigned id) {
    if (id == 0) {
      while (running.load() != 0) {
        if (!patient || map.count() > own / 2) map.clear();
      }
      return;
    }
    for (unsigned i = 0; i < each; ++i) {
      const std::string key = key_text(i % own) + "-" + std::to_string(id);
      map.store(key, static_cast<int>(id));
      const Answer got = apply(map, Op::kLoad, key, 0, 0);
      log.expect(!got.yes || got.value == static_cast<int>(id), "a value of another key", key);
      if (i % 2 == 1) map.erase(key_text(i / 2 % own) + "-" + std::to_string(id));
      last[id] = key;
    }
    --running;
  });
  REQUIRE(log.text().empty());
  const auto left = contents(map);
  REQUIRE(left);
  REQUIRE(map.count() == left->size());
  REQUIRE(map.check() == std::nullopt);
  map.clear();
  REQUIRE(map.count() == 0);
  for (unsigned id = 1; id < threads; ++id) REQUIRE_FALSE(map.load(last[id]));
  map.store("after", 1);
  REQUIRE(map.count() == 1);
}

// Any state between two clears is empty or holds keys of one round only: clear has one moment.
TEST_CASE("clear has one moment for every observer", "[map][threads]") {
  const Hash hash = GENERATE(from_range(kAllHashes));
  CAPTURE(hash);
  TestMap<int> map{TestKeys(hash), kSeed};
  const auto keys = make_keys(key_count(hash, 200, 32));
  std::atomic<bool> done{false};
  Log log;
  run_threads(2, [&](unsigned id) {
    if (id == 0) {
      for (int round = 0; round < 400 / kScale; ++round) {
        for (const auto& key : keys) map.store(key, round);
        map.clear();
      }
      done = true;
      return;
    }
    while (!done) {
      // Once a key is missing that is stored first, a later one can't be there with an older round.
      const Answer later = apply(map, Op::kLoad, keys.back(), 0, 0);
      const Answer first = apply(map, Op::kLoad, keys.front(), 0, 0);
      if (later.yes && first.yes)
        log.expect(first.value >= later.value, "a round that was cleared came back");
    }
  });
  REQUIRE(log.text().empty());
  REQUIRE(map.count() == 0);
  REQUIRE(map.check() == std::nullopt);
}

}  // namespace interlox::trie::test
