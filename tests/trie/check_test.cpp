// SPDX-License-Identifier: BSD-3-Clause
// Each invariant that a state at rest can show is broken on purpose, and the checker names it.
#include "trie/check.hpp"

#include <cstdint>
#include <new>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "trie/hash_trie_map.hpp"

using namespace interlox::trie;

namespace {

// The key is its hash, but for its lowest four bits: keys that differ there only share one.
struct NibbleBlindKeys : PlainKeys<std::uint64_t> {
  static inline bool lying = false;
  static inline bool unequal = false;
  static std::uint64_t hash(std::uint64_t key, std::uint64_t /*seed*/) {
    return (key & ~std::uint64_t{15}) + lying;
  }
  static bool equal(std::uint64_t a, std::uint64_t b) { return a == b && !unequal; }
};

using Tree = detail::Tree<std::uint64_t, int, NibbleBlindKeys, StdPolicy>;
using detail::Header;
using detail::to_word;
using detail::Word;

// By slots of a root of eight: slot 0 has a direct entry, slot 1 a leaf, slot 2 a branch over two leaves.
constexpr std::uint64_t kDirect = 0x0100000000000050;
constexpr std::uint64_t kA = 0x2100000000000010;
constexpr std::uint64_t kB = 0x3200000000000020;
constexpr std::uint64_t kChained = 0x3300000000000030;  // and the next two numbers
constexpr std::uint64_t kCrowd = 0x4000000000000040;    // eight of them, in steps of kStep
constexpr std::uint64_t kStep = 0x0400000000000010;

struct Fixture {
  Fixture() : tree(NibbleBlindKeys(), 0, StdPolicy()) {
    for (const std::uint64_t key : {kDirect, kA, kCrowd}) insert(key);
    for (const std::uint64_t key : {kA, kCrowd}) {
      Tree::Draft draft;  // a change of value moves the key into a leaf, where all that follow find it
      tree.replace(tree.look(hash(key), key), nullptr, 2, draft);
    }
    for (const std::uint64_t key : {kB, kChained, kChained + 1, kChained + 2}) insert(key);
    for (std::uint64_t i = 1; i < 8; ++i) insert(kCrowd + i * kStep);
    REQUIRE(verdict() == "");
    REQUIRE(tree.root()->size() == 8);
    REQUIRE(detail::is_direct(slot(kDirect).load()));
    REQUIRE(detail::is_branch(slot(kCrowd).load()));
    REQUIRE((chain_cell() & detail::kChain) != 0);
  }

  static std::uint64_t hash(std::uint64_t key) { return NibbleBlindKeys::hash(key, 0); }
  void insert(std::uint64_t key) {
    Tree::Draft draft;
    REQUIRE(tree.insert(tree.look(hash(key), key), hash(key), key, 1, draft));
  }
  void grow() {
    detail::Maintenance<Tree>(tree).grow(tree.root());
    REQUIRE(tree.root()->size() == 16);
    REQUIRE(verdict() == "");
  }

  std::string verdict() { return detail::Checker<Tree>(tree).run().value_or(""); }
  // What the checker says, without the node's address.
  std::string named() {
    const std::string all = verdict();
    return all.substr(0, all.find(" (node 0x"));
  }

  Tree::Slot& slot(std::uint64_t key) { return tree.root()->slot(hash(key)); }
  Tree::BranchNode& branch() { return *Tree::branch_of(slot(kCrowd).load()); }
  Tree::LeafNode& leaf_at(std::uint64_t key) { return *Tree::leaf_of(tree.locate(hash(key)).word); }
  Tree::LeafNode& leaf() { return leaf_at(kA); }
  unsigned index(std::uint64_t key) { return tree.look(hash(key), key).index; }
  Tree::EntryNode* entry(std::uint64_t key) { return tree.look(hash(key), key).entry; }
  Word chain_cell() { return leaf().cell(index(kChained)); }
  Tree::LinkNode& chain() { return *Tree::link_of(chain_cell()); }

  // Gives the header of a leaf another look.
  template <class Change>
  static void rewrite(Tree::LeafNode& leaf, const Change& change) {
    const Header header = leaf.lock();
    leaf.unlock(change(header));
  }
  Word new_leaf(unsigned depth, const std::vector<detail::Item>& items = {}) {
    return to_word(
        detail::make_leaf(tree.policy(), items.data(), static_cast<unsigned>(items.size()), depth, false));
  }
  Word new_branch(unsigned bit, Word zero, Word one) {
    return to_word(detail::make_branch(tree.policy(), bit, zero, one)) | detail::kBranch;
  }

