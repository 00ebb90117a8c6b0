// SPDX-License-Identifier: BSD-3-Clause
// Lists: growing arrays of cells, which threads may race on without harm to the VM.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>

#include "trie/byte_lock.hpp"
#include "vm/object.hpp"

namespace interlox::vm {

/// A list was to get more elements than it can have. The list is as it was.
class ListTooLong : public std::exception {
 public:
  const char* what() const noexcept override { return "List too long."; }
};

/// A list of values.
///
/// Invariants
///   I1  An array's capacity never changes, and stands in the array itself: whoever has read the
///       reference to an array stays inside it, whatever happens to the list.
///   I2  Arrays and the length are changed by the holder of `lock_` only. For the holder the
///       cells below the length are never absent, and length <= capacity.
///   I3  An array is published, and a cell filled, before the length that covers it. So whoever
///       reads the length first finds every cell below it, but for what is removed meanwhile.
///   I4  Anybody may overwrite a cell at any time with set(), which never stores the absent value;
///       in a cell that no longer belongs to the list, that changes nothing.
///
/// Progress: length(), get() and set() are wait-free; all else locks the list. No user code runs
/// and no memory is asked for under the lock. What throws leaves the list as it was.
/// Linearization: get() and set() at their access of the cell; the others inside the lock.
/// Threads that race on structure see elements in places where some thread had put them, or find
/// them absent; a set() that races with a removal or with growth may be lost.
struct List : Object {
  /// The most elements of a list.
  static constexpr std::uint32_t kMaxLength = 1u << 28;

  /// A list with room for `capacity` elements. Throws gc::OutOfMemory and ListTooLong.
  static List* make(std::size_t capacity = 0);
  /// A list of copies of `count` values. Likewise.
  static List* make(const Value* values, std::size_t count);
  /// A list that has `fill` `count` times. Likewise.
  static List* filled(std::size_t count, Value fill);
  /// A list that holds a's elements, then b's. Likewise.
  static List* concatenate(const List& a, const List& b);

  std::uint32_t length() const noexcept {
    return length_.load(std::memory_order_acquire);
  }  // (1) pairs with (2)

  /// The element, or absent: there is none at `index`.
  Value get(std::size_t index) const noexcept {
    const Cell* const cell = find(index);
    return cell == nullptr ? Value::absent() : cell->load();
  }
  /// Replaces the element; false if there is none at `index`.
  bool set(std::size_t index, Value v) noexcept {
    Cell* const cell = find(index);
    if (cell == nullptr) return false;
    cell->store(v);
    return true;
  }

  /// Puts `v` behind the last element. Throws gc::OutOfMemory and ListTooLong.
  void add(Value v);
  /// Puts copies of `count` values there; they must not be inside this list. Throws likewise.
  void append(const Value* values, std::size_t count);
  /// Puts `v` before the element at `index`, or last if that is the length; false if it is more.
  /// Throws likewise.
  bool insert(std::size_t index, Value v);
  /// Takes an element out; absent if there is none at `index`.
  Value remove_at(std::size_t index) noexcept;
  /// Takes the first element out that is equal to `v`; false if there is none.
  bool remove(Value v) noexcept;
  /// Takes the last element out; absent if the list is empty.
  Value pop() noexcept;
  /// Takes all elements out.
  void clear() noexcept;
  /// Turns the order of the elements around.
  void reverse() noexcept;
  /// Replaces all elements by copies of `count` values. Throws gc::OutOfMemory and ListTooLong.
  void assign(const Value* values, std::size_t count);

  /// The position of the first element equal to `v`. Lock-free.
  std::optional<std::uint32_t> index_of(Value v) const noexcept;
  /// A list of the elements from position `from` up to but not including `to`, as far as there
  /// are such. Throws gc::OutOfMemory.
  List* slice(std::size_t from, std::size_t to) const;
  List* copy() const { return slice(0, kMaxLength); }

  /// What is broken, as a sentence that begins with the number of an invariant; nothing if all is well. Looks
  /// at the whole list under its lock.
  std::optional<std::string> check() const;

 private:
  /// The cells, behind a header of one word.
  struct Elements {
    std::uint32_t capacity;
    Cell cells[1];  // capacity of them

    static Elements* make(std::size_t capacity);
    /// An array without cells, for all empty lists: never written, so it need not be collected.
    static Elements* none() noexcept;
  };

  explicit List(Elements* elements) noexcept : Object(ObjectKind::list), length_(0), elements_(elements) {}

  const Cell* find(std::size_t index) const noexcept {
    if (index >= length()) return nullptr;                                           // the length first: I3
    const Elements* const e = elements_.load(std::memory_order_acquire);             // (3) pairs with (4)
    if (index >= e->capacity || e->cells[index].load().is_absent()) return nullptr;  // I1; a race
    return &e->cells[index];
  }
  Cell* find(std::size_t index) noexcept {
    return const_cast<Cell*>(static_cast<const List*>(this)->find(index));
  }

  friend class HeapWalk;

  template <class Change>
  bool change_with_room(std::size_t extra, Change change);
  void publish(Elements* larger, std::uint32_t count) noexcept;
  void set_length(std::uint32_t length) noexcept;
  Value remove_locked(Elements* elements, std::uint32_t index) noexcept;

  std::atomic<std::uint32_t> length_;
  mutable trie::ByteLock lock_;
  std::atomic<Elements*> elements_;
};

static_assert(sizeof(List) == 24);

}  // namespace interlox::vm
