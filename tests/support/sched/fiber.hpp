// SPDX-License-Identifier: BSD-3-Clause
// Stacks that one system thread changes between by hand, in some nanoseconds and without the kernel.
#pragma once

#include <csetjmp>
#include <cstddef>
#include <memory>
#include <ucontext.h>

namespace interlox::test::sched {

/// A stack, and where what runs on it stands. One without a function stands for the system thread's own. Each
/// has exceptions of its own: one may be left while it handles one, or while one unwinds it.
class Fiber {
 public:
  using Function = void (*)(void* argument);

  Fiber() = default;
  /// `function` must not return: it ends by jump().
  Fiber(Function function, void* argument);
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// The next jump here calls the function anew. What was on the stack is forgotten: no destructor runs.
  void restart() noexcept {
    next_ = &base_;
    exceptions_ = {};
  }

  /// Leaves `from`, on which the caller runs, and goes on where `to` was left. Returns when somebody jumps
  /// back.
  static void jump(Fiber& from, Fiber& to) noexcept;

 private:
  static constexpr std::size_t kStackBytes = 128 << 10;

  /// What the C++ runtime keeps of a thread's exceptions (__cxa_eh_globals of the Itanium ABI).
  struct Exceptions {
    void* caught = nullptr;
    unsigned uncaught = 0;
  };

  static void enter(unsigned high, unsigned low);

  Function function_ = nullptr;
  void* argument_ = nullptr;
  std::unique_ptr<std::byte[]> stack_;
  ucontext_t made_{};
  ucontext_t maker_{};
  std::jmp_buf base_;
  std::jmp_buf here_;
  std::jmp_buf* next_ = nullptr;
  Exceptions exceptions_;
};

}  // namespace interlox::test::sched
