// SPDX-License-Identifier: BSD-3-Clause
#include "vm/class.hpp"

#include <algorithm>
#include <mutex>
#include <new>
#include <utility>

#include "gc/heap.hpp"
#include "gc/root.hpp"
#include "vm/symbol_table.hpp"

namespace interlox::vm {
namespace {

/// The word of Class::allocation for instances with room for `fields`: two at least, since most
/// classes whose fields the compiler did not see get some; some more where there are many; and
/// an even number, since blocks are multiples of two words.
std::uint64_t choose_allocation(std::uint32_t fields) {
  const std::uint32_t wanted = std::max(2u, fields > 8 ? fields + fields / 4 : fields);
  const std::uint32_t capacity = std::min(Class::kMaxCapacity, (wanted + 1) & ~1u);
  return std::uint64_t{capacity} << 32 | next_shape();
}

}  // namespace

const Symbol* init_symbol() {
  static const gc::Root<const Symbol> root(intern("init"));
  return root.get();
}

Class* Class::make(const ClassTemplate* plan) {
  auto* const klass = ::new (gc::allocate(sizeof(Class))) Class(plan->name);
  // Not published yet: no lock. The tables are made in their final size, unless more is inherited.
  if (plan->field_count != 0) {
    klass->fields.store(NameTable::make(plan->field_count), std::memory_order_relaxed);
    for (std::uint32_t i = 0; i < plan->field_count; ++i) klass->add_field_locked(plan->fields[i]);
  }
  if (plan->method_count != 0) {
    klass->methods.store(NameTable::make(plan->method_count), std::memory_order_relaxed);
  }
  return klass;
}

void Class::inherit(Class* super) {
  if (super == this) return;  // the compiler refuses what could ask for it
  const NameTable* const super_methods = super->methods.load(std::memory_order_acquire);
  const NameTable* const super_class_methods = super->class_methods.load(std::memory_order_acquire);
  const NameTable* const super_fields = super->fields.load(std::memory_order_acquire);
  const std::lock_guard guard(lock);
  superclass.store(super, std::memory_order_release);  // as a cell's store: whoever reads it sees the class
  // What is added to the superclass meanwhile, by another thread, may be missed: a race in the program.
  if (super_fields != nullptr) {
    super_fields->for_each([&](const Symbol* n, std::uint64_t) {
      if (!find_field(n)) add_field_locked(n);
    });
  }
  for_each_method(super_methods, [this](const Symbol* n, Closure* method) { add_method_locked(n, method); });
  for_each_method(super_class_methods, [this](const Symbol* n, Closure* method) {
    put_locked(class_methods, n, method, nullptr);
  });
}

void Class::for_each_method(const NameTable* table,
                            const std::function<void(const Symbol*, Closure*)>& visit) {
  if (table == nullptr) return;
  table->for_each([&](const Symbol* n, std::uint64_t word) {
    const auto* const record = reinterpret_cast<const MethodRecord*>(static_cast<std::uintptr_t>(word));
    visit(n, record->method.load(std::memory_order_acquire));  // (1) pairs with (2)
  });
}

void Class::add_method(const Symbol* method_name, Closure* method) {
  const std::lock_guard guard(lock);
  add_method_locked(method_name, method);
}

void Class::add_class_method(const Symbol* method_name, Closure* method) {
  const std::lock_guard guard(lock);
  put_locked(class_methods, method_name, method, nullptr);
}

void Class::add_method_locked(const Symbol* method_name, Closure* method) {
  const bool is_fast = !method->is_getter() && !find_field(method_name);
  put_locked(methods, method_name, method, is_fast ? method : nullptr);
  if (method_name == init_symbol()) {
    initializer.store(method, std::memory_order_release);  // (4) as (2); pairs with the call's load
  }
}

void Class::put_locked(std::atomic<NameTable*>& table, const Symbol* method_name, Closure* method,
                       Closure* fast) {
  lock.assert_held();
  if (const MethodRecord* const found = find_record(table, method_name)) {
    auto* const record = const_cast<MethodRecord*>(found);  // the lock is ours
    record->method.store(method,
                         std::memory_order_release);      // (2) release: the closure first; pairs with (1)
    record->fast.store(fast, std::memory_order_release);  // (3) likewise; pairs with the invoke cache's load
  } else {
    auto* const record =
        ::new (gc::allocate(sizeof(MethodRecord))) MethodRecord{this, method_name, method, fast};
    NameTable::insert(table, method_name, reinterpret_cast<std::uintptr_t>(record));
  }
}

void Class::add_field_locked(const Symbol* field_name) {
  // The method first: whoever finds the field set may no longer call the method.
  if (const MethodRecord* const found = find_method(field_name)) {
    const_cast<MethodRecord*>(found)->fast.store(nullptr, std::memory_order_release);
  }
  NameTable::insert(fields, field_name, field_count);
  ++field_count;
}

std::uint32_t Class::field(const Symbol* field_name) {
  if (const auto slot = find_field(field_name)) return *slot;
  const std::lock_guard guard(lock);
  if (const auto slot = find_field(field_name)) return *slot;            // another thread was faster
  const std::uint64_t now = allocation.load(std::memory_order_relaxed);  // relaxed: the lock is ours
  const auto cells = static_cast<std::uint32_t>(now >> 32);
  std::uint64_t next = now;
  if (now != 0 && field_count >= cells && cells < kMaxCapacity) next = choose_allocation(field_count + 1);
  add_field_locked(field_name);
  // relaxed: readers use the numbers alone, and any pair that ever was one is right for ever (I2)
  allocation.store(next, std::memory_order_relaxed);
  return field_count - 1;
}

std::uint64_t Class::ensure_allocation() {
  const std::lock_guard guard(lock);
  std::uint64_t word = allocation.load(std::memory_order_relaxed);  // relaxed: the lock is ours
  if (word == 0) {
    word = choose_allocation(field_count);
    allocation.store(word, std::memory_order_relaxed);  // relaxed: as in field()
  }
  return word;
}

}  // namespace interlox::vm
