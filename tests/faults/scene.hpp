// SPDX-License-Identifier: BSD-3-Clause
// A VM with its library, on a thread whose output is kept.
#pragma once

#include <memory>

#include "stdlib/natives.hpp"
#include "vm/output.hpp"
#include "vm/thread.hpp"
#include "vm/vm.hpp"

namespace interlox::test {

struct Scene {
  std::shared_ptr<vm::CapturedOutput> output = std::make_shared<vm::CapturedOutput>();
  vm::ThreadScope scope{output};
  std::unique_ptr<vm::VM> machine = make_machine();

  static std::unique_ptr<vm::VM> make_machine() {
    auto machine = std::make_unique<vm::VM>();
    stdlib::install(*machine);
    return machine;
  }
};

}  // namespace interlox::test
