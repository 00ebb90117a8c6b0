// SPDX-License-Identifier: BSD-3-Clause
#include "vm/lua/lox_test.hpp"

#include <fstream>
#include <iterator>
#include <memory>

#include "vm/vm.hpp"

namespace interlox::lua {

bool is_lox_test(std::string_view file) noexcept { return file.ends_with("_test.lox"); }

void run_lox_test(const Options& options, const std::string& file, Tap& tap) {
  tap.write(file + "\n");
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return tap.failed(file, "cannot be read");
  const std::string source(std::istreambuf_iterator<char>(stream), {});
  const std::unique_ptr<vm::VM> machine = options.make_vm();
  const std::size_t before = tap.results();
  const vm::Result result = machine->run(source, file);
  if (result.status != vm::Status::ok) {
    tap.failed(file, result.error);
  } else if (tap.results() == before) {
    tap.passed(file);
  }
}

}  // namespace interlox::lua
