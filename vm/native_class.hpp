// SPDX-License-Identifier: BSD-3-Clause
// Builtin classes: what a program reads and calls on values that are no instances, such as lists.
//
// A builtin class is data: a constexpr NativeClassPlan that names its members and the C++ functions
// behind them. stdlib/ has a file for each.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "vm/function.hpp"
#include "vm/native_arguments.hpp"
#include "vm/native_member.hpp"
#include "vm/object.hpp"
#include "vm/shape.hpp"

namespace interlox::vm {

/// What a builtin class is made from. It and what it refers to live as long as the process.
struct NativeClassPlan {
  std::string_view name;
  ObjectKind kind;           // of the values that are the class's
  Arity arity;               // of the constructor
  NativeMethod constructor;  // its receiver is the class; null: the class can't be called
  std::span<const NativeMember> members;
};

/// A member as a builtin class has it, with the kind of values that it is a member of: what an inline cache
/// holds. Never changes.
struct NativeRecord {
  ObjectKind kind;
  NativeMember member;
};

/// A builtin class as a value of programs. There is one for each kind of value and process: all VMs
/// share it. Never changes; any thread reads it.
struct NativeClass : Object {
  const NativeClassPlan* plan;
  const NativeRecord* records;  // one for each member of the plan
  const NameTable* members;     // the words are the records' numbers

  /// The class of `plan`, made by the first call. Any thread, lock-free; throws gc::OutOfMemory.
  static const NativeClass* of(const NativeClassPlan& plan);

  /// The member's record, which lives as long as the process; or null. Wait-free.
  const NativeRecord* find_record(const Symbol* name) const noexcept {
    const std::uint64_t* const number = members->find(name);
    return number == nullptr ? nullptr : &records[*number];
  }
  /// The member, or null. Likewise.
  const NativeMember* find(const Symbol* name) const noexcept {
    const NativeRecord* const record = find_record(name);
    return record == nullptr ? nullptr : &record->member;
  }

 private:
  NativeClass(const NativeClassPlan* p, const NativeRecord* r, const NameTable* m) noexcept
      : Object(ObjectKind::native_class), plan(p), records(r), members(m) {}
};

/// The builtin class of values such as `v`; null if there is none, as for instances. Wait-free.
const NativeClass* class_of(Value v) noexcept;

/// Whether there is a builtin class at that address. Wait-free.
bool is_builtin_class(const void* address) noexcept;

/// A method of a builtin class read as a value: it remembers its receiver.
struct BoundNative : Object {
  Value receiver;
  const NativeMember* method;

  /// Throws gc::OutOfMemory.
  static BoundNative* make(Value receiver, const NativeMember* method);

 private:
  BoundNative(Value r, const NativeMember* m) noexcept
      : Object(ObjectKind::bound_native), receiver(r), method(m) {}
};

/// Whether a call of `v` can be more than an error: functions, methods, classes.
bool is_callable(Value v) noexcept;

}  // namespace interlox::vm
