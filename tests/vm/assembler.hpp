// SPDX-License-Identifier: BSD-3-Clause
// Functions made instruction by instruction, for tests of the interpreter alone.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "gc/heap.hpp"
#include "gc/root.hpp"
#include "vm/function.hpp"
#include "vm/opcodes.hpp"
#include "vm/symbol_table.hpp"
#include "vm/vm.hpp"

namespace interlox::test {

class Assembler {
 public:
  /// `name`: null for a script.
  Assembler(const char* name, std::uint32_t arity, std::uint32_t registers) {
    function_.set(::new (gc::allocate(sizeof(vm::Function))) vm::Function());
    function_->name = name == nullptr ? nullptr : vm::intern(name);
    function_->set_frame({arity}, registers);
  }

  /// The line of the instructions that follow.
  void line(std::uint32_t number) { line_ = number; }

  void emit(vm::Opcode op, std::uint32_t a = 0, std::uint32_t b = 0, std::uint32_t c = 0) {
    code_.push_back(vm::encode(op, a, b, c));
    lines_.push_back(line_);
  }
  void emit_bx(vm::Opcode op, std::uint32_t a, std::int64_t bx) {
    code_.push_back(vm::encode_bx(op, a, bx));
    lines_.push_back(line_);
  }

  std::uint32_t constant(vm::Value v) {
    constants_.push_back(v);
    return static_cast<std::uint32_t>(constants_.size() - 1);
  }
  std::uint32_t constant(double d) { return constant(vm::Value::number(d)); }
  std::uint32_t constant(std::string_view s) { return constant(vm::Value::object(vm::String::make(s))); }
  std::uint32_t cache(std::string_view name) {
    names_.push_back(vm::intern(name));
    return static_cast<std::uint32_t>(names_.size() - 1);
  }
  /// What an instruction has of it.
  std::int64_t global(vm::VM& machine, std::string_view name) {
    globals_.push_back(machine.main_module().cell(vm::intern(name)));
    return vm::kFirstGlobal + 1 - static_cast<std::int64_t>(globals_.size());
  }
  void capture(std::uint32_t index, bool from_register) { captures_.push_back({index, from_register}); }

  /// Afterwards this object is used up.
  vm::Function* finish() {
    vm::Function* const f = function_.get();
    f->code_length = static_cast<std::uint32_t>(code_.size());
    f->code = copy(code_);
    f->lines = copy(lines_);
    f->columns = copy(std::vector<std::uint32_t>(lines_.size(), 1));
    f->set_references(globals_, constants_, names_);
    f->capture_count = static_cast<std::uint32_t>(captures_.size());
    f->captures = copy(captures_);
    return f;
  }

 private:
  template <class Vector>
  static typename Vector::value_type* copy(const Vector& from) {
    using T = typename Vector::value_type;
    auto* const to = static_cast<T*>(gc::allocate(from.size() * sizeof(T)));
    std::copy(from.begin(), from.end(), to);
    return to;
  }

  gc::Root<vm::Function> function_;
  std::vector<vm::Instruction> code_;
  std::vector<std::uint32_t> lines_;
  std::uint32_t line_ = 1;
  gc::RootVector<vm::Value> constants_;
  gc::RootVector<const vm::Symbol*> names_;
  gc::RootVector<vm::GlobalCell*> globals_;
  std::vector<vm::Capture> captures_;
};

/// Calls `function` as a closure without captures. `function` must be on the caller's stack.
inline vm::Result run(const vm::Function* function, std::initializer_list<vm::Value> arguments = {}) {
  return vm::VM::call(vm::Value::object(vm::Closure::make(function)), arguments.begin(),
                      static_cast<std::uint32_t>(arguments.size()));
}

}  // namespace interlox::test
