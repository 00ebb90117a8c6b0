// SPDX-License-Identifier: BSD-3-Clause
// Stops a thread before any one of its instructions, while something else happens. For x86-64 Linux.
#pragma once

#include <csignal>
#include <cstddef>
#include <functional>
#include <ucontext.h>
#include <utility>

namespace interlox::test {

/// What the calling thread does between begin() and end() is done instruction by instruction, by the
/// processor's trap flag; before the nth of them, `interruption` is called, in a signal handler on that
/// thread. It may do what can be done anywhere between two instructions: what needs a lock that the thread
/// may hold is for another thread to do. One at a time in a process.
class SingleStep {
 public:
  SingleStep(std::size_t nth, std::function<void()> interruption)
      : left_(nth), interruption_(std::move(interruption)) {
    current_ = this;
    struct sigaction action {};
    action.sa_sigaction = on_trap;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGTRAP, &action, &before_);
  }
  ~SingleStep() {
    sigaction(SIGTRAP, &before_, nullptr);
    current_ = nullptr;
  }
  SingleStep(const SingleStep&) = delete;
  SingleStep& operator=(const SingleStep&) = delete;

  // Inlined, so that nothing but what is between them is stepped through.
  [[gnu::always_inline]] static void begin() noexcept { asm volatile("int3" ::: "memory"); }
  [[gnu::always_inline]] static void end() noexcept { asm volatile("int3" ::: "memory"); }

  /// Whether there was an nth instruction.
  [[nodiscard]] bool has_interrupted() const noexcept { return left_ == 0; }

 private:
  static void on_trap(int, siginfo_t* info, void* context) {
    constexpr greg_t kTrapFlag = 0x100;
    SingleStep& self = *current_;
    greg_t& flags = static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_EFL];
    if (info->si_code != TRAP_TRACE) self.is_on_ = !self.is_on_;  // begin() or end()
    const bool is_last = self.is_on_ && info->si_code == TRAP_TRACE && --self.left_ == 0;
    if (is_last) self.interruption_();
    if (self.is_on_ && self.left_ != 0) {
      flags |= kTrapFlag;
    } else {
      flags &= ~kTrapFlag;
    }
  }

  static inline SingleStep* current_ = nullptr;

  std::size_t left_;
  bool is_on_ = false;
  std::function<void()> interruption_;
  struct sigaction before_ {};
};

}  // namespace interlox::test
