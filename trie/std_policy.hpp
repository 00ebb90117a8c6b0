// SPDX-License-Identifier: BSD-3-Clause
// The policy for programs without a collector: an arena that lives as long as its map.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <new>
#include <utility>

#include "trie/policy.hpp"

namespace interlox::trie {

/// Standard atomics, and an arena that gives nothing back before the map dies.
///
/// A map that is changed for ever grows for ever under this policy: it is for ThreadSanitizer, for
/// tests, and for maps that mostly grow. Nodes are never reused, so there is no ABA.
///
/// Invariants
///
///   I1  current_ is null or a chunk on the list that starts at chunks_.
///   I2  Bytes below a chunk's `used` belong to the callers that got them; `used` only grows.
///   I3  chunks_ and the choice of a new current_ are guarded by growth_.
class StdPolicy {
 public:
  /// Policy::atomic: the standard's.
  template <class T>
  using atomic = std::atomic<T>;

  StdPolicy() = default;
  StdPolicy(const StdPolicy&) = delete;
  StdPolicy& operator=(const StdPolicy&) = delete;
  StdPolicy& operator=(StdPolicy&&) = delete;

  /// Takes over the memory of `other`, which no other thread may be using.
  StdPolicy(StdPolicy&& other) noexcept
      : current_(other.current_.exchange(nullptr, std::memory_order_relaxed)),  // relaxed: one thread here
        chunks_(std::exchange(other.chunks_, nullptr)) {}

  /// Frees every node that was ever allocated here.
  ~StdPolicy() {
    while (chunks_ != nullptr) {
      Chunk* const chunk = std::exchange(chunks_, chunks_->next);
      chunk->~Chunk();
      ::operator delete (chunk, std::align_val_t{kNodeAlignment});
    }
  }

  /// Policy::allocate. Throws std::bad_alloc. Thread-safe; lock-free until a chunk is full.
  [[nodiscard]] void* allocate(std::size_t bytes, bool /*may_hold_pointers*/) {
    if (bytes > kLargeBytes) return allocate_large(bytes);
    const std::size_t need = (bytes + kNodeAlignment - 1) / kNodeAlignment * kNodeAlignment;
    for (;;) {
      Chunk* const chunk = current_.load(std::memory_order_acquire);  // (1) pairs with (3)
      if (chunk != nullptr) {
        // (2) relaxed: the bytes are private to the thread that reserved them (I2).
        const std::size_t offset = chunk->used.fetch_add(need, std::memory_order_relaxed);
        if (offset + need <= chunk->capacity) return chunk->bytes() + offset;
      }
      grow(chunk);
    }
  }

  /// Policy::retired: nothing to do, the arena keeps the node until the map dies.
  void retired(void* /*node*/, std::size_t /*bytes*/) noexcept {}

  /// Policy::yield_point: nothing.
  static void yield_point() noexcept {}

 private:
  struct alignas(kNodeAlignment) Chunk {
    Chunk(Chunk* following, std::size_t size) : next(following), capacity(size) {}

    std::byte* bytes() noexcept { return reinterpret_cast<std::byte*>(this + 1); }

    Chunk* const next;
    const std::size_t capacity;
    std::atomic<std::size_t> used{0};
  };

  static constexpr std::size_t kFirstBytes = 1024;      // a small map stays small
  static constexpr std::size_t kMostBytes = 1 << 20;    // a large one makes few chunks
  static constexpr std::size_t kLargeBytes = 16 << 10;  // above this a node gets a chunk of its own

  // Needs growth_ (I3).
  Chunk* make_chunk(std::size_t capacity) {
    void* const memory = ::operator new (sizeof(Chunk) + capacity, std::align_val_t{kNodeAlignment});
    chunks_ = ::new (memory) Chunk(chunks_, capacity);
    return chunks_;
  }

  void* allocate_large(std::size_t bytes) {
    const std::lock_guard guard(growth_);
    Chunk* const chunk = make_chunk(bytes);
    chunk->used.store(bytes, std::memory_order_relaxed);  // relaxed: never becomes current_
    return chunk->bytes();
  }

  // Replaces `full` as the current chunk unless another thread already has.
  void grow(const Chunk* full) {
    const std::lock_guard guard(growth_);
    if (current_.load(std::memory_order_relaxed) != full) return;  // relaxed: growth_ orders it (I3)
    std::size_t capacity = full == nullptr ? kFirstBytes : full->capacity * 2;
    if (capacity > kMostBytes) capacity = kMostBytes;
    current_.store(make_chunk(capacity), std::memory_order_release);  // (3) pairs with (1)
  }

  std::atomic<Chunk*> current_{nullptr};
  Chunk* chunks_ = nullptr;
  std::mutex growth_;
};

static_assert(Policy<StdPolicy>);

}  // namespace interlox::trie
