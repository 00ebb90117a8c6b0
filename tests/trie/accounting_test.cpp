// SPDX-License-Identifier: BSD-3-Clause
// Every node that was linked is linked still or was retired, once, with the size that was asked for it.
// Counted with a policy that keeps a ledger.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <new>
#include <set>
#include <sstream>
#include <string>
#include <unordered_map>

#include "trie/std_policy.hpp"

namespace interlox::trie::test {

using TestPolicy = StdPolicy;
struct TestThread {
  TestThread() {}
};
struct TestTrouble {
  TestTrouble() {}
};

}  // namespace interlox::trie::test

#include "tests/support/catch.hpp"
#include "tests/trie/map_threads.hpp"

namespace interlox::trie::test {
namespace {

// What was asked of a policy, and what was given back. Keeps the memory until the end, so that a look at a
// retired node is safe.
struct Ledger {
  struct Node {
    std::size_t bytes;
    bool may_hold_pointers;
    int retired = 0;
  };

  Ledger() = default;
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;
  ~Ledger() {
    for (const auto& [address, node] : nodes) ::operator delete(address, kAlignment);
  }

  static constexpr std::align_val_t kAlignment{kNodeAlignment};
  std::mutex mutex;
  std::unordered_map<void*, Node> nodes;
  int unknown = 0;
  int wrong_size = 0;
};

class LedgerPolicy {
 public:
  template <class T>
  using atomic = std::atomic<T>;

  explicit LedgerPolicy(Ledger* ledger) : ledger_(ledger) {}

  void* allocate(std::size_t bytes, bool may_hold_pointers) {
    // A block of its own for each node, so that a sanitizer sees what is written beyond it.
    void* const node = ::operator new(bytes, Ledger::kAlignment);
    const std::lock_guard guard(ledger_->mutex);
    ledger_->nodes[node] = {bytes, may_hold_pointers};
    return node;
  }
  void retired(void* node, std::size_t bytes) noexcept {
    const std::lock_guard guard(ledger_->mutex);
    const auto at = ledger_->nodes.find(node);
    if (at == ledger_->nodes.end()) {
      ++ledger_->unknown;
      return;
    }
    ++at->second.retired;
    if (at->second.bytes != bytes) ++ledger_->wrong_size;
  }
  static void yield_point() noexcept {}

