// SPDX-License-Identifier: BSD-3-Clause
// Compiled code and the callable objects. Code is immutable once made: any number of
// threads run it at once; only its inline caches change, each by one atomic word.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "vm/object.hpp"
#include "vm/opcodes.hpp"
#include "vm/symbol.hpp"

namespace interlox::vm {

class Arguments;
struct MethodRecord;
struct Module;
struct NativeRecord;

/// A global variable of one module: every mention of its name is resolved to this cell when it
/// is compiled. The cell is absent until the variable is defined.
struct GlobalCell {
  Cell value;
  const Symbol* name;
  std::atomic<bool> declared;  // the module declares it, so others see it even if it has a builtin's value
};

/// The cell that a word among a function's references is.
[[gnu::always_inline]] inline GlobalCell* global_cell(Value reference) noexcept {
  return reinterpret_cast<GlobalCell*>(static_cast<std::uintptr_t>(reference.bits()));
}

/// The inline cache of one instruction, with the name that the instruction is about.
///
/// Invariants
///   I1  `field` is one word {shape, slot}, 32 bits each, or zero: "instances of this shape
///       have the field in their own cell of that number". True for ever once true (a
///       layout only grows and shape numbers are never used twice), so a relaxed load of
///       any value ever stored is right.
///   I2  `method` is null or a record whose contents never go wrong: it names the class it
///       holds for. Published by release, read by acquire.
///   I3  `native` is null or the record of a builtin class's method, which names the kind of values that it
///       holds for. Likewise.
struct Cache {
  std::atomic<std::uint64_t> field{0};
  std::atomic<const MethodRecord*> method{nullptr};
  std::atomic<const NativeRecord*> native{nullptr};
  const Symbol* name = nullptr;
};

/// Where a new closure finds one of the boxes that it captures.
struct Capture {
  std::uint32_t index;  // a register that holds a box, or an upvalue of the enclosing closure
  bool from_register;
};

/// Where an error that comes up between two instructions goes: the first that fits of a function's counts.
///
/// R[reg] gets the value that was thrown and, if that is wanted, R[reg+1] the trace, for the instruction
/// rethrow.
struct Handler {
  std::uint32_t begin;  // the instructions begin...end-1 are covered
  std::uint32_t end;
  std::uint32_t target;  // where the code goes on
  std::uint32_t reg;
  bool keeps_trace;
};

/// How many arguments something takes: `min` to `max` of them.
struct Arity {
  std::uint32_t min;
  std::uint32_t max;

  static constexpr std::uint32_t kUnlimited = 0xffffffff;

  /// Exactly that many.
  constexpr Arity(std::uint32_t count) noexcept : min(count), max(count) {}
  constexpr Arity(std::uint32_t least, std::uint32_t most) noexcept : min(least), max(most) {}
  /// Any number; the function checks.
  static constexpr Arity any() noexcept { return {0, kUnlimited}; }

  constexpr bool accepts(std::uint32_t count) const noexcept { return min <= count && count <= max; }
};

/// Registers that the value stack has for each frame that the frames' has. A function that needs more has to
/// look whether they are there (Thread::State, I5).
inline constexpr std::uint32_t kSmallFrame = 128;

/// What kind of function a program wrote.
enum class FunctionRole : std::uint8_t { plain, lambda, getter };

/// The caches among a function's references, from where its constants begin.
[[gnu::always_inline]] inline Cache* caches_of(const Value* constants) noexcept {
  return reinterpret_cast<Cache*>(static_cast<std::uintptr_t>(constants[-1].bits()));
}

/// A compiled function: code, and what the code refers to. All arrays are collected
/// memory. `name` is null for a script's top level.
struct Function : Object {
  std::uint32_t fast_arity = kNoCall;  // the arity, unless the frame is not small: for enter() alone
  std::uint32_t arity = 0;
  std::uint32_t min_arity = 0;  // arguments that are not given are nil
  std::uint32_t registers = 0;  // that a frame needs, R[0] (callee or receiver) included
  std::uint32_t code_length = 0;
  std::uint32_t constant_count = 0;
  std::uint32_t cache_count = 0;
  std::uint32_t global_count = 0;
  std::uint32_t capture_count = 0;
  std::uint32_t handler_count = 0;
  const Symbol* name = nullptr;
  Module* module = nullptr;             // whose globals it uses; null in tests' own code only
  const String* source_name = nullptr;  // the file, for diagnostics and as where imports are looked up from;
                                        // null: the source has no name
  const Instruction* code = nullptr;
  const std::uint32_t* lines = nullptr;    // one an instruction
  const std::uint32_t* columns = nullptr;  // likewise; 1-based, in bytes
  // The globals' cells, the last one first, the address of the caches, and then the constants: one array, so
  // that the interpreter finds all three from one register. `references` is its first byte, which keeps it.
  const Value* references = nullptr;
  const Value* constants = nullptr;
  const Capture* captures = nullptr;
  const Handler* handlers = nullptr;  // inner ones before those around them
  FunctionRole role = FunctionRole::plain;

