// SPDX-License-Identifier: BSD-3-Clause
// A thread that stops for ever in the middle of a change, at each place where it can: what is lock-free goes
// on for everybody else.
#include <array>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/trie/interleave_scene.hpp"
#include "tests/trie/moment_map.hpp"
#include "tests/trie/moments.hpp"

using namespace interlox::trie::test;
using interleave::Shape;

namespace {

template <class Value>
struct Change {
  const char* name;
  std::function<void(MomentMap<Value>&, Key)> make;
};

template <class Value>
std::vector<Change<Value>> changes() {
  using Map = MomentMap<Value>;
  return {
      {"store", [](Map& map, Key key) { map.store(key, 100); }},
      {"load_or_store", [](Map& map, Key key) { map.load_or_store(key, 100); }},
      {"load_or_compute", [](Map& map, Key key) { map.load_or_compute(key, [] { return Value(100); }); }},
      {"swap_if", [](Map& map, Key key) { map.swap_if(key, 100, [](const Value&) { return true; }); }},
      {"erase", [](Map& map, Key key) { map.erase(key); }},
      {"clear", [](Map& map, Key) { map.clear(); }},
  };
}

template <class Value>
void set_up(MomentMap<Value>& map, const Shape& shape) {
  int value = 0;
  for (const Key key : shape.stored) map.store(key, value++);
  grow_to(map, shape.bits);
  for (const unsigned index : shape.erased) map.erase(shape.stored[index]);
}

// What must come to an end though another thread stands still: loads, walks, counts, and operations that find
// their key.
template <class Value>
void look(MomentMap<Value>& map, const std::set<Key>& keys) {
  const std::vector<Key> queries(keys.begin(), keys.end());
  std::vector<std::optional<Value>> values(queries.size());
  map.load_many(queries, std::span(values));
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const auto value = map.load(queries[i]);
    if (value.has_value() != values[i].has_value()) give_up("a load differs from one of many");
    if (!value) continue;
    if (!map.load_or_store(queries[i], 200).loaded) give_up("a key that is there is stored");
    if (!map.load_or_compute(queries[i], [] { return Value(200); }).loaded)
      give_up("a key is computed again");
  }
  std::set<Key> met;
  map.for_each([&](Key key, const Value&) {
    if (!met.insert(key).second) give_up("a walk meets a key twice");
  });
  static_cast<void>(map.count());
}

}  // namespace

TEMPLATE_TEST_CASE("a thread that stands still anywhere in a change keeps nobody from reading", "", int,
                   WideNumber) {
  constexpr std::size_t kLong = 20'000;  // accesses: longer than any of these that does not wait
  Actor changing, reading;
  const CrashReport crash_report;
  std::size_t places = 0;
  for (const Shape& shape : interleave::shapes()) {
    std::set<Key> keys(shape.stored.begin(), shape.stored.end());
    keys.insert(shape.played.begin(), shape.played.end());
    for (const auto& change : changes<TestType>()) {
      for (const Key key : shape.played) {
        for (std::size_t nth = 1;; ++nth) {
          MomentMap<TestType> map;
          set_up(map, shape);
          const Schedule schedule([&] {
            return std::string(change.name) + " stands still before access " + std::to_string(nth) + " in " +
                   shape.name;
          });
          changing.start([&] { change.make(map, key); });
          const bool stands_still = changing.step(nth) == State::kStopped;
          if (stands_still) {
            ++places;
            reading.start([&] { look(map, keys); });
            INFO(schedule.text());
            REQUIRE(reading.step(kLong) == State::kDone);
          }
          REQUIRE(changing.finish() == State::kDone);
          REQUIRE(map.check().value_or("sound") == "sound");
          if (!stands_still) break;
        }
      }
    }
  }
  CHECK(places > 1000);
}
