// SPDX-License-Identifier: BSD-3-Clause
// What takes the place of a full leaf, for hashes that share any number of bits and slots of any depth.
#include "trie/split.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <new>
#include <set>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "trie/hash.hpp"
#include "trie/std_policy.hpp"

using namespace interlox::trie;
using namespace interlox::trie::detail;

namespace {

// An arena that counts what is made in it, and can run out.
struct CountingPolicy : StdPolicy {
  std::size_t made = 0;
  std::size_t allowed = ~std::size_t{0};
  void* allocate(std::size_t bytes, bool may_hold_pointers) {
    if (made == allowed) throw std::bad_alloc();
    ++made;
    return StdPolicy::allocate(bytes, may_hold_pointers);
  }
};

using Tree = Subtree<CountingPolicy>;
using LeafNode = Leaf<CountingPolicy>;
using BranchNode = Branch<CountingPolicy>;
constexpr unsigned kItems = Tree::kItems;
constexpr unsigned kMostShared = kHashBits - 3;  // eight different hashes need three bits to differ in

enum class Kind { kEven, kLopsided, kRandom };

// Eight hashes that share exactly `shared` bits, and what stands for their containers: words that nothing
// but this test looks into.
struct Crowd {
  Crowd(unsigned shared, Kind kind) {
    const std::uint64_t prefix = range_begin(hash_integer(shared, 1), shared);
    const unsigned bits = kHashBits - shared;
    const std::uint64_t first_bit = std::uint64_t{1} << (bits - 1);
    std::set<std::uint64_t> hashes;
    if (kind == Kind::kRandom) {
      hashes = {prefix, prefix | first_bit};
      for (std::uint64_t i = 0; hashes.size() < kItems; ++i)
        hashes.insert(prefix | hash_integer(i, 2) >> shared);
    } else if (kind == Kind::kEven) {
      for (std::uint64_t i = 0; i < kItems; ++i) hashes.insert(prefix | i << (bits - 3));
    } else {  // seven on one side, one on the other, which is which by turns
      const bool turned = shared % 2 == 1 && shared != kMostShared;
      for (std::uint64_t i = 0; i < kItems; ++i) {
        hashes.insert(prefix | i | ((i == kItems - 1) != turned ? first_bit : 0));
      }
    }
    REQUIRE(hashes.size() == kItems);
    unsigned order = 0;
    for (const std::uint64_t hash : hashes) {
      const unsigned place = order++ * 5 % kItems;  // in a leaf they are not in their order either
      items[place] = {hash, Word{16} * (place + 1)};
    }
  }
  Item items[kItems];
};

// Looks at what a subtree gives for slots, and remembers the first thing that is wrong.
class Inspector {
 public:
  explicit Inspector(const Crowd& crowd) : crowd_(crowd) {}

  // Looks at what a slot of this depth on the way to `hash` gets.
  void slot(const Tree& tree, std::uint64_t hash, unsigned depth) {
    met_.clear();
    visit(tree.part(hash, depth), range_begin(hash, depth), depth, false);
    const std::uint64_t end = range_end(hash, depth);
    for (const Item& item : crowd_.items) {
      if (item.hash < range_begin(hash, depth) || item.hash > end) continue;
      expect(met_.count(item.container) == 1, "an item of the slot's range is not below it");
    }
  }

  // Every leaf met so far, with the first hash of its range.
  [[nodiscard]] const std::map<LeafNode*, std::uint64_t>& leaves() const { return leaves_; }
  [[nodiscard]] bool met_leaf(LeafNode* leaf) const { return last_leaves_.count(leaf) != 0; }
  [[nodiscard]] const std::string& fault() const { return fault_; }
  void expect(bool held, const char* what) {
    if (!held && fault_.empty()) fault_ = what;
  }
  void forget_leaves() { last_leaves_.clear(); }

 private:
  void visit(Word word, std::uint64_t first, unsigned depth, bool in_branch) {
    expect((word & ~kTags) != 0 && (word & (kFrozen | kDirect)) == 0, "a part is null, frozen or direct");
    if (is_branch(word)) {
      auto* const branch = reinterpret_cast<BranchNode*>(word & ~kTags);
      expect(branch->base == depth, "a branch of another bit than its slot's");
      visit(branch->slots[0].load(), first, depth + 1, true);
      visit(branch->slots[1].load(), first | std::uint64_t{1} << (kHashBits - 1 - depth), depth + 1, true);
      return;
    }
    auto* const leaf = reinterpret_cast<LeafNode*>(word);
    const Header header = leaf->header();
    expect(header.is_locked(), "a leaf is not locked");
    expect(header.depth() <= depth, "a leaf of fewer hashes than its slot");
    expect(!in_branch || header.depth() == depth, "a leaf of more hashes than its branch");
    const std::uint64_t begin = range_begin(first, header.depth());
    expect(leaves_.emplace(leaf, begin).first->second == begin, "a leaf in a slot of other hashes");
    last_leaves_.insert(leaf);
    cells(*leaf, begin);
  }