  Tree tree;
};

constexpr const char* kMissing = "I1: a leaf is missing in a slot of its range";
constexpr const char* kTwoHashes = "I7: a chain of two hashes";
constexpr const char* kNoPair = "I3: a fingerprint without a pointer, or the other way round";

}  // namespace

TEST_CASE_METHOD(Fixture, "a sound map passes, before and after it has grown") {
  REQUIRE(verdict() == "");
  grow();
}

TEST_CASE_METHOD(Fixture, "a branch of another bit than its slot's is found") {
  slot(kCrowd).store(new_branch(4, new_leaf(5), new_leaf(5)));
  REQUIRE(named() == "I1: a branch of another bit");
}

TEST_CASE_METHOD(Fixture, "a leaf for fewer hashes than its slot is found") {
  slot(kA).store(new_leaf(4));
  REQUIRE(named() == "I1: a leaf for fewer hashes than its slot");
}

TEST_CASE_METHOD(Fixture, "a leaf for more hashes than its branch is found") {
  branch().slots[1].store(new_leaf(3));
  REQUIRE(named() == kMissing);
}

TEST_CASE_METHOD(Fixture, "a leaf that stands in the next range as well is found") {
  const Word leaf = new_leaf(3);
  tree.root()->at(5).store(leaf);
  tree.root()->at(6).store(leaf);
  REQUIRE(named() == "I1: a leaf in a slot outside of its range");
}

TEST_CASE_METHOD(Fixture, "a leaf that is missing in the first of its slots is found") {
  grow();
  slot(kA).store(0);
  REQUIRE(named() == kMissing);
}

TEST_CASE_METHOD(Fixture, "a leaf that is missing in the last of its slots is found") {
  grow();
  const std::uint64_t last = detail::range_end(kA, 3);
  const auto with = GENERATE(0, 1);
  slot(last).store(with == 0 ? 0 : new_leaf(4));
  REQUIRE(named() == kMissing);
}

TEST_CASE_METHOD(Fixture, "an entry in a slot of other hashes is found") {
  tree.root()->at(7).store(slot(kDirect).load());
  REQUIRE(named() == "I1: an entry in a slot of other hashes");
}

TEST_CASE_METHOD(Fixture, "an entry in a leaf of other hashes is found") {
  slot(kA).store(new_leaf(3, {{hash(kCrowd), to_word(entry(kCrowd))}}));
  REQUIRE(named() == "I1: an entry in a slot of other hashes");
}

TEST_CASE_METHOD(Fixture, "a chain in a leaf of other hashes is found") {
  slot(kCrowd).store(new_leaf(3, {{hash(kChained), chain_cell()}}));
  REQUIRE(named() == "I1: an entry in a slot of other hashes");
}

TEST_CASE_METHOD(Fixture, "a dead leaf that can be reached is found") {
  const std::uint64_t key = GENERATE(kA, kCrowd);
  rewrite(leaf_at(key), [](Header header) { return header.dead(); });
  REQUIRE(named() == "I2: a dead leaf can be reached");
}

TEST_CASE_METHOD(Fixture, "a lock left held is found") {
  const Header header = leaf().lock();
  REQUIRE(named() == "I2: a lock is held though the map is quiet");
  leaf().unlock(header);
  REQUIRE(verdict() == "");
}

TEST_CASE_METHOD(Fixture, "a pointer without a fingerprint is found") {
  rewrite(leaf(), [&](Header header) { return header.without_cell(index(kB)); });
  REQUIRE(named() == kNoPair);
}

TEST_CASE_METHOD(Fixture, "a fingerprint without a pointer is found") {
  leaf().set_cell(index(kB), 0);
  REQUIRE(named() == kNoPair);
}

TEST_CASE_METHOD(Fixture, "a fingerprint of another hash is found") {
  const unsigned at = index(kB);
  rewrite(leaf(), [&](Header header) { return header.without_cell(at).with_cell(at, kB + 1); });
  REQUIRE(named() == "I3: a fingerprint of another hash");
}