 private:
  Ledger* ledger_;
};

template <class Value>
using LedgerMap = HashTrieMap<String, Value, TestKeys, LedgerPolicy>;
using LeafNode = detail::Leaf<LedgerPolicy>;
using RootNode = detail::Root<LedgerPolicy>;
using BranchNode = detail::Branch<LedgerPolicy>;
using LinkNode = detail::Link<String, int, LedgerPolicy>;

// Numbers, so that entries are the nodes without pointers; and more than a word, so that each change of a
// value makes a new entry.
using WideNumber = long double;
static_assert(!kMayHoldPointers<WideNumber> && !detail::kFitsWord<WideNumber>);

// The addresses of all nodes and entries that can be reached: a dump has one a line.
template <class Map>
std::set<void*> linked_nodes(const Map& map) {
  std::stringstream text;
  map.dump(text);
  std::set<void*> nodes;
  for (std::string line; std::getline(text, line);) {
    void* address = nullptr;
    std::istringstream(line) >> address;
    if (!nodes.insert(address).second) FAIL("a node is linked twice");
  }
  return nodes;
}

// Branches and links are of one size; the last word of a branch is a bit's number, of a link null or a
// pointer.
static_assert(sizeof(BranchNode) == sizeof(LinkNode) && sizeof(BranchNode) != sizeof(LeafNode));
bool is_branch_node(const void* node) {
  std::uint64_t last = 0;
  std::memcpy(&last, static_cast<const char*>(node) + sizeof(BranchNode) - sizeof last, sizeof last);
  return last >= 1 && last < detail::kHashBits;
}

// Whether a node that is neither linked nor retired shows that it was linked once. A leaf that was replaced
// is dead, and a root says so; a branch that a larger root has made needless, or clear() has closed, is
// frozen; a link that was taken out has lost its entry. (The books are as large as a leaf, and look like an
// open one.)
bool was_linked(void* address, const Ledger::Node& node) {
  if (!node.may_hold_pointers) return false;
  if (node.bytes == sizeof(LeafNode)) return static_cast<LeafNode*>(address)->header().is_dead();
  if (node.bytes == sizeof(BranchNode) && is_branch_node(address)) {
    const auto& slots = static_cast<BranchNode*>(address)->slots;
    return detail::is_frozen(slots[0]) || detail::is_frozen(slots[1]);
  }
  if (node.bytes == sizeof(LinkNode)) return static_cast<LinkNode*>(address)->entry == nullptr;
  if (node.bytes < RootNode::bytes(RootNode::kMinBits)) return false;
  auto* const root = static_cast<RootNode*>(address);
  const bool idle = root->try_begin();
  if (idle) root->end(false);
  return !idle;
}

// What the ledger must say of a map at rest, into which `inserted` entries were linked since it was made.
// Returns how many nodes of each size are neither linked nor retired.
template <class Map>
std::map<std::size_t, std::size_t> audit(Ledger& ledger, const Map& map, std::size_t inserted) {
  REQUIRE(map.check() == std::nullopt);
  const Stats stats = map.stats();
  REQUIRE(stats.entries == map.count());
  REQUIRE(ledger.unknown == 0);
  REQUIRE(ledger.wrong_size == 0);
  const auto linked = linked_nodes(map);
  REQUIRE(linked.size() == stats.entries + stats.indirects);
  std::size_t live_bytes = 0;
  std::size_t retired = 0;
  std::size_t retired_entries = 0;
  std::map<std::size_t, std::size_t> others;
  for (const auto& [address, node] : ledger.nodes) {
    if (node.retired > 1) FAIL("a node was retired twice");
    if (linked.count(address) != 0) {
      if (node.retired != 0) FAIL("a node was retired that is still linked");
      live_bytes += node.bytes;
    } else if (node.retired != 0) {
      ++retired;
      if (!node.may_hold_pointers) ++retired_entries;
    } else {
      if (was_linked(address, node)) FAIL("a node was unlinked and not retired");
      ++others[node.bytes];
    }
  }
  REQUIRE(live_bytes == stats.bytes);
  REQUIRE(retired == stats.retired);
  REQUIRE(inserted == stats.entries + retired_entries);
  return others;
}

// On one thread nothing is made in vain but a branch of a split that no slot has room for. The books stay.
void audit_one_thread(Ledger& ledger, const LedgerMap<int>& map, std::size_t inserted) {
  auto others = audit(ledger, map, inserted);
  constexpr std::size_t kBooks = sizeof(detail::Books<LedgerPolicy>);
  REQUIRE(others[kBooks] == 1);
  REQUIRE(others[16 * kBooks] <= 1);  // those of a map that has grown, a line for each thread
  for (const std::size_t known : {kBooks, 16 * kBooks, sizeof(BranchNode)}) others.erase(known);
  REQUIRE(others.empty());
}

// So many that the root grows many times under a good hash. The bad ones make chains, in quadratic time.
std::size_t many(Hash hash) {
  return (hash == Hash::kGood ? 20'000 : hash == Hash::kConstant ? 1'000 : 4'000) / kScale;
}

}  // namespace

TEST_CASE("a map at rest has retired each node that it no longer holds", "[accounting]") {
  const Hash hash = GENERATE(from_range(kAllHashes));
  CAPTURE(hash);
  Ledger ledger;
  LedgerMap<int> map(TestKeys(hash), kSeed, LedgerPolicy(&ledger));
  std::size_t inserted = 0;
  for (int round = 0; round < 3; ++round) {
    for (const auto& key : make_keys(128)) inserted += map.load_or_store(key, 1).loaded ? 0 : 1;
    audit_one_thread(ledger, map, inserted);
    for (const auto& key : make_keys(64)) map.erase(key);
    audit_one_thread(ledger, map, inserted);
    if (round == 1) map.clear();
  }
  map.clear();
  audit_one_thread(ledger, map, inserted);
  REQUIRE(linked_nodes(map).size() == 1);
}

TEST_CASE("a map that grows and then shrinks to nothing has retired all it was", "[accounting]") {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const auto keys = make_keys(many(hash));
  CAPTURE(hash);
  Ledger ledger;
  LedgerMap<int> map(TestKeys(hash), kSeed, LedgerPolicy(&ledger));
  const std::size_t small = map.stats().bytes;
  const std::size_t quarter = keys.size() / 4;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    map.store(keys[i], 1);
    if (i % quarter == 0) audit_one_thread(ledger, map, i + 1);
  }
  audit_one_thread(ledger, map, keys.size());
  REQUIRE(map.stats().bytes > 20 * small);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    map.erase(keys[i]);
    if (i % quarter == 0) audit_one_thread(ledger, map, keys.size());
  }
  audit_one_thread(ledger, map, keys.size());
  REQUIRE(map.stats().entries == 0);
  REQUIRE(map.stats().indirects == 1);
  REQUIRE(map.stats().bytes == small);
}

