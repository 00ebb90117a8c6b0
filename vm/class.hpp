// SPDX-License-Identifier: BSD-3-Clause
// Classes: their field layout and their methods, read without a lock while they grow.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

#include "trie/byte_lock.hpp"
#include "vm/function.hpp"
#include "vm/shape.hpp"

namespace interlox::vm {

struct Class;

/// A method of one class. Call sites keep a pointer to it: "an instance of `klass` is sent
/// `name`: run `fast`".
///
/// Invariants
///   I1  klass and name never change. So a cached record is right for ever for the class that
///       it names, whatever else happens.
///   I2  `fast` is `method`, or null: for a getter, and while the layout of the class has a field of that
///       name (which an instance may have, and which then comes first). Both are written under the
///       class's lock.
struct MethodRecord {
  Class* klass;
  const Symbol* name;
  std::atomic<Closure*> method;
  std::atomic<Closure*> fast;
};

/// A class of the program.
///
/// Invariants
///   I1  `fields` gives each field name of the instances its slot: 0, 1, 2, ... in the order
///       of first use. Slots are only added. `methods` gives each name its MethodRecord,
///       inherited ones included, and `class_methods` likewise those that are called on the class
///       itself; records are only added.
///   I2  `allocation` is 0 (no instance was made yet) or {capacity, shape} of the next
///       instance; each shape was taken for this class and that capacity alone.
///   I3  Everything is changed under `lock`, and may be read without it.
struct Class : Object {
  const Symbol* name;
  std::atomic<std::uint64_t> allocation;  // capacity << 32 | shape
  std::atomic<Closure*> initializer;      // the method init, or null
  std::atomic<NameTable*> fields;
  std::atomic<NameTable*> methods;
  std::atomic<NameTable*> class_methods;
  std::atomic<Class*> superclass;
  std::uint32_t field_count;  // the lock holder's
  trie::ByteLock lock;

  /// The most cells an instance has inside itself: as many as fit a small block of the heap.
  static constexpr std::uint32_t kMaxCapacity = 254;

  /// A class named and with the fields predeclared as `plan` says, without methods. Throws
  /// gc::OutOfMemory.
  static Class* make(const ClassTemplate* plan);

  /// Makes this class, which has no methods of its own yet, a subclass of `super`: copies
  /// what it has. Locks both, one after the other; throws gc::OutOfMemory.
  void inherit(Class* super);

  /// Adds or replaces the method `name`. Locks the class; throws gc::OutOfMemory.
  void add_method(const Symbol* name, Closure* method);

  /// The same for a method that is called on the class itself.
  void add_class_method(const Symbol* name, Closure* method);

  /// The record of the method `name`, or null. Lock-free.
  const MethodRecord* find_method(const Symbol* method_name) const noexcept {
    return find_record(methods, method_name);
  }
  /// The record of a method of the class itself, or null. Lock-free.
  const MethodRecord* find_class_method(const Symbol* method_name) const noexcept {
    return find_record(class_methods, method_name);
  }

  /// Whether this is `other` or inherits from it. Lock-free.
  bool is_subclass_of(const Class* other) const noexcept {
    const Class* klass = this;
    while (klass != nullptr && klass != other) klass = klass->superclass.load(std::memory_order_acquire);
    return klass != nullptr;
  }

  /// The slot of the field `name`, if the layout has it. Lock-free.
  std::optional<std::uint32_t> find_field(const Symbol* field_name) const noexcept {
    const NameTable* const table = fields.load(std::memory_order_acquire);  // pairs with NameTable::insert
    const std::uint64_t* const word = table == nullptr ? nullptr : table->find(field_name);
    if (word == nullptr) return std::nullopt;
    return static_cast<std::uint32_t>(*word);
  }

  /// The slot of the field `name`, which is added if need be. Lock-free when it is there, else
  /// locks the class; throws gc::OutOfMemory and ShapesExhausted.
  std::uint32_t field(const Symbol* field_name);

  /// `allocation`, decided now if it was not. Locks the class; throws ShapesExhausted.
  std::uint64_t ensure_allocation();

 private:
  explicit Class(const Symbol* class_name) noexcept
      : Object(ObjectKind::klass),
        name(class_name),
        allocation(0),
        initializer(nullptr),
        fields(nullptr),
        methods(nullptr),
        class_methods(nullptr),
        superclass(nullptr),
        field_count(0) {}

  static const MethodRecord* find_record(const std::atomic<NameTable*>& published,
                                         const Symbol* method_name) noexcept {
    const NameTable* const table = published.load(std::memory_order_acquire);  // pairs with NameTable::insert
    const std::uint64_t* const word = table == nullptr ? nullptr : table->find(method_name);
    return word == nullptr ? nullptr
                           : reinterpret_cast<const MethodRecord*>(static_cast<std::uintptr_t>(*word));
  }
  void add_field_locked(const Symbol* field_name);
  void add_method_locked(const Symbol* method_name, Closure* method);
  void put_locked(std::atomic<NameTable*>& table, const Symbol* method_name, Closure* method, Closure* fast);
  static void for_each_method(const NameTable* table,
                              const std::function<void(const Symbol*, Closure*)>& visit);
};

/// The name of initialisers, `init`. The first call interns it and may throw gc::OutOfMemory.
const Symbol* init_symbol();

}  // namespace interlox::vm
