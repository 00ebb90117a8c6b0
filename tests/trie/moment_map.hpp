// SPDX-License-Identifier: BSD-3-Clause
// Maps whose threads can be stopped at any moment (moments.hpp) and whose nodes are all accounted for; and
// the small maps that races are shown on.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/trie/map_kit.hpp"
#include "tests/trie/moments.hpp"
#include "tests/trie/small_maps.hpp"
#include "trie/hash_trie_map.hpp"

namespace interlox::trie::test {

/// Every node that a map was given, what became of it, and the allocation that is to fail. Threads may use it
/// at once, but for what looks at the whole of it: then they must stand still, in the map or outside.
class Ledger {
 public:
  /// The nth allocation from now throws std::bad_alloc.
  void fail_at(int nth) noexcept { countdown_ = nth; }
  /// Takes that back. Returns whether it has happened.
  bool end_failing() noexcept { return std::exchange(countdown_, 0) < 0; }

  void before_allocation() {
    const std::lock_guard guard(mutex_);
    if (countdown_ > 0 && --countdown_ == 0) {
      countdown_ = -1;
      throw std::bad_alloc();
    }
  }
  void allocated(const void* start, std::size_t bytes, bool scanned) {
    const std::lock_guard guard(mutex_);
    const Node node{to_word(start), bytes, scanned, false, false, 0};
    const auto behind = std::upper_bound(nodes_.begin(), nodes_.end(), node.start, is_before);
    nodes_.insert(behind, node);
  }
  void retired(const void* start) noexcept {
    const std::lock_guard guard(mutex_);
    Node* const node = find(to_word(start));
    if (node == nullptr) give_up("a node was retired that was never allocated");
    ++node->retirements;
    ++retirements_;
  }

  /// Looks which nodes can be reached from the map, as a conservative collector would: any word that leads to
  /// a node counts, so this knows nothing of the map's layout.
  template <class Map>
  void look(const Map& map) {
    for (Node& node : nodes_) node.reachable = false;
    scan(to_word(&map), sizeof(Map));
    while (!work_.empty()) {
      const Node& node = nodes_[work_.back()];
      work_.pop_back();
      if (node.scanned) scan(node.start, node.bytes);
    }
  }

  /// What is wrong now that no thread is in the map; empty if nothing is. A node that was linked whenever
  /// somebody looked is reachable or retired, never both, and never retired twice.
  template <class Map>
  [[nodiscard]] std::string fault(const Map& map) {
    look(map);
    for (const Node& node : nodes_) {
      const char* const kind = node.scanned ? "a node of " : "an entry of ";
      const std::string which = kind + std::to_string(node.bytes) + " bytes ";
      if (node.retirements > 1) return which + "was retired more than once";
      if (node.reachable && node.retirements != 0) return which + "was retired and can be reached";
      if (!node.reachable && node.linked && node.retirements == 0)
        return which + "was unlinked, never retired";
    }
    if (retirements_ != map.stats().retired) return "the map's count of retired nodes is wrong";
    return {};
  }

  [[nodiscard]] std::size_t retired_entries() const {
    return static_cast<std::size_t>(std::count_if(nodes_.begin(), nodes_.end(), [](const Node& node) {
      return !node.scanned && node.retirements != 0;
    }));
  }
  [[nodiscard]] std::size_t retirements() const { return retirements_; }
  [[nodiscard]] unsigned retirements_of(const void* start) { return find(to_word(start))->retirements; }

 private:
  struct Node {
    std::uintptr_t start;
    std::size_t bytes;
    bool scanned;  // it may hold pointers; entries hold none in these tests
    bool reachable;
    bool linked;  // reachable once at least
    unsigned retirements;
  };

  static std::uintptr_t to_word(const void* address) noexcept {
    return reinterpret_cast<std::uintptr_t>(address);
  }
  static bool is_before(std::uintptr_t start, const Node& node) noexcept { return start < node.start; }

  Node* find(std::uintptr_t start) noexcept {
    const auto behind = std::upper_bound(nodes_.begin(), nodes_.end(), start, is_before);
    return behind != nodes_.begin() && std::prev(behind)->start == start ? &*std::prev(behind) : nullptr;
  }

  void scan(std::uintptr_t start, std::size_t bytes) {
    for (std::size_t at = 0; at + sizeof(std::uintptr_t) <= bytes; at += sizeof(std::uintptr_t)) {
      std::uintptr_t word = 0;
      std::memcpy(&word, reinterpret_cast<const std::byte*>(start) + at, sizeof(word));
      Node* const node = find(word & ~detail::kTags);
      if (node == nullptr || node->reachable) continue;
      node->reachable = node->linked = true;
      work_.push_back(static_cast<std::size_t>(node - nodes_.data()));
    }
  }

  std::mutex mutex_;
  std::vector<Node> nodes_;  // by their addresses
  std::vector<std::size_t> work_;
  std::size_t retirements_ = 0;
  int countdown_ = 0;
};

/// Watched atomics, and an arena that keeps a ledger.
class MomentPolicy {
 public:
  template <class T>
  using atomic = WatchedAtomic<T>;

