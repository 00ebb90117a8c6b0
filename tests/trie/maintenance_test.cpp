// SPDX-License-Identifier: BSD-3-Clause
// The races of resizes, merges and clear() that the trie's protocol names, one by one, each made to happen: a
// thread is stopped at a chosen access of its operation while others go on.
#include "trie/maintenance.hpp"

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/trie/moment_map.hpp"
#include "tests/trie/moments.hpp"

using namespace interlox::trie;
using namespace interlox::trie::test;
using namespace interlox::trie::test::races;

// --- The root: frozen slots, resizes and clear.

TEMPLATE_TEST_CASE("a change of a slot that is frozen waits, parked, and is made in the new root", "", int,
                   WideNumber) {
  using TestMap = MomentMap<TestType>;
  const std::vector<std::function<void(TestMap&)>> changes{
      [](TestMap& map) { map.store(key_of(0x5000), 9); },  // an empty slot
      [](TestMap& map) { map.store(kB, 9); },              // beside a direct entry
      [](TestMap& map) { map.store(kA, 9); },              // of a direct entry's value
      [](TestMap& map) { map.compare_and_swap(kA, 1, 9); },
      [](TestMap& map) { map.erase(kA); },
      [](TestMap& map) { map.compare_and_delete(kA, 1); }};
  for (const auto& change : changes) {
    TestMap map;
    TestMap expected;
    for (auto* const each : {&map, &expected}) {
      each->store(kA, 1);
      each->store(kFar, 2);
    }
    change(expected);
    auto* const root = tree_of(map).root();
    Actor grower([&] { MaintenanceOf<TestType>(tree_of(map)).grow(root); });
    const auto all_frozen = [&] { return detail::is_frozen(tree_of(map).read(root->at(7))); };
    REQUIRE(grower.stop_when(all_frozen) == State::kStopped);
    Actor changer([&] { change(map); });
    REQUIRE(changer.finish() == State::kParked);
    REQUIRE(map.load(kA).has_value());  // readers go on
    REQUIRE(contents_of(map).size() == 2);
    REQUIRE(grower.finish() == State::kDone);
    REQUIRE(changer.finish() == State::kDone);
    REQUIRE(contents_of(map) == contents_of(expected));
    REQUIRE(map.check().value_or("sound") == "sound");
    REQUIRE(map.policy().ledger().fault(map) == "");
  }
}

TEST_CASE("a leaf below frozen slots is changed as ever") {
  Map map;
  map.store(kA, 1);
  map.store(kB, 2);
  Root* const root = tree_of(map).root();
  Actor grower([&] { Maintenance(tree_of(map)).grow(root); });
  REQUIRE(grower.stop_when([&] { return is_frozen(root, 7); }) == State::kStopped);
  map.store(kC, 3);
  map.store(kB, 4);
  map.erase(kA);
  REQUIRE(grower.finish() == State::kDone);
  REQUIRE(contents_of(map) == std::map<Key, int>{{kB, 4}, {kC, 3}});
  require_sound(map);
}

TEST_CASE("a resize that runs out of memory is taken back, and wakes those that wait for its slots") {
  Map map;
  map.store(kA, 1);
  map.store(kFar, 2);
  grow_to(map, 5);
  map.store(kB, 3);  // in the slot beside that of kA: a shrink needs a leaf for both
  Root* const root = tree_of(map).root();
  Actor shrinker([&] { Maintenance(tree_of(map)).shrink_if_sparse(); });
  REQUIRE(shrinker.stop_when([&] { return is_frozen(root, 1); }) == State::kStopped);
  Actor inserter([&] { map.store(key_of(0x0100), 4); });
  REQUIRE(inserter.finish() == State::kParked);
  map.policy().ledger().fail_at(1);
  REQUIRE(shrinker.finish() == State::kDone);
  REQUIRE(map.policy().ledger().end_failing());
  REQUIRE(tree_of(map).root() == root);
  REQUIRE(inserter.finish() == State::kDone);
  REQUIRE(map.count() == 4);
  require_sound(map);
}

namespace {

// A root of 64 slots with what makes a shrink allocate in every way: two direct entries side by side, a leaf
// beside an empty slot, and a leaf beside a direct entry. Removing kFar makes it shrink.
const std::vector<Key> kSparseKeys{key_of(0x0000), key_of(0x0400), key_of(0x0800), key_of(0x0900),
                                   key_of(0x1000), key_of(0x1100), key_of(0x1400), kFar};
void make_sparse_root(Map& map) {
  grow_to(map, 6);
  for (const Key key : kSparseKeys) map.store(key, 1);
  REQUIRE(tree_of(map).root()->bits() == 6);
}

}  // namespace

