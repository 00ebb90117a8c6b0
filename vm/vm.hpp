// SPDX-License-Identifier: BSD-3-Clause
// The VM as its users see it: make one, run source in it, call its functions, read and set
// its globals. Errors are values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gc/root.hpp"
#include "vm/diagnostics.hpp"
#include "vm/function.hpp"
#include "vm/realm.hpp"
#include "vm/value.hpp"

namespace interlox::vm {

enum class Status : std::uint8_t { ok, compile_error, runtime_error };

/// How a run ended. `value` is a collected reference: keep a Result on the stack.
struct Result {
  Status status = Status::ok;
  Value value = Value::nil();
  std::string error = {};  // the text that stderr would show in its plain form, without the final newline
  // The same as data: of a compile error what is wrong, of a run-time error where it came up, innermost
  // first, and a hint ("did you mean 'x'?", or nothing) for who shows it.
  std::vector<Diagnostic> diagnostics = {};
  std::vector<TraceFrame> trace = {};
  std::string hint = {};
};

/// A virtual machine: builtins, and modules with globals over them. Functions of one VM may be called on any
/// thread, many threads may use one VM at once, and many VMs may live in one process; they share the heap and
/// the symbol table. Each member needs a ThreadScope on the calling thread.
class VM {
 public:
  /// A VM without builtins; stdlib::install() adds the builtins. Throws gc::OutOfMemory.
  VM();
  ~VM();
  VM(const VM&) = delete;
  VM& operator=(const VM&) = delete;

  /// Compiles `source` and runs it in the main module. `name` is the file's, for diagnostics and to look up
  /// imports from; empty: there is none.
  Result run(std::string_view source, std::string_view name = {});

  /// Compiles `source` as one expression and gives its value.
  Result eval(std::string_view source, std::string_view name = {});

  /// Compiles only. Returns null and fills `errors` after a compile error.
  const Function* compile(std::string_view source, std::string_view name, std::string& errors);

  /// Runs what compile() made, as run() does.
  Result run(const Function* function);

  /// Calls whatever can be called (native_class.hpp, is_callable). The arguments must be where the
  /// collector sees them (a stack, a gc::RootVector). Anything else that is called is the
  /// run-time error "Can only call functions and classes.".
  static Result call(Value callee, const Value* arguments, std::uint32_t count);

  /// The value of a global of the main module, or of a builtin, if it is defined.
  std::optional<Value> global(std::string_view name) const;
  /// Defines or overwrites a global of the main module.
  void set_global(std::string_view name, Value value);
  /// Calls visit(name, value) for each global of the main module and each builtin, in no order.
  template <class Visit>
  void for_each_global(Visit visit) const {
    main_module().for_each_member([&](const Symbol* name, Value value) { visit(name->view(), value); });
    realm_->builtins.for_each([&](const Symbol* name, Value value) {
      if (main_module().member(name).is_absent()) visit(name->view(), value);
    });
  }

  /// Defines a global of all modules, each of which may redefine it for itself.
  void define_builtin(std::string_view name, Value value);
  /// Likewise a native function.
  void define_native(std::string_view name, Arity arity, NativeFunction function);
  /// Sets the modules that are found where no file is.
  void set_standard_modules(std::span<const StandardModule> modules) noexcept;

  /// What run(), eval() and compile() use.
  Module& main_module() const noexcept { return *realm_->main; }

 private:
  gc::Root<Realm> realm_;
};

}  // namespace interlox::vm
