// SPDX-License-Identifier: BSD-3-Clause
// The trie on the collected heap: what trie/policy.hpp asks of a policy. Knows no trie header.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "gc/heap.hpp"
#include "gc/recording.hpp"
#include "gc/trace.hpp"
#include "gc/weak.hpp"

namespace interlox::gc {

namespace detail {

/// Whether nodes are counted: set once by initialize().
extern constinit bool counting_nodes;

[[nodiscard]] void* allocate_counted_node(std::size_t bytes, bool may_hold_pointers);
void count_retired_node(const void* node) noexcept;

}  // namespace detail

/// Nodes are blocks of the collected heap, and a retired node is simply dropped: the collector reclaims it
/// once no thread can reach it. There is no state, so all values of this type are alike.
class TriePolicy {
 public:
  /// Policy::atomic: the standard's.
  template <class T>
  using atomic = std::atomic<T>;

  /// A block of at least `bytes` bytes, aligned to 16, and to 64 if `bytes` is 64. Scanned and zeroed if
  /// `may_hold_pointers`; else neither, unless nodes are counted. Throws OutOfMemory. The calling thread must
  /// be registered. Lock-free on allocate()'s fast path.
  [[nodiscard]] static void* allocate(std::size_t bytes, bool may_hold_pointers) {
    if (detail::counting_nodes) [[unlikely]] {
      return detail::allocate_counted_node(bytes, may_hold_pointers);
    }
    return may_hold_pointers ? gc::allocate(bytes) : gc::allocate_pointer_free(bytes);
  }

  /// The trie has unlinked this node for good. Only counted, and only if that is wanted. Wait-free, but
  /// where that is recorded (gc/recording.hpp).
  static void retired(void* node, std::size_t /*bytes*/) noexcept {
    if (trace::is_watching_nodes()) [[unlikely]]
      detail::count_retired_node(node);
  }

  /// Who takes down each change of a tree, or null while nobody does. Wait-free.
  [[nodiscard]] static recording::Recorder* recorder() noexcept { return recording::active(); }

  /// What the trie does to its structure, for gc/trace.hpp. Wait-free.
  ///@{
  [[nodiscard]] static std::uint64_t clock() noexcept { return trace::clock(); }
  template <class StructureEvent>  // the trie's, whose names are known here
  static void noted(StructureEvent event, std::uint64_t began, std::size_t slots) noexcept {
    trace::structure_changed(trace::structure_of(event), began, slots);
  }
  ///@}

  /// Where a test's scheduler would take over; here nothing.
  static void yield_point() noexcept {}
};

/// The same for a canonical set (what trie::WeakPolicy asks for): its entries hold weak cells of a registry,
/// which must keep tokens and outlive the set. Copies are of the same registry.
class WeakTriePolicy : public TriePolicy {
 public:
  /// WeakPolicy::WeakCell.
  using WeakCell = gc::WeakCell;

  /// Of cells that `registry` watches.
  explicit WeakTriePolicy(WeakRegistry& registry) noexcept : registry_(&registry) {}

  /// What the registry does by this name.
  ///@{
  void watch(WeakCell& cell, void* target) { registry_->watch(cell, target); }
  [[nodiscard]] std::size_t take_dead(std::span<std::uint64_t> hashes) noexcept {
    return registry_->take_dead(hashes);
  }
  [[nodiscard]] std::size_t waiting() const noexcept { return registry_->waiting(); }
  [[nodiscard]] std::uint64_t cleared() const noexcept { return registry_->cleared(); }
  ///@}

 private:
  WeakRegistry* registry_;
};

}  // namespace interlox::gc
