// SPDX-License-Identifier: BSD-3-Clause
// The races that the reference map's protocol names, one by one, each made to happen: a policy's yield points
// let a test run one operation at a chosen moment of another.
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "tests/support/catch.hpp"
#include "tests/support/reference/reference_map.hpp"
#include "tests/support/reference/tree.hpp"
#include "trie/std_policy.hpp"

using namespace interlox::trie;

namespace {

struct HashIsKey : PlainKeys<std::uint64_t> {
  // keys that differ in the low four bits only share a hash
  static std::uint64_t hash(std::uint64_t key, std::uint64_t /*seed*/) { return key & ~std::uint64_t{15}; }
  static bool equal(std::uint64_t a, std::uint64_t b) { return a == b; }
};

// Calls a hook at the nth yield point from now, and counts what is retired.
struct MomentPolicy : StdPolicy {
  static inline thread_local int countdown = 0;
  static inline thread_local std::function<void()> hook;
  static inline std::mutex books;
  static inline std::map<void*, int> retirements;

  static void at(int nth, std::function<void()> then) {
    countdown = nth;
    hook = std::move(then);
  }
  static void yield_point() noexcept {
    if (!hook || --countdown > 0) return;
    const auto once = std::exchange(hook, nullptr);
    once();
  }
  void retired(void* node, std::size_t) noexcept {
    const std::lock_guard guard(books);
    ++retirements[node];
  }
};

using Tree = reference::detail::Tree<std::uint64_t, int, HashIsKey, MomentPolicy>;
using Map = reference::ReferenceMap<std::uint64_t, int, HashIsKey, MomentPolicy>;

// Two keys below one slot of the root, and a third beside them there.
constexpr std::uint64_t kA = 0x1100000000000000;
constexpr std::uint64_t kB = 0x1200000000000000;
constexpr std::uint64_t kC = 0x1300000000000000;

bool hook_ran() { return !MomentPolicy::hook; }

void insert(Tree& tree, std::uint64_t key, int value) {
  Tree::Draft draft;
  while (!tree.insert(tree.locate(tree.hash(key)), tree.hash(key), key, value, draft)) continue;
}

std::optional<int> remove(Tree& tree, std::uint64_t key) {
  const auto place = tree.locate(tree.hash(key));
  return tree.remove(place, tree.find(place.head, tree.hash(key), key), nullptr);
}

}  // namespace

TEST_CASE("an insert does not go into a node that was emptied and cut off meanwhile") {
  Map map;
  map.store(kA, 1);
  map.store(kB, 2);
  map.erase(kA);
  MomentPolicy::at(1, [&] { REQUIRE(map.erase(kB)); });
  map.store(kC, 3);
  REQUIRE(hook_ran());
  REQUIRE(map.load(kC) == 3);
  REQUIRE(map.count() == 1);
  REQUIRE(map.check() == std::nullopt);
}

TEST_CASE("a change follows an entry that a split has moved down meanwhile") {
  Map map;
  map.store(kA, 1);
  MomentPolicy::at(1, [&] { map.store(kB, 2); });
  REQUIRE(map.swap(kA, 5) == 1);
  REQUIRE(hook_ran());
  MomentPolicy::at(1, [&] { map.store(kA + 0x10, 3); });
  REQUIRE(map.compare_and_swap(kA, 5, 6));
  REQUIRE(hook_ran());
  MomentPolicy::at(1, [&] { map.store(kA + 0x20, 4); });
  REQUIRE(map.compare_and_delete(kA, 6));
  REQUIRE(hook_ran());
  REQUIRE(map.count() == 3);
  REQUIRE(map.check() == std::nullopt);
}

TEST_CASE("a change follows an entry that has become part of a chain meanwhile") {
  Map map;
  map.store(kA, 1);
  MomentPolicy::at(1, [&] { map.store(kA + 1, 2); });
  REQUIRE(map.swap(kA, 5) == 1);
  MomentPolicy::at(1, [&] { map.store(kA + 2, 2); });
  REQUIRE(map.compare_and_delete(kA, 5));
  REQUIRE(map.count() == 2);
  REQUIRE(map.check() == std::nullopt);
}

TEST_CASE("an insert into a chain notices that its key came meanwhile, below a newer head or not") {
  for (const bool gone_again : {true, false}) {
    Map map;
    map.store(kA, 1);
    map.store(kA + 1, 1);
    MomentPolicy::at(1, [&] {
      map.store(kA + 2, 7);
      map.store(kA + 3, 1);
      map.erase(kA + 3);
      if (gone_again) map.erase(kA + 2);  // the chain's head is the one that was seen again
    });
    const auto got = map.load_or_store(kA + 2, 9);
    REQUIRE(hook_ran());
    REQUIRE(got.loaded == !gone_again);
    REQUIRE(got.value == (gone_again ? 9 : 7));
    REQUIRE(map.count() == 3);
    REQUIRE(map.check() == std::nullopt);
  }
}

