// SPDX-License-Identifier: BSD-3-Clause
// Roots for owners that the collector does not scan: objects in malloc's memory, statics of other
// libraries, mapped value stacks.
#pragma once

#include <atomic>
#include <cstddef>
#include <limits>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "gc/heap.hpp"

namespace interlox::gc {

/// One pointer to a collected object, held by an owner that need not be in scanned memory. The pointer
/// lives in a cell of uncollectable memory; it must be to the first byte of the block (or null).
/// Movable: a moved-from root may only be destroyed or assigned to. Not for concurrent use.
template <class T>
class Root {
 public:
  /// Throws OutOfMemory. The calling thread must be registered.
  explicit Root(T* target = nullptr) : cell_(static_cast<T**>(allocate_uncollectable(sizeof(T*)))) {
    *cell_ = target;
  }
  /// Takes over the cell of `other`. Wait-free.
  Root(Root&& other) noexcept : cell_(std::exchange(other.cell_, nullptr)) {}
  /// Swaps the cells. Wait-free.
  Root& operator=(Root&& other) noexcept {
    std::swap(cell_, other.cell_);
    return *this;
  }
  ~Root() { free_uncollectable(cell_); }

  /// The pointer, which may be null. Wait-free, as are the others.
  [[nodiscard]] T* get() const noexcept { return *cell_; }
  /// Holds `target` from now on, or nothing: null.
  void set(T* target) noexcept { *cell_ = target; }
  /// What the pointer, which is not null, points to.
  ///@{
  [[nodiscard]] T* operator->() const noexcept { return *cell_; }
  [[nodiscard]] std::add_lvalue_reference_t<T> operator*() const noexcept requires(!std::is_void_v<T>) {
    return **cell_;
  }
  ///@}
  /// Whether the pointer is not null.
  [[nodiscard]] explicit operator bool() const noexcept { return *cell_ != nullptr; }

 private:
  T** cell_;
};

/// A standard allocator whose memory is scanned and lives until it is given back. For containers outside
/// the heap that hold collected pointers.
template <class T>
class RootAllocator {
 public:
  using value_type = T;  ///< as the standard's requirements have it
  static_assert(alignof(T) <= detail::kGranule, "the heap aligns to 16 bytes only");

  RootAllocator() noexcept = default;
  /// All of them are alike. Implicit, as the standard's requirements have it.
  template <class U>
  RootAllocator(const RootAllocator<U>&) noexcept {}

  /// Memory for `count` objects, zeroed. Throws OutOfMemory; the calling thread must be registered.
  [[nodiscard]] T* allocate(std::size_t count) {
    if (count > std::numeric_limits<std::size_t>::max() / sizeof(T)) {
      throw OutOfMemory(std::numeric_limits<std::size_t>::max());
    }
    return static_cast<T*>(allocate_uncollectable(count * sizeof(T)));
  }
  /// Gives it back. Any thread; locks the heap.
  void deallocate(T* block, std::size_t) noexcept { free_uncollectable(block); }

  /// True: what one allocates, another may give back.
  template <class U>
  [[nodiscard]] friend bool operator==(const RootAllocator&, const RootAllocator<U>&) noexcept {
    return true;
  }
};

/// A vector whose elements the collector scans, wherever the vector itself lies. Elements between size()
/// and capacity() are scanned too: what was popped may be kept until it is overwritten.
template <class T>
using RootVector = std::vector<T, RootAllocator<T>>;

/// A range of words outside the heap, such as a mapped value stack, that is scanned from its base up to a
/// movable top at every collection. Interior pointers count there, as on a thread's stack. The owner moves
/// the top, or says where it is when it is asked.
///
/// Invariants
///
///   I1  The list of ranges is read and changed only by a holder of the heap's lock, and a collection runs
///       under that lock: it never meets a list half changed, and its callback takes no lock.
///   I2  base <= top <= end. Words at and above top are not read by the collector.
///   I3  A word below top is always held by the range, one above never. So the owner raises top first and
///       stores the slot then, and reads a slot first and lowers top then. (The other way round a collection
///       may come between, when the slot above top is all that refers to the object.) What lies under a
///       raised top from before is scanned too, and may keep garbage until it is overwritten.
class ScannedRange {
 public:
  /// Says where the top is now, for a range whose top follows from what its owner has anyway. Called with the
  /// world stopped, between any two instructions of the owner: takes no lock, allocates nothing.
  using FindTop = void* (*)(const void* owner) noexcept;

  /// Scans [base, base), to start with; the top may rise to `end`. Both are aligned to 8 bytes, and the
  /// memory outlives this object. Any thread, registered or not; locks the heap.
  ScannedRange(void* base, void* end) noexcept : ScannedRange(base, end, nullptr, nullptr) {}
  /// Likewise, with a top that is find_top(owner), which set_top() has no part in.
  ScannedRange(void* base, void* end, FindTop find_top, const void* owner) noexcept;
  ~ScannedRange();
  ScannedRange(const ScannedRange&) = delete;
  ScannedRange& operator=(const ScannedRange&) = delete;

  /// Moves the top to `top`, exclusive (I2, I3). By the owning thread alone. Wait-free: one store.
  void set_top(void* top) noexcept {
    // The collector stops this thread by a signal before it reads top, so what has to be kept in order
    // is the compiler: reads of slots stay before this store, stores to slots after it (I3).
    std::atomic_signal_fence(std::memory_order_seq_cst);
    top_.store(top, std::memory_order_relaxed);  // (1) the stop of the thread makes it visible to (2)
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }

  /// The top, for the owning thread, or while that stands still.
  [[nodiscard]] void* top() const noexcept {
    if (find_top_ != nullptr) return find_top_(owner_);
    return top_.load(std::memory_order_relaxed);  // (2) relaxed: its stop has made (1) visible
  }
  /// Where the range begins. Wait-free.
  [[nodiscard]] void* base() const noexcept { return base_; }
  /// Where the top may rise to. Wait-free.
  [[nodiscard]] void* end() const noexcept { return end_; }

 private:
  friend struct ScannedRanges;  // the list, in root.cpp

  void* base_;
  void* end_;
  std::atomic<void*> top_;
  FindTop find_top_;
  const void* owner_;
  ScannedRange* next_ = nullptr;
  ScannedRange* previous_ = nullptr;
};

}  // namespace interlox::gc