TEST_CASE("a map that loses most of its keys gives back most of its memory", "[accounting]") {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const auto keys = make_keys(many(hash));
  constexpr std::size_t kLeft = 16;
  CAPTURE(hash);
  Ledger ledger;
  LedgerMap<int> map(TestKeys(hash), kSeed, LedgerPolicy(&ledger));
  for (const auto& key : keys) map.store(key, 1);
  for (std::size_t i = kLeft; i < keys.size(); ++i) map.erase(keys[i]);
  audit_one_thread(ledger, map, keys.size());
  REQUIRE(map.count() == kLeft);
  // The root has at most eight slots for each key that is left, and a leaf in each slot.
  REQUIRE(map.stats().bytes <= kLeft * (64 + 8 * (sizeof(void*) + sizeof(LeafNode))));
}

TEST_CASE("each entry that a larger value has replaced is retired", "[accounting]") {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const std::size_t count = GENERATE(3U, 40U, 1000U);  // direct entries, leaves, a root that grows
  CAPTURE(hash, count);
  const auto keys = make_keys(count / (count > 100 ? kScale : 1));
  Ledger ledger;
  LedgerMap<WideNumber> map(TestKeys(hash), kSeed, LedgerPolicy(&ledger));
  std::size_t linked = 0;
  for (const auto& key : keys) linked += map.swap(key, WideNumber(1)) ? 0 : 1;
  for (const auto& key : keys) {
    linked += map.swap(key, WideNumber(2)) == WideNumber(1) ? 1 : 0;
    linked += map.compare_and_swap(key, WideNumber(2), WideNumber(3)) ? 1 : 0;
    linked +=
        map.compare_and_swap(key, WideNumber(2), WideNumber(4)) ? 1000 : 0;  // refused, and nothing linked
    linked += map.load_or_store(key, WideNumber(5)).loaded ? 0 : 1000;
  }
  REQUIRE(linked == 3 * keys.size());
  audit(ledger, map, linked);
  for (std::size_t i = 0; i < keys.size(); i += 2) {
    if (!map.compare_and_delete(keys[i], WideNumber(3))) FAIL("the last value is not there");
  }
  audit(ledger, map, linked);
  map.clear();
  audit(ledger, map, linked);
}

TEST_CASE("leaves that split and merge again, and their branch, are all retired", "[accounting]") {
  Ledger ledger;
  // The key is its hash. Eight in one slot of eight, four on each side of the next bit: nothing is in vain.
  struct HashIsKey : PlainKeys<std::uint64_t> {
    static std::uint64_t hash(std::uint64_t key, std::uint64_t /*seed*/) { return key; }
    static bool equal(std::uint64_t a, std::uint64_t b) { return a == b; }
  };
  HashTrieMap<std::uint64_t, int, HashIsKey, LedgerPolicy> map({}, 0, LedgerPolicy(&ledger));
  for (int round = 0; round < 3; ++round) {
    for (std::uint64_t i = 0; i < 8; ++i) map.store(i << 58 | i, 1);
    REQUIRE(map.stats().indirects == 4);  // root, branch, two leaves
    for (std::uint64_t i = 0; i < 5; ++i) map.erase(i << 58 | i);
    REQUIRE(map.stats().indirects == 2);  // root, leaf
    auto others = audit(ledger, map, 8 * static_cast<std::size_t>(round) + 8);
    REQUIRE(others.size() == 1);
    REQUIRE(others.begin()->second == 1);  // the books
    for (std::uint64_t i = 5; i < 8; ++i) map.erase(i << 58 | i);
    REQUIRE(map.stats().indirects == 1);
  }
}