  /// Sets what a call has to give, and the registers that its frame needs.
  void set_frame(Arity arguments, std::uint32_t register_count) noexcept {
    min_arity = arguments.min;
    arity = arguments.max;
    registers = register_count;
    fast_arity = register_count <= kSmallFrame ? arity : kNoCall;
  }

  /// Sets what the code refers to, and makes a cache for each of the names. Throws gc::OutOfMemory.
  void set_references(std::span<GlobalCell* const> global_cells, std::span<const Value> constant_values,
                      std::span<const Symbol* const> cache_names);

  /// The cell of a global by its number; instructions have kFirstGlobal - number.
  GlobalCell* global(std::uint32_t number) const noexcept {
    return global_cell(constants[kFirstGlobal - static_cast<std::ptrdiff_t>(number)]);
  }
  Cache& cache(std::uint32_t number) const noexcept { return caches_of(constants)[number]; }

  static constexpr std::uint32_t kNoCall = 0xffffffff;  // arguments that no call has

  Function() noexcept : Object(ObjectKind::function) {}
  explicit Function(FunctionRole r) noexcept : Object(ObjectKind::function), role(r) {}
};

/// A function with the boxes that it captured: what programs call.
struct Closure : Object {
  const Function* function;
  Box* upvalues[1];  // function->capture_count of them

  /// A closure whose upvalues are all null. Throws gc::OutOfMemory.
  static Closure* make(const Function* function);

  bool is_getter() const noexcept { return function->role == FunctionRole::getter; }

 private:
  static constexpr std::size_t kHeaderBytes = 16;  // before the upvalues
  explicit Closure(const Function* f) noexcept : Object(ObjectKind::closure), function(f), upvalues{} {}
};

/// What a class declaration is made from: its name and what the compiler saw in its body.
struct ClassTemplate : Object {
  std::uint32_t method_count = 0;
  std::uint32_t field_count = 0;
  const Symbol* name = nullptr;
  const Symbol* const* fields = nullptr;  // the x of each `this.x =` in the body, each once

  ClassTemplate() noexcept : Object(ObjectKind::class_template) {}
};

/// A function in C++ that programs call. Its outcome is a value, or (absent) "the thread has an error set".
using NativeFunction = Value (*)(const Arguments& arguments);

/// A function of the standard library written in C++.
struct Native : Object {
  Arity arity;
  NativeFunction function;
  const Symbol* name;

  /// Throws gc::OutOfMemory.
  static Native* make(const Symbol* name, Arity arity, NativeFunction function);

 private:
  Native(const Symbol* n, Arity a, NativeFunction f) noexcept
      : Object(ObjectKind::native), arity(a), function(f), name(n) {}
};

/// A method read as a value: it remembers its receiver.
struct BoundMethod : Object {
  Value receiver;
  Closure* method;

  /// Throws gc::OutOfMemory.
  static BoundMethod* make(Value receiver, Closure* method);

 private:
  BoundMethod() noexcept : Object(ObjectKind::bound_method), method(nullptr) {}
};

}  // namespace interlox::vm
