// SPDX-License-Identifier: BSD-3-Clause
// The checker of the reference map: walks a quiet map and names the invariant that is broken.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>

#include "tests/support/reference/node.hpp"

namespace interlox::trie::reference::detail {

/// Checks the invariants of tree.hpp, of which a state at rest can show I1, I2, I3, I5, I6 and I7, on a map
/// that no other thread is changing. Calls the hash and key equality, under no lock.
template <class Tree>
class Checker {
  using IndirectNode = typename Tree::IndirectNode;
  using EntryNode = typename Tree::EntryNode;
  using OverflowNode = typename Tree::OverflowNode;

 public:
  explicit Checker(const Tree& tree) : tree_(tree) {}

  /// Nothing, or a sentence that begins with the invariant, as "I3: ...".
  std::optional<std::string> run() {
    auto* const root = tree_.root();
    if (root->parent != nullptr) return broken("I3", "the root has a parent", root);
    if (auto fault = visit(root, kRootShift, 0)) return fault;
    const std::size_t counted = root->entries.load(std::memory_order_relaxed);  // relaxed: the map is quiet
    if (counted == entries_) return std::nullopt;
    std::ostringstream text;
    text << "the root counts " << counted << " entries, but " << entries_ << " can be reached";
    return broken("I7", text.str(), root);
  }

 private:
  using Fault = std::optional<std::string>;

  static Fault broken(const char* invariant, const std::string& what, const void* where) {
    std::ostringstream text;
    text << invariant << ": " << what << " (node " << where << ")";
    return text.str();
  }

  // `prefix`: the hash bits above the node's own four, in their places.
  Fault visit(IndirectNode* node, unsigned shift, std::uint64_t prefix) {
    if (node->dead.load(std::memory_order_relaxed)) return broken("I3", "a dead node can be reached", node);
    if (!node->mutex.try_lock()) return broken("I2", "a lock is held though the map is quiet", node);
    node->mutex.unlock();
    if (node->parent != nullptr && node->empty()) return broken("I3", "an inner node is empty", node);
    for (unsigned i = 0; i < kFanout; ++i) {
      Node* const child = node->children[i].load(std::memory_order_acquire);  // pairs with (1) of tree.hpp
      if (child == nullptr) continue;
      if (Fault fault = visit_child(node, child, shift, prefix | std::uint64_t{i} << shift)) return fault;
    }
    return std::nullopt;
  }

  Fault visit_child(IndirectNode* parent, Node* child, unsigned shift, std::uint64_t prefix) {
    switch (child->kind) {
      case Kind::kIndirect: {
        auto* const node = static_cast<IndirectNode*>(child);
        if (shift == 0) return broken("I1", "an inner node below the last level", node);
        if (node->parent != parent) return broken("I3", "a node does not point to its parent", node);
        return visit(node, shift - kBitsPerLevel, prefix);
      }
      case Kind::kEntry:
        return visit(static_cast<EntryNode*>(child), shift, prefix);
      case Kind::kOverflow:
        return visit(static_cast<OverflowNode*>(child), shift, prefix);
    }
    return broken("I1", "a node of no known kind", child);
  }

  Fault visit(EntryNode* entry, unsigned shift, std::uint64_t prefix) {
    ++entries_;
    if (((entry->hash ^ prefix) >> shift) != 0)
      return broken("I1", "an entry in a slot of other hashes", entry);
    const auto view = tree_.traits().view(entry->key());
    if (tree_.hash(view) != entry->hash)
      return broken("I6", "a key does not have the hash stored with it", entry);
    if (!tree_.traits().equal(entry->key(), view)) return broken("I6", "a key is not equal to itself", entry);
    return std::nullopt;
  }

  Fault visit(OverflowNode* head, unsigned shift, std::uint64_t prefix) {
    for (auto* link = head; link != nullptr; link = link->next.load(std::memory_order_acquire)) {
      auto* const entry = link->entry.load(std::memory_order_acquire);
      if (entry == nullptr) return broken("I5", "a removed link is still in its chain", link);
      if (link->hash != head->hash || entry->hash != link->hash)
        return broken("I5", "a chain of two hashes", link);
      if (Fault fault = visit(entry, shift, prefix)) return fault;
      const auto view = tree_.traits().view(entry->key());
      for (auto* other = link->next.load(std::memory_order_acquire); other != nullptr;
           other = other->next.load(std::memory_order_acquire)) {
        auto* const twin = other->entry.load(std::memory_order_acquire);
        if (twin != nullptr && tree_.traits().equal(twin->key(), view)) {
          return broken("I5", "one key twice in a chain", link);
        }
      }
    }
    return std::nullopt;
  }

  const Tree& tree_;
  std::size_t entries_ = 0;
};

}  // namespace interlox::trie::reference::detail