TEST_CASE(
    "a value that came back is the old value to compare_and_swap, a key that came back is not the old "
    "entry") {
  Map map;
  map.store(kA, 1);
  MomentPolicy::at(1, [&] {
    map.store(kA, 2);
    map.store(kA, 1);
  });
  REQUIRE(map.compare_and_swap(kA, 1, 3));
  MomentPolicy::at(1, [&] {
    map.erase(kA);
    map.store(kA, 3);
  });
  REQUIRE(map.compare_and_swap(kA, 3, 4));
  REQUIRE(map.load(kA) == 4);
  MomentPolicy::at(1, [&] { map.store(kA, 9); });
  REQUIRE_FALSE(map.compare_and_delete(kA, 4));
  REQUIRE(map.load(kA) == 9);
}

// A removal has emptied a node and holds its lock; clear() closes the parent first. Then the parent's slot is
// no longer the removal's to change, and the node is retired by clear() alone.
TEST_CASE("clear closes the parent of a node that a removal has just emptied") {
  MomentPolicy::retirements.clear();
  Tree tree(HashIsKey(), 0, MomentPolicy());
  insert(tree, kA, 1);
  insert(tree, kB, 2);
  auto* const inner = tree.locate(kA).node;
  auto* const old_root = tree.root();
  REQUIRE(inner->parent == old_root);
  REQUIRE(remove(tree, kA) == 1);
  std::jthread clearer;
  MomentPolicy::at(2, [&] {
    clearer = std::jthread([&] { tree.clear(); });
    while (!old_root->dead.load()) std::this_thread::yield();
  });
  REQUIRE(remove(tree, kB) == 2);
  REQUIRE(hook_ran());
  clearer.join();
  REQUIRE(tree.root() != old_root);
  REQUIRE(inner->dead.load());
  REQUIRE(MomentPolicy::retirements[inner] == 1);
  REQUIRE(MomentPolicy::retirements[old_root] == 1);
  REQUIRE(MomentPolicy::retirements.size() == 4);
  REQUIRE(tree.retired() == 4);
}

TEST_CASE(
    "an operation inside a tree that is being cleared still counts before the clear or goes to the new one") {
  MomentPolicy::retirements.clear();
  Tree tree(HashIsKey(), 0, MomentPolicy());
  insert(tree, kA, 1);
  insert(tree, kB, 2);
  insert(tree, 0x2000000000000000, 3);
  const auto place = tree.locate(kC);  // in the old tree, not yet closed
  const auto place_b = tree.locate(kB);
  Tree::Draft draft;
  bool linked = false;
  std::optional<int> removed;
  MomentPolicy::at(1, [&] {  // clear() has closed the root only
    linked = tree.insert(place, tree.hash(kC), kC, 9, draft);
    removed = tree.remove(place_b, tree.find(place_b.head, tree.hash(kB), kB), nullptr);
  });
  tree.clear();
  REQUIRE(hook_ran());
  REQUIRE(linked);
  REQUIRE(removed == 2);
  REQUIRE(tree.root()->entries.load() == 0);  // they count in the tree that they changed
  REQUIRE(tree.locate(kC).head == nullptr);
  REQUIRE(MomentPolicy::retirements[draft.entry] == 1);
  Tree::Draft late;
  REQUIRE_FALSE(tree.insert(place, tree.hash(kC), kC, 9, late));
  REQUIRE(MomentPolicy::retirements.size() == 6);  // two inner nodes, four entries
  for (const auto& [node, times] : MomentPolicy::retirements) REQUIRE(times == 1);
}

TEST_CASE("an iterator that stands in a chain goes on through links that were cut out") {
  Map map;
  for (std::uint64_t i = 0; i < 8; ++i) map.store(kA + i, static_cast<int>(i));
  auto at = map.iterate();
  REQUIRE(at.next()->key == kA + 7);  // the newest is the head
  for (const std::uint64_t i : {6, 7, 5, 3}) map.erase(kA + i);
  map.store(kA + 6, 60);  // again, in front: behind the iterator
  REQUIRE(at.next()->key == kA + 4);
  map.erase(kA + 4);
  map.store(kB, 5);  // the chain moves down
  map.erase(kA + 1);
  REQUIRE(at.next()->key == kA + 2);
  REQUIRE(at.next()->key == kA);
  const auto other = at.next();
  REQUIRE((!other || other->key == kB));
}

TEST_CASE("an iterator that found a slot split keeps its place") {
  Map map;
  map.store(kB, 1);
  auto at = map.iterate();
  REQUIRE(at.next()->key == kB);  // its slot spoke for kA too
  map.store(kA, 2);
  map.store(kC, 3);
  REQUIRE_FALSE(at.next());
  auto again = map.iterate();
  REQUIRE(again.next()->key == kA);
  map.erase(kA);
  map.erase(kB);
  map.erase(kC);
  map.store(kA, 4);  // now its slot is wide, and the cursor in its middle
  REQUIRE_FALSE(again.next());
}
