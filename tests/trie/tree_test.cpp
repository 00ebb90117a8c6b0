// SPDX-License-Identifier: BSD-3-Clause
// The races in one leaf and around its split that the trie's protocol names, one by one, each made to happen:
// a thread is stopped at a chosen access of its operation while others go on.
#include "trie/tree.hpp"

#include <atomic>
#include <chrono>
#include <ctime>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/trie/moment_map.hpp"
#include "tests/trie/moments.hpp"

using namespace interlox::trie;
using namespace interlox::trie::test;
using namespace interlox::trie::test::races;

// --- One leaf: its cells, its header, its chains.

TEST_CASE("a load that holds an old header finds a key that was removed and added again at its place") {
  Map map;
  map.store(kA, 1);
  map.store(kB, 2);
  std::optional<int> got;
  Actor reader([&] { got = map.load(kA); });
  REQUIRE(reader.stop_before(cell_of(leaf_at(map, kA), 0)) == State::kStopped);
  map.erase(kA);
  map.store(kA, 3);
  REQUIRE(reader.finish() == State::kDone);
  REQUIRE(got == 3);
}

// Between the two the key was not there, so "not there" is an answer that the load may give.
TEST_CASE("a load that holds an old header misses a key that was removed and added again at another place") {
  Map map;
  for (const Key key : {kB, kA, kC}) map.store(key, 1);
  std::optional<int> got = 0;
  std::vector<Key> met;
  Actor reader([&] { got = map.load(kA); });
  Actor iterator([&] { map.for_each([&](Key key, int) { met.push_back(key); }); });
  REQUIRE(reader.stop_before(cell_of(leaf_at(map, kA), 1)) == State::kStopped);
  REQUIRE(iterator.stop_before(cell_of(leaf_at(map, kA), 1)) == State::kStopped);
  map.erase(kB);
  map.erase(kA);
  map.store(kA, 2);  // in the cell that was kB's
  REQUIRE(reader.finish() == State::kDone);
  REQUIRE(got == std::nullopt);
  REQUIRE(map.load(kA) == 2);
  REQUIRE(iterator.finish() == State::kDone);
  REQUIRE(std::set<Key>(met.begin(), met.end()).size() == met.size());
  REQUIRE(met.back() == kC);  // it was there throughout
}

TEST_CASE("a cell never has a pointer without its fingerprint") {
  Map map;
  map.store(kA, 1);
  map.store(kB, 2);
  const Leaf* const leaf = leaf_at(map, kA);
  Actor writer;
  for (const auto& change : {std::function<void()>([&] { map.store(kC, 3); }), {[&] { map.erase(kA); }}}) {
    writer.start(change);
    std::size_t moments = 0;
    do {
      for (unsigned i = 0; i < kCells; ++i) {
        REQUIRE((leaf->cell(i) == 0 || leaf->header().fingerprint_of(i) != 0));
      }
      ++moments;
    } while (writer.step(1) != State::kDone);
    REQUIRE(moments > 4);
  }
}

TEST_CASE("a fingerprint whose pointer is not there yet is no key, and a second insert of the key waits") {
  Map map;
  map.store(kA, 1);
  map.store(kB, 2);
  const Leaf* const leaf = leaf_at(map, kA);
  Actor first([&] { map.store(kC, 3); });
  REQUIRE(first.stop_when([&] { return leaf->header().count() == 3; }) == State::kStopped);
  REQUIRE(leaf->cell(2) == 0);
  REQUIRE(map.load(kC) == std::nullopt);
  Map::Loaded got{};
  Actor second([&] { got = map.load_or_store(kC, 4); });
  REQUIRE(second.finish() == State::kParked);
  REQUIRE(first.finish() == State::kDone);
  REQUIRE(second.finish() == State::kDone);
  REQUIRE(got.loaded);
  REQUIRE(got.value == 3);
  require_sound(map);
}

TEST_CASE("a fingerprint whose pointer is gone is no key, and an insert of the key waits") {
  Map map;
  map.store(kA, 1);
  map.store(kB, 2);
  const Leaf* const leaf = leaf_at(map, kA);
  Actor eraser([&] { map.erase(kA); });
  REQUIRE(eraser.stop_when([&] { return leaf->cell(0) == 0; }) == State::kStopped);
  REQUIRE(leaf->header().fingerprint_of(0) != 0);
  REQUIRE(map.load(kA) == std::nullopt);
  Map::Loaded got{};
  Actor inserter([&] { got = map.load_or_store(kA, 4); });
  REQUIRE(inserter.finish() == State::kParked);
  REQUIRE(eraser.finish() == State::kDone);
  REQUIRE(inserter.finish() == State::kDone);
  REQUIRE_FALSE(got.loaded);
  REQUIRE(map.load(kA) == 4);
  require_sound(map);
}