  [[nodiscard]] void* allocate(std::size_t bytes, bool may_hold_pointers) {
    ledger_->before_allocation();
    void* const node = arena_.allocate(bytes, may_hold_pointers);
    ledger_->allocated(node, bytes, may_hold_pointers);
    return node;
  }
  void retired(void* node, std::size_t /*bytes*/) noexcept { ledger_->retired(node); }
  static void yield_point() noexcept { Witness::tell(nullptr); }

  Ledger& ledger() noexcept { return *ledger_; }

 private:
  StdPolicy arena_;
  std::unique_ptr<Ledger> ledger_ = std::make_unique<Ledger>();
};

template <class Value>
using MomentTree = detail::Tree<Key, Value, HashIsKey, MomentPolicy>;
template <class Value>
using MomentMap = HashTrieMap<Key, Value, HashIsKey, MomentPolicy>;

template <class Value>
using MaintenanceOf = detail::Maintenance<MomentTree<Value>>;

}  // namespace interlox::trie::test

namespace interlox::trie::test::races {

using detail::Header;
using detail::Word;
using Map = MomentMap<int>;
using Tree = MomentTree<int>;
using Root = Tree::RootNode;
using Leaf = Tree::LeafNode;
using Maintenance = MaintenanceOf<int>;

// The smallest root has eight slots: these are of slot 0, 0 and 4, and the twin has the hash of kA.
inline constexpr Key kA = key_of(0x1000, 0x80);
inline constexpr Key kATwin = key_of(0x1000, 0x80, 1);
inline constexpr Key kAThird = key_of(0x1000, 0x80, 2);
inline constexpr Key kB = key_of(0x1800, 0x81);
inline constexpr Key kC = key_of(0x1400, 0x90);
inline constexpr Key kFar = key_of(0x9000);

// Keys of slot 0, evenly spaced. The first seven are a full leaf, an eighth splits it in the middle.
constexpr Key nth_key(unsigned i) { return key_of(0x0200 + 0x400 * i, 0x11 * i); }
inline constexpr unsigned kCells = Header::kCells;

template <class AnyMap>
void store_keys(AnyMap& map, unsigned count) {
  for (unsigned i = 0; i < count; ++i) map.store(nth_key(i), static_cast<int>(i));
}
inline bool has_keys(const Map& map, unsigned count) {
  for (unsigned i = 0; i < count; ++i) {
    if (map.load(nth_key(i)) != static_cast<int>(i)) return false;
  }
  return true;
}

inline Word word_at(Map& map, Key key) { return tree_of(map).locate(HashIsKey::hash(key, 0)).word; }
inline Leaf* leaf_at(Map& map, Key key) {
  const Word word = word_at(map, key);
  return detail::is_direct(word) ? nullptr : Tree::leaf_of(word);
}
inline bool is_in_branch(Map& map, Key key) {
  return tree_of(map).locate(HashIsKey::hash(key, 0)).branch != nullptr;
}
inline bool is_frozen(Root* root, std::size_t slot) { return detail::is_frozen(Tree::read(root->at(slot))); }

// The address of a cell of a leaf: the cells come first in it.
inline const void* cell_of(const Leaf* leaf, unsigned index) {
  static_assert(sizeof(Leaf) == 64);
  return reinterpret_cast<const std::byte*>(leaf) + index * sizeof(Word);
}
// Stops before the next access to who has the turn of the root: the only field of it beside the count of
// branches.
inline Actor::Stop at_turn_of(const Root* root) {
  return [root](const void* next) {
    const auto at = reinterpret_cast<std::uintptr_t>(next);
    const auto begin = reinterpret_cast<std::uintptr_t>(root);
    return next != &root->branches && at >= begin && at < begin + sizeof(Root);
  };
}

// Nobody is in the map: its invariants hold and each node that was unlinked was retired once.
template <class AnyMap>
void require_sound(AnyMap& map) {
  REQUIRE(map.check().value_or("sound") == "sound");
  REQUIRE(map.policy().ledger().fault(map) == "");
}

// A root of 32 slots; the first four hold one full leaf, six of its keys in the lower half of its range.
inline void make_leaf_in_four_slots(Map& map) {
  for (unsigned i = 0; i < 6; ++i) map.store(key_of(0x0200 * i, 0x11 * i), static_cast<int>(i));
  map.store(key_of(0x1800), 6);
  grow_to(map, 5);
  REQUIRE(leaf_at(map, key_of(0x0000)) == leaf_at(map, key_of(0x1F00)));
}
// A thread that stores an eighth key there and has replaced the leaf in the first of the slots.
inline Actor::Stop after_first_slot(Map& map) {
  return
      [&map, old = leaf_at(map, key_of(0x0000))](const void*) { return leaf_at(map, key_of(0x0000)) != old; };
}

// A branch over two leaves of three keys and one, which a merge would join. Returns it.
inline Tree::BranchNode& make_sparse_branch(Map& map) {
  store_keys(map, 8);
  for (const unsigned i : {7, 6, 5, 3}) map.erase(nth_key(i));  // in this order none of them merges
  REQUIRE(is_in_branch(map, nth_key(0)));
  return *tree_of(map).locate(nth_key(0)).branch;
}

template <class AnyMap>
std::map<Key, int> contents_of(const AnyMap& map) {
  std::map<Key, int> all;
  map.for_each([&](Key key, const auto& value) { all.emplace(key, to_int(value)); });
  return all;
}

}  // namespace interlox::trie::test::races
