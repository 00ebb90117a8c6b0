// SPDX-License-Identifier: BSD-3-Clause
// For the standard library's tests: programs that have imported modules.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "stdlib/natives.hpp"
#include "tests/support/catch.hpp"
#include "vm/import.hpp"
#include "vm/thread.hpp"
#include "vm/vm.hpp"

namespace interlox::test {

/// A VM with the standard library, in which globals are named after the modules that were asked for.
class Program {
 public:
  explicit Program(std::initializer_list<std::string_view> modules = {}) {
    vm::Thread& thread = vm::Thread::current();
    thread.set_output(output);
    stdlib::install(machine);
    std::string errors;
    const vm::Function* const importer = machine.compile("", "test", errors);
    for (const std::string_view name : modules) {
      const vm::Value module = vm::import_module(thread, *importer, name);
      REQUIRE_FALSE(module.is_absent());
      machine.set_global(name, module);
    }
  }
  ~Program() { vm::Thread::current().set_output(vm::StandardOutput::instance()); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// An expression's value as print writes it, or the first line of its error.
  std::string eval(std::string_view source) {
    const vm::Result result = machine.eval(source);
    if (result.status == vm::Status::ok) return vm::to_text(result.value);
    return result.error.substr(0, result.error.find('\n'));
  }

  /// What running `source` prints, then the first line of its error.
  std::string run(std::string_view source) {
    const std::size_t before = output->text().size();
    const vm::Result result = machine.run(source);
    return output->text().substr(before) + result.error.substr(0, result.error.find('\n'));
  }

  const vm::ThreadScope scope;
  const std::shared_ptr<vm::CapturedOutput> output = std::make_shared<vm::CapturedOutput>();
  vm::VM machine;
};

}  // namespace interlox::test
