// SPDX-License-Identifier: BSD-3-Clause
// Each invariant of the reference map that a state at rest can show is broken on purpose, and its checker
// names it.
#include <cstdint>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/reference/check.hpp"
#include "tests/support/reference/tree.hpp"
#include "trie/std_policy.hpp"

using namespace interlox::trie;

namespace {

// The key is its hash, but for its lowest byte: keys that differ there only share one.
struct ByteBlindKeys : PlainKeys<std::uint64_t> {
  static inline bool lying = false;
  static std::uint64_t hash(std::uint64_t key, std::uint64_t /*seed*/) {
    return (key & ~std::uint64_t{255}) + lying;
  }
  static bool equal(std::uint64_t a, std::uint64_t b) { return a == b; }
};

using Tree = reference::detail::Tree<std::uint64_t, int, ByteBlindKeys, StdPolicy>;
using IndirectNode = Tree::IndirectNode;

constexpr std::uint64_t kA = 0x1100000000000000;
constexpr std::uint64_t kB = 0x1200000000000000;
constexpr std::uint64_t kC = 0x3000000000000000;

struct Fixture {
  Fixture() : tree(ByteBlindKeys(), 0, StdPolicy()) {
    for (const std::uint64_t key : {kA, kB, kC, kC + 1, kC + 2}) {
      Tree::Draft draft;
      const auto hash = tree.hash(key);
      REQUIRE(tree.insert(tree.locate(hash), hash, key, 1, draft));
    }
    REQUIRE(verdict() == "");
  }

  std::string verdict() { return reference::detail::Checker<Tree>(tree).run().value_or(""); }
  // The number of the invariant that is named.
  std::string named() { return verdict().substr(0, 3); }

  Tree tree;
  // the inner node that holds kA and kB, and the chain of kC
  IndirectNode* inner() { return tree.locate(kA).node; }
  Tree::OverflowNode* chain() { return static_cast<Tree::OverflowNode*>(tree.locate(kC).head); }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "an entry in a slot of other hashes is found") {
  reference::detail::Node* const entry = inner()->children[1].load();
  inner()->children[5].store(entry);
  REQUIRE(named() == "I1:");
}

TEST_CASE_METHOD(Fixture, "a lock left held is found") {
  inner()->mutex.lock();
  REQUIRE(named() == "I2:");
  inner()->mutex.unlock();
  REQUIRE(verdict() == "");
}

TEST_CASE_METHOD(Fixture, "a dead node in the tree is found") {
  inner()->dead.store(true);
  REQUIRE(named() == "I3:");
}

TEST_CASE_METHOD(Fixture, "an empty inner node is found") {
  for (auto& slot : inner()->children) slot.store(nullptr);
  // found by way of the root's slot: locate(kA) ends in the emptied node
  REQUIRE(named() == "I3:");
}

TEST_CASE_METHOD(Fixture, "a node under a wrong parent is found") {
  tree.root()->children[7].store(inner());
  tree.root()->children[1].store(nullptr);
  REQUIRE(named() == "I1:");  // its entries are in a wrong place, too: that is met first
  IndirectNode stranger(tree.root());
  IndirectNode below(&stranger);
  stranger.children[0].store(&below);
  below.children[0].store(tree.locate(kC).head);
  tree.root()->children[7].store(nullptr);
  tree.root()->children[1].store(&below);
  REQUIRE(named() == "I3:");
}

TEST_CASE_METHOD(Fixture, "an inner node below the last level is found") {
  IndirectNode* node = tree.root();
  IndirectNode* path[17];
  for (auto*& next : path) {
    next = ::new (tree.policy().allocate(sizeof(IndirectNode), true)) IndirectNode(node);
    node->children[0].store(next);
    node = next;
  }
  node->children[0].store(tree.locate(kC).head);
  REQUIRE(named() == "I1:");
}

TEST_CASE_METHOD(Fixture, "a removed link that is still in its chain is found") {
  chain()->next.load()->entry.store(nullptr);
  REQUIRE(named() == "I5:");
}

TEST_CASE_METHOD(Fixture, "a chain of two hashes is found") {
  chain()->next.load()->entry.store(static_cast<Tree::EntryNode*>(tree.locate(kA).head));
  REQUIRE(named() == "I5:");
}

TEST_CASE_METHOD(Fixture, "one key twice in a chain is found") {
  chain()->next.load()->entry.store(chain()->entry.load());
  REQUIRE(named() == "I5:");
}

TEST_CASE_METHOD(Fixture, "a hash that is no longer the key's is found") {
  ByteBlindKeys::lying = true;
  const std::string found = named();
  ByteBlindKeys::lying = false;
  REQUIRE(found == "I6:");
}

TEST_CASE_METHOD(Fixture, "a wrong count is found") {
  tree.root()->entries.fetch_add(1);
  REQUIRE(named() == "I7:");
}