// The header is the one that the insert was planned for, bit for bit.
TEST_CASE("an insert notices that its key came with the fingerprint and at the cell of one that went") {
  constexpr Key kSame = key_of(0x1C00, 0x80);  // the fingerprint of kA
  Map map;
  map.store(kA, 1);
  map.store(kB, 2);
  Map::Loaded got{};
  Actor inserter([&] { got = map.load_or_store(kSame, 4); });
  REQUIRE(inserter.stop_at_yield_point() == State::kStopped);
  const Header before = leaf_at(map, kA)->header();
  map.erase(kA);
  map.store(kSame, 3);
  REQUIRE(leaf_at(map, kB)->header() == before);
  REQUIRE(inserter.finish() == State::kDone);
  REQUIRE(got.loaded);
  REQUIRE(got.value == 3);
  require_sound(map);
}

TEST_CASE("an insert into a chain notices that its key came meanwhile, below a newer head or not") {
  for (const bool gone_again : {true, false}) {
    Map map;
    map.store(kA, 1);
    map.store(kATwin, 1);
    Map::Loaded got{};
    Actor inserter([&] { got = map.load_or_store(kAThird, 9); });
    REQUIRE(inserter.stop_at_yield_point() == State::kStopped);
    const Key passing = key_of(0x1000, 0x80, 3);
    map.store(kAThird, 7);
    map.store(passing, 1);
    map.erase(passing);
    if (gone_again) map.erase(kAThird);  // the chain's head is the one that was seen again
    REQUIRE(inserter.finish() == State::kDone);
    REQUIRE(got.loaded == !gone_again);
    REQUIRE(got.value == (gone_again ? 9 : 7));
    REQUIRE(map.count() == 3);
    require_sound(map);
  }
}

// What they were planned for has died, or is not what its cell holds any more.
TEMPLATE_TEST_CASE("a change follows an entry that a split has moved, or that is in a chain now", "", int,
                   WideNumber) {
  constexpr Key kTwinBit = 0x100;
  MomentMap<TestType> map;
  store_keys(map, kCells);
  std::optional<TestType> swapped;
  bool deleted = false;
  Actor swapper([&] { swapped = map.swap(nth_key(1), 10); });
  Actor deleter([&] { deleted = map.compare_and_delete(nth_key(2), 2); });
  Actor eraser([&] { map.erase(nth_key(3)); });
  Actor linker([&] { map.store(nth_key(4) | kTwinBit, 40); });
  for (Actor* const actor : {&swapper, &deleter, &eraser, &linker}) {
    REQUIRE(actor->stop_at_yield_point() == State::kStopped);
  }
  map.store(nth_key(7), 7);
  map.store(nth_key(2) | kTwinBit, 20);
  for (Actor* const actor : {&swapper, &deleter, &eraser, &linker}) REQUIRE(actor->finish() == State::kDone);
  REQUIRE(swapped == TestType(1));
  REQUIRE(deleted);
  REQUIRE(contents_of(map) == std::map<Key, int>{{nth_key(0), 0},
                                                 {nth_key(1), 10},
                                                 {nth_key(2) | kTwinBit, 20},
                                                 {nth_key(4), 4},
                                                 {nth_key(4) | kTwinBit, 40},
                                                 {nth_key(5), 5},
                                                 {nth_key(6), 6},
                                                 {nth_key(7), 7}});
  require_sound(map);
}

TEST_CASE("a value that came back is the old value to compare_and_swap, an entry that came back is another") {
  Map map;
  map.store(kA, 1);
  map.store(kB, 2);
  bool done = false;
  Actor actor([&] { done = map.compare_and_swap(kA, 1, 3); });
  REQUIRE(actor.stop_at_yield_point() == State::kStopped);
  map.store(kA, 2);
  map.store(kA, 1);
  REQUIRE(actor.finish() == State::kDone);
  REQUIRE(done);
  actor.start([&] { done = map.compare_and_delete(kA, 3); });
  REQUIRE(actor.stop_at_yield_point() == State::kStopped);
  map.erase(kA);
  map.store(kA, 4);
  REQUIRE(actor.finish() == State::kDone);
  REQUIRE_FALSE(done);
  REQUIRE(map.load(kA) == 4);
  require_sound(map);
}