TEST_CASE("a shrink that runs out of memory at any of its allocations leaves the map as it was") {
  int failures = 0;
  for (bool failed = true; failed; failures += failed ? 1 : 0) {
    Map map;
    make_sparse_root(map);
    map.policy().ledger().fail_at(failures + 1);
    REQUIRE(map.erase(kFar));
    failed = map.policy().ledger().end_failing();
    REQUIRE(tree_of(map).root()->bits() == (failures < 6 ? 6 : 5));
    require_sound(map);
    for (const Key key : kSparseKeys) REQUIRE(map.load(key).has_value() == (key != kFar));
    for (const unsigned top : {0x0C00U, 0x1800U, 0x1C00U, 0xF000U})
      map.store(key_of(top), 2);  // in empty slots
    for (const Key key : kSparseKeys) REQUIRE(map.erase(key) == (key != kFar));
    REQUIRE(map.count() == 4);
    REQUIRE(tree_of(map).root()->bits() == 5);
    require_sound(map);
  }
  // The root, a leaf of two, an empty one and one of one, two branches; then two leaves that merge what is
  // below them.
  REQUIRE(failures == 8);
}

TEST_CASE("a growth or a merge that there is no memory for is left out") {
  Map map;
  for (unsigned i = 0; i < 4; ++i) map.store(key_of(0x2000 * i), 1);
  map.policy().ledger().fail_at(2);  // after the entry
  map.store(key_of(0x8000), 1);
  REQUIRE(map.policy().ledger().end_failing());
  REQUIRE(tree_of(map).root()->bits() == 3);
  require_sound(map);
  map.store(key_of(0xA000), 1);
  REQUIRE(tree_of(map).root()->bits() == 4);

  Map other;
  auto& branch = make_sparse_branch(other);
  other.policy().ledger().fail_at(1);
  Maintenance(tree_of(other)).merge(branch, nth_key(0));
  REQUIRE(other.policy().ledger().end_failing());
  REQUIRE(is_in_branch(other, nth_key(0)));
  require_sound(other);
  Maintenance(tree_of(other)).merge(branch, nth_key(0));
  REQUIRE_FALSE(is_in_branch(other, nth_key(0)));
  require_sound(other);
}

TEST_CASE(
    "clear replaces a root that is being resized at once, but closes it after the resize has given up") {
  for (const bool grows : {true, false}) {
    Map map;
    make_sparse_root(map);
    map.policy().ledger().fail_at(1);
    map.erase(kFar);  // from now on sparse, but not yet shrunk
    REQUIRE(map.policy().ledger().end_failing());
    Root* const root = tree_of(map).root();
    Actor resizer(
        [&] { grows ? Maintenance(tree_of(map)).grow(root) : Maintenance(tree_of(map)).shrink_if_sparse(); });
    REQUIRE(resizer.stop_when([&] { return is_frozen(root, 63); }) == State::kStopped);
    Actor clearer([&] { map.clear(); });
    REQUIRE(clearer.finish() == State::kParked);
    REQUIRE(map.load(kSparseKeys[0]) == std::nullopt);
    map.store(kA, 2);  // waits for nobody
    Root* const fresh = tree_of(map).root();
    REQUIRE(resizer.finish() == State::kDone);
    REQUIRE(tree_of(map).root() == fresh);
    REQUIRE(clearer.finish() == State::kDone);
    REQUIRE(contents_of(map) == std::map<Key, int>{{kA, 2}});
    REQUIRE(map.policy().ledger().retirements_of(root) == 1);
    require_sound(map);
  }
}

// A's removal has found the map empty and is about to tidy up its root. B freezes that root to replace it,
// but clear() replaces it first. Then A gets the turn before clear() does, and finds slots that nobody
// unfroze.
TEST_CASE("a root whose resize came too late is tidied before it is closed") {
  Map map;
  map.store(kA, 1);
  Root* const root = tree_of(map).root();
  Actor eraser([&] { map.erase(kA); });
  REQUIRE(eraser.go_on(at_turn_of(root)) == State::kStopped);
  Actor grower([&] { Maintenance(tree_of(map)).grow(root); });
  REQUIRE(grower.stop_when([&] { return is_frozen(root, 7); }) == State::kStopped);
  Actor clearer([&] { map.clear(); });
  REQUIRE(clearer.finish() == State::kParked);
  REQUIRE(grower.finish() == State::kDone);
  REQUIRE(eraser.finish() == State::kDone);
  REQUIRE(clearer.finish() == State::kDone);
  REQUIRE(map.count() == 0);
  require_sound(map);
}

