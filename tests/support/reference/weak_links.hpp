// SPDX-License-Identifier: BSD-3-Clause
// Weak references on the collector's own disappearing links: the form that gc::WeakCell is compared with and
// measured against. Has the interface of gc/weak.hpp.
//
// bdwgc clears the links of dead objects after the world has restarted, while it still holds the heap's lock.
// So a read that took no lock could find an address just before its object is handed out again: each read
// takes the lock.
#pragma once

#include <cstdint>

namespace interlox::gc::reference {

/// A weak reference: a word of a block that is not scanned (allocate_pointer_free()). Does not move.
class WeakLink {
 public:
  WeakLink() noexcept = default;
  WeakLink(const WeakLink&) = delete;
  WeakLink& operator=(const WeakLink&) = delete;

  /// Makes it, which never had a target, refer to `target`, the first byte of a block. Throws std::bad_alloc
  /// when there is no memory for the collector's record of it. Any registered thread; locks the heap.
  void watch(void* target);

  /// The target, or null once a collection has found it dead. Any registered thread; locks the heap.
  [[nodiscard]] void* get() const noexcept;
  template <class T>
  [[nodiscard]] T* get_as() const noexcept {
    return static_cast<T*>(get());
  }

 private:
  void* target_ = nullptr;  // under the heap's lock, but for the first store, before it is a link
};

/// A block with a link, laid out as gc::WeakBlock is with its cell.
struct WeakLinkBlock {
  explicit WeakLinkBlock(std::uint64_t owner_token) noexcept : token(owner_token) {}
  const std::uint64_t token;
  WeakLink link;
};

static_assert(sizeof(WeakLinkBlock) == 16);

}  // namespace interlox::gc::reference