TEST_CASE("an iterator that stands in a chain goes on through links that were cut out") {
  const auto twin = [](unsigned i) { return key_of(0x1000, 0x80, i); };
  Map map;
  for (unsigned i = 0; i < 8; ++i) map.store(twin(i), static_cast<int>(i));
  auto at = map.iterate();
  REQUIRE(at.next()->key == twin(7));  // the newest is the head
  for (const unsigned i : {6, 7, 5, 3}) map.erase(twin(i));
  map.store(twin(6), 60);  // again, in front: behind the iterator
  REQUIRE(at.next()->key == twin(4));
  map.erase(twin(4));
  for (unsigned i = 0; i < kCells; ++i) map.store(nth_key(i), 5);  // the chain moves to another leaf
  map.erase(twin(1));
  REQUIRE(at.next()->key == twin(2));
  REQUIRE(at.next()->key == twin(0));
  REQUIRE(at.next()->key > twin(0));
  require_sound(map);
}

namespace {

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace

TEST_CASE("a thread that is stopped with a leaf's lock stops no reader, and other writers of the leaf park") {
  using namespace std::chrono_literals;
  Map map;
  map.store(kA, 1);
  map.store(kB, 2);
  const Leaf* const leaf = leaf_at(map, kA);
  Actor holder([&] { map.store(kC, 3); });
  REQUIRE(holder.stop_when([&] { return leaf->header().is_locked(); }) == State::kStopped);

  std::optional<int> loaded;
  std::vector<std::optional<int>> many(3);
  std::map<Key, int> all;
  std::thread([&] {
    loaded = map.load(kA);
    map.load_many(std::vector{kA, kB, kC}, many);
    all = contents_of(map);
  }).join();
  REQUIRE(loaded == 1);
  REQUIRE(many == std::vector<std::optional<int>>{1, 2, {}});
  REQUIRE(all == std::map<Key, int>{{kA, 1}, {kB, 2}});

  std::atomic<bool> written = false;
  double spent = 0;
  std::thread writer([&] {  // no actor: it parks as in production
    const double before = cpu_seconds();
    map.store(kA, 4);
    spent = cpu_seconds() - before;
    written = true;
  });
  std::this_thread::sleep_for(200ms);
  REQUIRE_FALSE(written);
  REQUIRE(holder.finish() == State::kDone);
  writer.join();
  REQUIRE(spent < 0.05);
  REQUIRE(map.load(kA) == 4);
  require_sound(map);
}

// --- A split, which replaces its leaf slot by slot, and what happens between two slots.

TEST_CASE("a split notices that a key was removed and added again at its place") {
  Map map;
  store_keys(map, kCells);
  Actor splitter([&] { map.store(nth_key(7), 7); });
  REQUIRE(splitter.stop_at_yield_point() == State::kStopped);
  const Header before = leaf_at(map, kA)->header();
  map.erase(nth_key(2));
  map.store(nth_key(2), 20);
  REQUIRE(leaf_at(map, kA)->header() == before);
  REQUIRE(splitter.finish() == State::kDone);
  REQUIRE(map.load(nth_key(2)) == 20);
  REQUIRE(map.count() == 8);
  require_sound(map);
}

// Were it open, the second split would replace it in the one slot where it stands already, and the first
// would then put it, dead, into the other.
TEST_CASE("a leaf that a split has made is locked until the old leaf is gone from all its slots") {
  Map map;
  make_leaf_in_four_slots(map);
  Actor first([&] { map.store(key_of(0x0F00), 7); });
  Actor second([&] { map.store(key_of(0x0100), 8); });
  REQUIRE(first.go_on(after_first_slot(map)) == State::kStopped);
  REQUIRE(leaf_at(map, key_of(0x0000))->header().is_full());
  REQUIRE(second.finish() == State::kParked);
  REQUIRE(first.finish() == State::kDone);
  REQUIRE(second.finish() == State::kDone);
  REQUIRE(map.load(key_of(0x0F00)) == 7);
  REQUIRE(map.load(key_of(0x0100)) == 8);
  REQUIRE(map.count() == 9);
  require_sound(map);
}

TEST_CASE("a split goes on in the root that replaces the one it began in") {
  for (const bool grows : {true, false}) {
    Map map;
    store_keys(map, kCells);
    grow_to(map, 6);  // seven keys in 64 slots: so few that a root shrinks
    const auto* const old = leaf_at(map, nth_key(0));
    Actor splitter([&] { map.store(nth_key(7), 7); });
    REQUIRE(splitter.stop_when([&] { return leaf_at(map, 0) != old; }) == State::kStopped);
    if (grows) {
      Maintenance(tree_of(map)).grow(tree_of(map).root());
      REQUIRE(tree_of(map).root()->bits() == 7);
    } else {
      Maintenance(tree_of(map)).shrink_if_sparse();
      REQUIRE(tree_of(map).root()->bits() == 5);
      REQUIRE(leaf_at(map, key_of(0x0400)) == old);
      REQUIRE(is_in_branch(map, key_of(0x0400)));  // beside what has replaced it in the slot before
    }
    REQUIRE(splitter.finish() == State::kDone);
    REQUIRE(has_keys(map, 8));
    require_sound(map);
  }
}

// When the root grows, the slots of a branch below it become slots of the new root.
TEST_CASE("a split below a branch follows the slot when a growth takes the branch away") {
  Map map;
  for (unsigned i = 0; i < kCells; ++i) map.store(key_of(0x0200 * i), 1);
  map.store(key_of(0x1800), 1);
  Leaf* const leaf = leaf_at(map, key_of(0x0000));
  const auto place = tree_of(map).locate(key_of(0x0000));
  REQUIRE(place.branch != nullptr);
  REQUIRE(leaf->header().is_full());
  Actor splitter([&] { map.store(key_of(0x0F00), 1); });
  REQUIRE(splitter.stop_when([&] { return leaf->header().is_locked(); }) == State::kStopped);
  REQUIRE(splitter.stop_before(place.slot) == State::kStopped);  // reads it
  REQUIRE(splitter.stop_before(place.slot) == State::kStopped);  // is about to replace what it has read
  Maintenance(tree_of(map)).grow(tree_of(map).root());
  REQUIRE_FALSE(is_in_branch(map, key_of(0x0000)));
  REQUIRE(splitter.finish() == State::kDone);
  REQUIRE(contents_of(map).size() == 9);
  require_sound(map);
}

namespace {

// Adds an eighth key to a leaf that stands in sixteen slots, and lets the root shrink when the split has
// replaced the leaf in some of them. The shrink puts what has replaced it in one slot beside the leaf itself,
// and the split then replaces that by the same: so a leaf of less depth stands in both slots of a branch, and
// in slots of the root beside it.
void split_while_the_root_shrinks(Map& map, unsigned replaced) {
  store_keys(map, kCells);
  for (const unsigned top : {0x9000U, 0xB000U, 0xD000U}) map.store(key_of(top), 1);
  grow_to(map, 7);
  const auto* const old = leaf_at(map, nth_key(0));
  const Key last = key_of((replaced - 1) * 0x200);
  Actor splitter([&] { map.store(nth_key(7), 7); });
  REQUIRE(splitter.stop_when([&] { return leaf_at(map, last) != old; }) == State::kStopped);
  Maintenance(tree_of(map)).shrink_if_sparse();
  REQUIRE(tree_of(map).root()->bits() == 6);
  REQUIRE(splitter.finish() == State::kDone);
  REQUIRE(has_keys(map, 8));
  require_sound(map);
}

// The first of the four keys of the new leaf that stands in a branch, too.
unsigned first_beside_branch(unsigned replaced) { return replaced < 8 ? 0 : 4; }

}  // namespace

TEST_CASE("a leaf that stands in branches and beside them is emptied and taken away whole") {
  for (unsigned replaced = 1; replaced < 16; ++replaced) {
    CAPTURE(replaced);
    Map map;
    split_while_the_root_shrinks(map, replaced);
    const unsigned half = first_beside_branch(replaced);
    for (unsigned i = half; i < half + 4; ++i) map.erase(nth_key(i));
    Maintenance(tree_of(map)).shrink_if_sparse();
    REQUIRE(tree_of(map).root()->bits() == 5);
    require_sound(map);
    store_keys(map, 8);
    REQUIRE(has_keys(map, 8));
    for (unsigned i = 0; i < 8; ++i) REQUIRE(map.erase(nth_key(i)));
    REQUIRE(map.count() == 3);
    require_sound(map);
  }
}

TEST_CASE("an empty leaf that stands in a branch, too, is not taken away from the slots beside it") {
  for (unsigned replaced = 1; replaced < 16; replaced += 2) {  // odd: a branch over two halves of one slot
    CAPTURE(replaced);
    Map map;
    split_while_the_root_shrinks(map, replaced);
    const Key in_branch = nth_key((replaced - 1) / 2);
    REQUIRE(is_in_branch(map, in_branch));
    const unsigned half = first_beside_branch(replaced);
    for (unsigned i = half; i < half + 4; ++i) {
      if (nth_key(i) != in_branch) REQUIRE(map.erase(nth_key(i)));
    }
    REQUIRE(is_in_branch(map, in_branch));
    // Now the root shrinks and is tidied. The branch would go, but the leaf's last key is removed just then.
    Actor tidier([&] { map.erase(key_of(0xD000)); });
    REQUIRE(tidier.stop_when([&] { return tree_of(map).root()->bits() == 5; }) == State::kStopped);
    REQUIRE(tidier.stop_at_yield_point() == State::kStopped);
    REQUIRE(map.erase(in_branch));
    REQUIRE(tidier.finish() == State::kDone);
    REQUIRE(is_in_branch(map, in_branch));
    require_sound(map);
    store_keys(map, 8);
    REQUIRE(has_keys(map, 8));
    require_sound(map);
  }
}

TEST_CASE("a split that comes to a frozen slot waits for the end of the resize, which does not wait for it") {
  for (const bool grows : {true, false}) {
    Map map;
    store_keys(map, kCells);
    grow_to(map, 6);
    Root* const root = tree_of(map).root();
    const auto* const old = leaf_at(map, nth_key(0));
    Actor splitter([&] { map.store(nth_key(7), 7); });
    REQUIRE(splitter.stop_when([&] { return leaf_at(map, 0) != old; }) == State::kStopped);
    Actor resizer(
        [&] { grows ? Maintenance(tree_of(map)).grow(root) : Maintenance(tree_of(map)).shrink_if_sparse(); });
    REQUIRE(resizer.stop_when([&] { return is_frozen(root, 1); }) == State::kStopped);
    REQUIRE(splitter.finish() == State::kParked);
    REQUIRE(resizer.finish() == State::kDone);
    REQUIRE(splitter.finish() == State::kDone);
    REQUIRE(has_keys(map, 8));
    require_sound(map);
  }
}

// clear() waits for the leaves that the split holds. The new key counts as added before it if its slot was
// one of those that the split had replaced; else it is added to the new tree. In the third case its new leaf
// is linked already, but not yet in the key's own slot.
TEST_CASE("a split into a tree that is being cleared comes before the clear or starts again") {
  for (const auto& [key, comes_before] : {std::pair(key_of(0x0100), true), std::pair(key_of(0x1F00), false),
                                          std::pair(key_of(0x0F00), false)}) {
    Map map;
    make_leaf_in_four_slots(map);
    Actor splitter([&map, eighth = key] { map.store(eighth, 7); });
    REQUIRE(splitter.go_on(after_first_slot(map)) == State::kStopped);
    Actor clearer([&] { map.clear(); });
    REQUIRE(clearer.finish() == State::kParked);
    REQUIRE(splitter.finish() == State::kDone);
    REQUIRE(clearer.finish() == State::kDone);
    REQUIRE(map.count() == (comes_before ? 0 : 1));
    REQUIRE(map.load(key) == (comes_before ? std::nullopt : std::optional(7)));
    require_sound(map);
  }
}

TEST_CASE("an iterator that found a slot split or made wider keeps its place") {
  Map map;
  map.store(kB, 1);
  auto at = map.iterate();
  REQUIRE(at.next()->key == kB);  // its slot spoke for kA too
  store_keys(map, 8);
  grow_to(map, 6);
  REQUIRE(at.next()->key == nth_key(6));
  Map other;
  store_keys(other, 8);
  auto again = other.iterate();
  for (unsigned i = 0; i < 3; ++i) REQUIRE(again.next()->key == nth_key(i));
  for (unsigned i = 0; i < 8; ++i) other.erase(nth_key(i));
  other.store(nth_key(0), 0);  // now its slot is wide, and the cursor in its middle
  REQUIRE_FALSE(again.next());
  require_sound(map);
  require_sound(other);
}