// The split has seen a frozen slot and that the root still stood, and is about to wait for the resize. That
// has given up by the time it looks, and now clear() has the turn, which waits for the leaf that the split
// holds.
TEST_CASE("a split does not wait for the end of a clear that waits for the split") {
  Map map;
  make_leaf_in_four_slots(map);
  Root* const root = tree_of(map).root();
  Actor splitter([&] { map.store(key_of(0x1F00), 7); });
  REQUIRE(splitter.go_on(after_first_slot(map)) == State::kStopped);
  Actor grower([&] { Maintenance(tree_of(map)).grow(root); });
  REQUIRE(grower.stop_when([&] { return is_frozen(root, 31); }) == State::kStopped);
  REQUIRE(splitter.go_on(at_turn_of(root)) == State::kStopped);
  Actor clearer([&] { map.clear(); });
  REQUIRE(clearer.finish() == State::kParked);  // for the grower
  REQUIRE(grower.finish() == State::kDone);
  REQUIRE(clearer.finish() == State::kParked);  // for the splitter
  REQUIRE(splitter.finish() == State::kDone);
  REQUIRE(clearer.finish() == State::kDone);
  REQUIRE(contents_of(map) == std::map<Key, int>{{key_of(0x1F00), 7}});
  require_sound(map);
}

TEST_CASE("of two clears at once each closes the tree that it has replaced") {
  Map map;
  store_keys(map, 8);
  Root* const old = tree_of(map).root();
  Actor clearer([&] { map.clear(); });
  REQUIRE(clearer.stop_when([&] { return tree_of(map).root() != old; }) == State::kStopped);
  map.store(kA, 1);
  map.clear();
  map.store(kB, 2);
  REQUIRE(clearer.finish() == State::kDone);
  REQUIRE(contents_of(map) == std::map<Key, int>{{kB, 2}});
  require_sound(map);
}

TEST_CASE("a load or a change inside of a tree that was cleared finds nothing there or starts again") {
  Map map;
  store_keys(map, kCells);
  map.store(kFar, 9);
  Root* const old = tree_of(map).root();
  std::optional<int> loaded = 0;
  std::optional<int> removed = 0;
  Actor reader([&] { loaded = map.load(kFar); });
  Actor eraser([&] { removed = map.load_and_delete(nth_key(1)); });
  Actor inserter([&] { map.store(nth_key(7), 7); });
  Actor swapper([&] { map.store(kFar, 8); });
  REQUIRE(reader.stop_before(&old->slot(kFar)) == State::kStopped);
  for (Actor* const actor : {&eraser, &inserter, &swapper}) {
    REQUIRE(actor->stop_at_yield_point() == State::kStopped);
  }
  map.clear();
  for (Actor* const actor : {&reader, &eraser, &inserter, &swapper}) REQUIRE(actor->finish() == State::kDone);
  REQUIRE(loaded == std::nullopt);
  REQUIRE(removed == std::nullopt);
  REQUIRE(contents_of(map) == std::map<Key, int>{{nth_key(7), 7}, {kFar, 8}});
  require_sound(map);
}

TEST_CASE("a change that reaches a leaf before clear closes it comes before the clear") {
  Map map;
  store_keys(map, 3);
  Root* const old = tree_of(map).root();
  Actor inserter([&] { map.store(nth_key(3), 3); });
  REQUIRE(inserter.stop_at_yield_point() == State::kStopped);
  Actor clearer([&] { map.clear(); });
  REQUIRE(clearer.stop_when([&] { return tree_of(map).root() != old; }) == State::kStopped);
  REQUIRE(inserter.finish() == State::kDone);
  REQUIRE(map.count() == 4);  // until they are retired
  REQUIRE(map.load(nth_key(3)) == std::nullopt);
  REQUIRE(clearer.finish() == State::kDone);
  REQUIRE(map.count() == 0);
  require_sound(map);
}

TEST_CASE("a key that is removed before its insert has counted it is never counted as less than nothing") {
  Map map;
  Actor first([&] { map.store(kA, 1); });
  Actor second([&] { map.store(kFar, 2); });
  REQUIRE(first.stop_when([&] { return map.load(kA).has_value(); }) == State::kStopped);
  REQUIRE(second.stop_when([&] { return map.load(kFar).has_value(); }) == State::kStopped);
  REQUIRE(map.count() == 0);
  SECTION("by clear") { map.clear(); }
  SECTION("one by one") {
    map.erase(kA);
    map.erase(kFar);
  }
  REQUIRE(map.count() == 0);
  REQUIRE(first.finish() == State::kDone);
  REQUIRE(map.count() == 0);
  REQUIRE(second.finish() == State::kDone);
  REQUIRE(map.count() == 0);
  REQUIRE(tree_of(map).root()->bits() == Root::kMinBits);  // a root of an empty map does not grow
  require_sound(map);
}

// --- Leaves that go: a merge takes the place of two, a tidied root that of an empty one.