TEST_CASE("what the computations of values needed is retired with them", "[accounting]") {
  const auto keys = make_keys(1000);
  Ledger ledgers[2];
  std::size_t kept[2];  // beside what the maps hold
  for (const bool computes : {false, true}) {
    Ledger& ledger = ledgers[computes];
    LedgerMap<int> map(TestKeys(), kSeed, LedgerPolicy(&ledger));
    for (const auto& key : keys) {
      const bool loaded =
          computes ? map.load_or_compute(key, [] { return 1; }).loaded : map.load_or_store(key, 1).loaded;
      if (loaded) FAIL("a key is there before it is stored");
    }
    REQUIRE(map.count() == keys.size());
    REQUIRE(map.check() == std::nullopt);
    REQUIRE(ledger.unknown == 0);
    REQUIRE(ledger.wrong_size == 0);
    kept[computes] = 0;
    for (const auto& [address, node] : ledger.nodes) {
      if (node.retired > 1) FAIL("a node was retired twice");
      kept[computes] += node.retired == 0 ? 1 : 0;
    }
  }
  REQUIRE(kept[true] == kept[false] + 3);  // the map of computations, its books and its root
}

TEST_CASE("no node is retired twice or forgotten beside threads that clear", "[accounting][threads]") {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const unsigned threads = GENERATE(2U, 8U);
  CAPTURE(hash, threads);
  for (int round = 0; round < 8; ++round) {
    Ledger ledger;
    LedgerMap<int> map(TestKeys(hash), kSeed, LedgerPolicy(&ledger));
    std::atomic<std::size_t> inserted{0};
    std::atomic<unsigned> running{threads - 1};
    run_threads(threads, [&](unsigned id) {
      if (id == 0) {
        while (running.load() != 0) map.clear();
        return;
      }
      Random random(id + 100 * static_cast<unsigned>(round));
      const auto keys = make_keys(24);
      for (unsigned i = 0; i < 2400 / threads / kScale; ++i) {
        const auto& key = keys[random.below(keys.size())];
        const std::size_t kind = random.below(4);
        if (kind < 2) inserted += map.load_or_store(key, 1).loaded ? 0 : 1;
        if (kind == 2) map.erase(key);
        if (kind == 3) inserted += map.swap(key, 2) ? 0 : 1;
      }
      --running;
    });
    audit(ledger, map, inserted);
  }
}

TEST_CASE("no node is retired twice or forgotten while the root grows and shrinks", "[accounting][threads]") {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const bool clears = GENERATE(false, true);
  constexpr unsigned kThreads = 4;
  const std::size_t each = many(hash) / 16;
  CAPTURE(hash, clears);
  Ledger ledger;
  LedgerMap<WideNumber> map(TestKeys(hash), kSeed, LedgerPolicy(&ledger));
  std::atomic<std::size_t> linked{0};
  for (std::size_t round = 1; round <= 4; ++round) {
    run_threads(kThreads, [&](unsigned id) {
      const auto keys = make_keys(each, id * each);
      const auto shared = make_keys(8, kThreads * each);
      Random random(id + 10 * round);
      for (const auto& key : keys) {
        linked += map.load_or_store(key, 1).loaded ? 0 : 1;
        const auto& other = shared[random.below(shared.size())];
        if (random.below(2) == 0) {
          static_cast<void>(map.swap(other, static_cast<int>(id)));
          ++linked;
        } else {
          map.erase(other);
        }
      }
      if (clears && id == round % kThreads) map.clear();
      for (const auto& key : keys) linked += map.compare_and_swap(key, 1, 2) ? 1 : 0;
      for (const auto& key : keys) map.erase(key);
    });
    audit(ledger, map, linked);
    REQUIRE(map.count() <= 8);
  }
}

}  // namespace interlox::trie::test