  // The leaf holds the items of its range, from the first cell on, and nothing else.
  void cells(const LeafNode& leaf, std::uint64_t begin) {
    const Header header = leaf.header();
    const std::uint64_t end = range_end(begin, header.depth());
    const auto belongs = [&](const Item& item) { return item.hash >= begin && item.hash <= end; };
    const auto count =
        static_cast<unsigned>(std::count_if(std::begin(crowd_.items), std::end(crowd_.items), belongs));
    expect(header.count() == count, "a leaf has other fingerprints than its items'");
    for (unsigned i = 0; i < Header::kCells; ++i) {
      const Word cell = leaf.cell(i);
      expect((cell != 0) == (i < count), "the cells of a leaf are not its first");
      if (cell == 0) continue;
      const Item& item = crowd_.items[cell / 16 - 1];
      expect(belongs(item), "an item in a leaf of other hashes");
      expect(header.fingerprint_of(i) == Header::fingerprint(item.hash), "a fingerprint of another item");
      expect(met_.insert(cell).second, "an item stands in two cells");
    }
  }

  const Crowd& crowd_;
  std::set<Word> met_;
  std::set<LeafNode*> last_leaves_;
  std::map<LeafNode*, std::uint64_t> leaves_;
  std::string fault_;
};

// The old leaf's depths that are worth a try: the root's first, one somewhere below, the last.
std::set<unsigned> depths_of_leaf(unsigned shared) { return {0, std::min(3U, shared), shared / 2, shared}; }

}  // namespace

TEST_CASE("a new leaf has its items in its first cells, and is open or locked") {
  StdPolicy policy;
  const Item items[] = {{0x11, 16}, {0x2200, 32}, {0x33, 48}};
  for (const bool locked : {false, true}) {
    const Leaf<StdPolicy>* const leaf = make_leaf(policy, items, 3, 17, locked);
    const Header open = Header::empty(17).with_cell(0, 0x11).with_cell(1, 0x2200).with_cell(2, 0x33);
    REQUIRE(leaf->header() == (locked ? open.locked() : open));
    for (unsigned i = 0; i < Header::kCells; ++i) REQUIRE(leaf->cell(i) == (i < 3 ? items[i].container : 0));
  }
}

TEST_CASE("a new branch tells its slots apart by its bit") {
  StdPolicy policy;
  Branch<StdPolicy>* const branch = make_branch(policy, 4, 16, 32);
  REQUIRE(branch->base == 4);
  REQUIRE(branch->slot(0xF7FF'FFFF'FFFF'FFFF).load() == 16);
  REQUIRE(branch->slot(0x0800'0000'0000'0000).load() == 32);
}

TEST_CASE("each slot of the old leaf gets what belongs there, whatever its depth") {
  const Kind kind = GENERATE(Kind::kEven, Kind::kLopsided, Kind::kRandom);
  for (unsigned shared = 0; shared <= kMostShared; ++shared) {
    const Crowd crowd(shared, kind);
    for (const unsigned leaf_depth : depths_of_leaf(shared)) {
      CountingPolicy policy;
      const Tree tree(policy, crowd.items, leaf_depth);
      Inspector inspector(crowd);
      inspector.slot(tree, crowd.items[0].hash, leaf_depth);  // meets all there is
      const auto leaves = inspector.leaves();
      for (unsigned depth = leaf_depth; depth < kHashBits; ++depth) {
        std::set<std::uint64_t> slots;  // by their first hash
        for (const Item& item : crowd.items) slots.insert(range_begin(item.hash, depth));
        for (const auto& [leaf, begin] : leaves) slots.insert(range_begin(begin, depth));
        slots.insert(range_begin(range_end(crowd.items[0].hash, leaf_depth), depth));
        inspector.forget_leaves();
        for (const std::uint64_t first : slots) inspector.slot(tree, first, depth);
        for (const auto& [leaf, begin] : leaves) inspector.expect(inspector.met_leaf(leaf), "a leaf is lost");
        if (!inspector.fault().empty()) {
          FAIL(inspector.fault() << ": " << shared << " bits shared, leaf of depth " << leaf_depth
                                 << ", slots of depth " << depth);
        }
      }
      REQUIRE(inspector.leaves() == leaves);
      REQUIRE(leaves.size() == 2 + shared - leaf_depth);
      REQUIRE(policy.made == leaves.size() * 2 - 1);  // with the branches over them
    }
  }
}

TEST_CASE("all leaves of a subtree are locked until it is opened") {
  for (unsigned shared = 0; shared <= kMostShared; ++shared) {
    const Crowd crowd(shared, Kind::kRandom);
    for (const unsigned leaf_depth : depths_of_leaf(shared)) {
      CountingPolicy policy;
      Tree tree(policy, crowd.items, leaf_depth);
      Inspector inspector(crowd);
      inspector.slot(tree, crowd.items[0].hash, leaf_depth);  // sees each of them locked
      REQUIRE(inspector.fault() == "");
      std::map<LeafNode*, Header> before;
      for (const auto& [leaf, begin] : inspector.leaves()) before.emplace(leaf, leaf->header());
      tree.open();
      std::size_t wrong = 0;
      for (const auto& [leaf, header] : before) wrong += leaf->header() == header.open() ? 0 : 1;
      REQUIRE(wrong == 0);
    }
  }
}

TEST_CASE("a subtree for which memory runs out throws") {
  const Crowd crowd(20, Kind::kEven);
  CountingPolicy whole;
  const Tree tree(whole, crowd.items, 10);
  for (std::size_t allowed = 0; allowed < whole.made; ++allowed) {
    CountingPolicy policy;
    policy.allowed = allowed;
    REQUIRE_THROWS_AS(Tree(policy, crowd.items, 10), std::bad_alloc);
    REQUIRE(policy.made == allowed);
  }
}