TEST_CASE_METHOD(Fixture, "a root that is left in the middle of a change is found") {
  REQUIRE(tree.root()->try_begin());
  REQUIRE(named() == "I4: the root is being replaced though the map is quiet");
  tree.root()->end(false);
  REQUIRE(verdict() == "");
}

TEST_CASE_METHOD(Fixture, "a slot left frozen is found") {
  const int which = GENERATE(0, 1, 2, 3);
  auto& frozen = which == 0   ? tree.root()->at(7)
                 : which == 1 ? slot(kDirect)
                 : which == 2 ? slot(kA)
                              : branch().slots[1];
  frozen.fetch_or(detail::kFrozen);
  REQUIRE(named() == "I4: a slot is frozen though nobody resizes");
}

TEST_CASE_METHOD(Fixture, "a direct entry in a branch is found") {
  branch().slots[0].store(to_word(entry(kCrowd)) | detail::kDirect);
  REQUIRE(named() == "I5: a direct entry in a branch");
}

TEST_CASE_METHOD(Fixture, "an empty slot of a branch is found") {
  branch().slots[1].store(0);
  REQUIRE(named() == "I6: a slot of a branch is null");
}

TEST_CASE_METHOD(Fixture, "a branch below the last level is found, and one on it is sound") {
  const auto chain_of_branches = [&](unsigned last) {
    Word word = new_branch(last, new_leaf(Header::kMaxDepth), new_leaf(Header::kMaxDepth));
    for (unsigned bit = last; bit-- > 3;) word = new_branch(bit, word, new_leaf(bit + 1));
    tree.root()->at(7).store(word);
  };
  chain_of_branches(Header::kMaxDepth - 1);
  REQUIRE(verdict() == "");
  chain_of_branches(Header::kMaxDepth);
  REQUIRE(named() == "I6: a branch below the last level");
}

TEST_CASE_METHOD(Fixture, "one hash in two cells is found") {
  const unsigned free = leaf().header().free_cell();
  leaf().set_cell(free, leaf().cell(index(kB)));
  rewrite(leaf(), [&](Header header) { return header.with_cell(free, hash(kB)); });
  REQUIRE(named() == "I7: one hash in two cells");
}

TEST_CASE_METHOD(Fixture, "a removed link that is still in its chain is found") {
  chain().next.load()->entry.store(nullptr);
  REQUIRE(named() == "I7: a removed link is still in its chain");
}

TEST_CASE_METHOD(Fixture, "a link of another hash is found") {
  using Link = Tree::LinkNode;
  auto* const stranger = ::new (tree.policy().allocate(sizeof(Link), true)) Link(entry(kB), nullptr);
  chain().next.store(stranger);
  REQUIRE(named() == kTwoHashes);
}

TEST_CASE_METHOD(Fixture, "an entry of another hash in a link is found") {
  chain().next.load()->entry.store(entry(kB));
  REQUIRE(named() == kTwoHashes);
}

TEST_CASE_METHOD(Fixture, "one key twice in a chain is found") {
  auto* const last = chain().next.load()->next.load();
  last->entry.store(chain().entry.load());
  REQUIRE(named() == "I7: one key twice in a chain");
}

TEST_CASE_METHOD(Fixture, "a hash that is no longer the key's is found") {
  NibbleBlindKeys::lying = true;
  const std::string found = named();
  NibbleBlindKeys::lying = false;
  REQUIRE(found == "I8: a key does not have the hash stored with it");
}

TEST_CASE_METHOD(Fixture, "a key that is not equal to itself is found") {
  NibbleBlindKeys::unequal = true;
  const std::string found = named();
  NibbleBlindKeys::unequal = false;
  REQUIRE(found == "I8: a key is not equal to itself");
}

TEST_CASE_METHOD(Fixture, "a wrong count is found") {
  slot(kDirect).store(0);
  REQUIRE(named() == "I9: 14 entries are counted, but 13 can be reached");
}

TEST_CASE("storing a key under a wrong hash is what the checker names") {
  HashTrieMap<std::uint64_t, int> map;
  map.store(Hashed<std::uint64_t>{7, map.hash(std::uint64_t{7}) + 1}, 1);
  const auto found = map.check();
  REQUIRE(found);
  REQUIRE(found->starts_with("I8: a key does not have the hash stored with it (node 0x"));
}