TEST_CASE("a merge gives up if one of its leaves has changed, or is being changed") {
  Map map;
  auto& branch = make_sparse_branch(map);
  Leaf* const left = leaf_at(map, nth_key(0));
  Leaf* const right = leaf_at(map, nth_key(4));
  Actor merger([&] { Maintenance(tree_of(map)).merge(branch, nth_key(0)); });
  SECTION("an insert comes between plan and locks") {
    REQUIRE(merger.stop_at_yield_point() == State::kStopped);
    map.store(nth_key(3), 3);
  }
  SECTION("another entry has come to the cell of one that went") {
    REQUIRE(merger.stop_at_yield_point() == State::kStopped);
    const Header before = left->header();
    map.erase(nth_key(1));
    map.store(nth_key(1), 10);
    REQUIRE(left->header() == before);
  }
  SECTION("an insert into the second comes between the locks") {
    REQUIRE(merger.stop_when([&] { return left->header().is_locked(); }) == State::kStopped);
    REQUIRE(right->header().is_open());
    map.store(nth_key(5), 5);
  }
  const auto before = contents_of(map);
  REQUIRE(merger.finish() == State::kDone);
  REQUIRE(is_in_branch(map, nth_key(0)));
  REQUIRE(contents_of(map) == before);
  require_sound(map);
}

TEST_CASE("an insert into a leaf that is being merged waits, and goes into the merged one") {
  Map map;
  auto& branch = make_sparse_branch(map);
  Leaf* const left = leaf_at(map, nth_key(0));
  Leaf* const right = leaf_at(map, nth_key(4));
  Actor merger([&] { Maintenance(tree_of(map)).merge(branch, nth_key(0)); });
  REQUIRE(merger.stop_when([&] { return left->header().is_locked() && right->header().is_locked(); }) ==
          State::kStopped);
  Actor inserter([&] { map.store(nth_key(5), 5); });
  Actor late([&] { map.store(nth_key(6), 6); });
  REQUIRE(inserter.finish() == State::kParked);
  REQUIRE(merger.stop_when([&] { return !is_in_branch(map, nth_key(0)); }) == State::kStopped);
  REQUIRE(late.finish() == State::kParked);  // on the merged leaf, which is born locked
  REQUIRE(map.load(nth_key(4)) == 4);
  REQUIRE(merger.finish() == State::kDone);
  REQUIRE(inserter.finish() == State::kDone);
  REQUIRE(late.finish() == State::kDone);
  REQUIRE(left->header().is_dead());
  REQUIRE(right->header().is_dead());
  REQUIRE(leaf_at(map, nth_key(0))->header().count() == 6);
  require_sound(map);
}

TEST_CASE("an iterator that stands in a leaf meets the rest once after it was merged") {
  Map map;
  auto& branch = make_sparse_branch(map);
  const Leaf* const left = leaf_at(map, nth_key(0));
  std::vector<Key> met;
  Actor slow([&] { map.for_each([&](Key key, int) { met.push_back(key); }); });
  REQUIRE(slow.stop_before(cell_of(left, 1)) == State::kStopped);  // it is reading the left leaf
  auto at = map.iterate();
  REQUIRE(at.next()->key == nth_key(0));
  Maintenance(tree_of(map)).merge(branch, nth_key(0));
  REQUIRE(left->header().is_dead());
  for (const unsigned i : {1, 2, 4}) REQUIRE(at.next()->key == nth_key(i));
  REQUIRE_FALSE(at.next());
  REQUIRE(slow.finish() == State::kDone);
  REQUIRE(met == std::vector<Key>{nth_key(0), nth_key(1), nth_key(2), nth_key(4)});
  require_sound(map);
}

TEST_CASE("an empty leaf is not taken away under an insert") {
  Map map;
  for (const Key key : {kA, kB, kFar}) map.store(key, 1);
  map.erase(kA);
  map.erase(kB);
  Leaf* const leaf = leaf_at(map, kA);
  REQUIRE(leaf->header().is_empty());
  Actor eraser([&] { map.erase(kFar); });  // now the map is empty, so the leaf can go
  SECTION("an insert that comes before the lock keeps the leaf") {
    REQUIRE(eraser.stop_when([&] { return map.count() == 0; }) == State::kStopped);
    REQUIRE(eraser.stop_at_yield_point() == State::kStopped);
    map.store(kC, 2);
    REQUIRE(eraser.finish() == State::kDone);
    REQUIRE(leaf_at(map, kC) == leaf);
  }
  SECTION("an insert that comes after it waits, and finds the slot empty") {
    REQUIRE(eraser.stop_when([&] { return leaf->header().is_locked(); }) == State::kStopped);
    Actor inserter([&] { map.store(kC, 2); });
    REQUIRE(inserter.finish() == State::kParked);
    REQUIRE(eraser.finish() == State::kDone);
    REQUIRE(inserter.finish() == State::kDone);
    REQUIRE(detail::is_direct(word_at(map, kC)));
  }
  REQUIRE(contents_of(map) == std::map<Key, int>{{kC, 2}});
  require_sound(map);
}
