// SPDX-License-Identifier: BSD-3-Clause
#include "vm/list.hpp"

#include <algorithm>
#include <mutex>
#include <new>
#include <string>

#include "gc/heap.hpp"

namespace interlox::vm {

List::Elements* List::Elements::make(std::size_t capacity) {
  if (capacity == 0) return none();
  if (capacity > kMaxLength) throw ListTooLong();
  // With the header and the byte more that gc::allocate asks for, an even number fills its block best.
  const std::size_t cells = (capacity + 1) & ~std::size_t{1};
  static_assert(sizeof(Elements) == 2 * sizeof(Cell));
  void* const memory = gc::allocate((1 + cells) * sizeof(Cell) + 1);
  return ::new (memory) Elements{static_cast<std::uint32_t>(cells), {}};  // absent cells, as allocated
}

List::Elements* List::Elements::none() noexcept {
  static constinit Elements empty{0, {}};
  return &empty;
}

List* List::make(std::size_t capacity) {
  Elements* const elements = Elements::make(capacity);
  return ::new (gc::allocate(sizeof(List))) List(elements);
}

List* List::make(const Value* values, std::size_t count) {
  List* const list = make(count);
  list->append(values, count);
  return list;
}

List* List::filled(std::size_t count, Value fill) {
  List* const list = make(count);
  Elements* const e = list->elements_.load(std::memory_order_relaxed);  // relaxed: nobody else has the list
  for (std::size_t i = 0; i < count; ++i) e->cells[i].store(fill);
  list->set_length(static_cast<std::uint32_t>(count));
  return list;
}

List* List::concatenate(const List& a, const List& b) {
  List* const list = make(std::size_t{a.length()} + b.length());
  Elements* const e = list->elements_.load(std::memory_order_relaxed);  // relaxed: nobody else has the list
  std::uint32_t count = 0;
  for (const List* const part : {&a, &b}) {
    const std::uint32_t length = part->length();  // which may have grown since
    for (std::uint32_t i = 0; i < length && count < e->capacity; ++i) {
      const Value v = part->get(i);
      if (!v.is_absent()) e->cells[count++].store(v);
    }
  }
  list->set_length(count);
  return list;
}

void List::set_length(std::uint32_t length) noexcept {
  length_.store(length, std::memory_order_release);  // (2) pairs with (1)
}

/// Called with the lock held: moves `count` elements to `larger`, which then is the list's array.
void List::publish(Elements* larger, std::uint32_t count) noexcept {
  lock_.assert_held();
  const Elements* const old = elements_.load(std::memory_order_relaxed);  // relaxed: the lock is ours
  for (std::uint32_t i = 0; i < count; ++i) larger->cells[i].store(old->cells[i].load());
  elements_.store(larger, std::memory_order_release);  // (4) pairs with (3): the cells first
}

/// Calls change(elements, length) under the lock, where there is room for `extra` more elements, and
/// answers what it answers. What room is missing is allocated without the lock, and used if it is
/// still large enough when the lock has been taken again.
template <class Change>
bool List::change_with_room(std::size_t extra, Change change) {
  Elements* spare = Elements::none();
  for (;;) {
    std::size_t wanted = 0;
    {
      const std::lock_guard guard(lock_);
      const std::uint32_t count = length_.load(std::memory_order_relaxed);  // relaxed: the lock is ours
      wanted = count + extra;
      if (wanted > kMaxLength) throw ListTooLong();
      Elements* elements = elements_.load(std::memory_order_relaxed);  // likewise
      if (wanted > elements->capacity && wanted <= spare->capacity) {
        publish(spare, count);
        elements = spare;
      }
      if (wanted <= elements->capacity) return change(elements, count);
      wanted = std::min<std::size_t>(std::max({wanted, 2 * std::size_t{count}, std::size_t{4}}), kMaxLength);
    }
    spare = Elements::make(wanted);
  }
}

void List::add(Value v) {
  change_with_room(1, [&](Elements* e, std::uint32_t count) {
    e->cells[count].store(v);
    set_length(count + 1);
    return true;
  });
}

void List::append(const Value* values, std::size_t count) {
  change_with_room(count, [&](Elements* e, std::uint32_t old) {
    for (std::size_t i = 0; i < count; ++i) e->cells[old + i].store(values[i]);
    set_length(old + static_cast<std::uint32_t>(count));
    return true;
  });
}

bool List::insert(std::size_t index, Value v) {
  return change_with_room(1, [&](Elements* e, std::uint32_t count) {
    if (index > count) return false;
    for (std::size_t i = count; i > index; --i) e->cells[i].store(e->cells[i - 1].load());
    e->cells[index].store(v);
    set_length(count + 1);
    return true;
  });
}

/// Called with the lock held, for an index below the length.
Value List::remove_locked(Elements* e, std::uint32_t index) noexcept {
  lock_.assert_held();
  const std::uint32_t last = length_.load(std::memory_order_relaxed) - 1;  // relaxed: the lock is ours
  const Value removed = e->cells[index].load();
  for (std::uint32_t i = index; i < last; ++i) e->cells[i].store(e->cells[i + 1].load());
  set_length(last);
  e->cells[last].store(Value::absent());  // so that it keeps nothing alive
  return removed;
}

Value List::remove_at(std::size_t index) noexcept {
  const std::lock_guard guard(lock_);
  if (index >= length_.load(std::memory_order_relaxed)) return Value::absent();  // relaxed: the lock is ours
  return remove_locked(elements_.load(std::memory_order_relaxed), static_cast<std::uint32_t>(index));
}

bool List::remove(Value v) noexcept {
  const std::lock_guard guard(lock_);
  Elements* const e = elements_.load(std::memory_order_relaxed);        // relaxed: the lock is ours
  const std::uint32_t count = length_.load(std::memory_order_relaxed);  // likewise
  for (std::uint32_t i = 0; i < count; ++i) {
    if (!equal(e->cells[i].load(), v)) continue;
    remove_locked(e, i);
    return true;
  }
  return false;
}

Value List::pop() noexcept {
  const std::lock_guard guard(lock_);
  const std::uint32_t count = length_.load(std::memory_order_relaxed);  // relaxed: the lock is ours
  return count == 0 ? Value::absent() : remove_locked(elements_.load(std::memory_order_relaxed), count - 1);
}

void List::clear() noexcept {
  const std::lock_guard guard(lock_);
  set_length(0);
  elements_.store(Elements::none(), std::memory_order_release);  // as (4)
}

void List::reverse() noexcept {
  const std::lock_guard guard(lock_);
  Elements* const e = elements_.load(std::memory_order_relaxed);        // relaxed: the lock is ours
  const std::uint32_t count = length_.load(std::memory_order_relaxed);  // likewise
  for (std::uint32_t low = 0, high = count; low + 1 < high; ++low) {
    --high;
    const Value v = e->cells[low].load();
    e->cells[low].store(e->cells[high].load());
    e->cells[high].store(v);
  }
}

void List::assign(const Value* values, std::size_t count) {
  Elements* const fresh = Elements::make(count);
  for (std::size_t i = 0; i < count; ++i) fresh->cells[i].store(values[i]);
  const std::lock_guard guard(lock_);
  // While both change, a reader may see either length; each array guards itself (I1).
  elements_.store(fresh, std::memory_order_release);  // as (4)
  set_length(static_cast<std::uint32_t>(count));
}

std::optional<std::uint32_t> List::index_of(Value v) const noexcept {
  const std::uint32_t count = length();
  for (std::uint32_t i = 0; i < count; ++i) {
    const Value element = get(i);
    if (!element.is_absent() && equal(element, v)) return i;
  }
  return std::nullopt;
}

List* List::slice(std::size_t from, std::size_t to) const {
  Elements* copies = Elements::none();
  for (;;) {
    std::size_t count = 0;
    {
      const std::lock_guard guard(lock_);
      const std::size_t end = std::min<std::size_t>(to, length_.load(std::memory_order_relaxed));
      count = from < end ? end - from : 0;
      if (count <= copies->capacity) {
        const Elements* const e = elements_.load(std::memory_order_relaxed);  // relaxed: the lock is ours
        for (std::size_t i = 0; i < count; ++i) copies->cells[i].store(e->cells[from + i].load());
      }
    }
    if (count <= copies->capacity) {
      List* const list = ::new (gc::allocate(sizeof(List))) List(copies);
      list->set_length(static_cast<std::uint32_t>(count));
      return list;
    }
    copies = Elements::make(count);
  }
}

std::optional<std::string> List::check() const {
  const std::lock_guard guard(lock_);
  const Elements& elements = *elements_.load(std::memory_order_acquire);
  const std::uint32_t length = this->length();
  if (length > elements.capacity) {
    return "I2: the length is " + std::to_string(length) + ", but there is room for " +
           std::to_string(elements.capacity) + " elements";
  }
  for (std::uint32_t i = 0; i < length; ++i) {
    if (elements.cells[i].load().is_absent()) return "I2: element " + std::to_string(i) + " is absent";
  }
  return std::nullopt;
}

}  // namespace interlox::vm
