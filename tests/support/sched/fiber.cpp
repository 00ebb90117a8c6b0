// SPDX-License-Identifier: BSD-3-Clause
// Fibers: ucontext makes a stack, setjmp and longjmp change between stacks, since they leave the signal mask
// alone.
#undef _FORTIFY_SOURCE  // it takes a jump to another stack for an error
#include "tests/support/sched/fiber.hpp"

#include <cstdint>
#include <cstring>
#include <cxxabi.h>

namespace interlox::test::sched {

Fiber::Fiber(Function function, void* argument)
    : function_(function),
      argument_(argument),
      stack_(std::make_unique<std::byte[]>(kStackBytes)),
      next_(&base_) {
  getcontext(&made_);
  made_.uc_stack.ss_sp = stack_.get();
  made_.uc_stack.ss_size = kStackBytes;
  made_.uc_link = nullptr;
  const auto self = reinterpret_cast<std::uintptr_t>(this);  // makecontext hands on ints only
  makecontext(&made_, reinterpret_cast<void (*)()>(enter), 2, static_cast<unsigned>(self >> 32),
              static_cast<unsigned>(self));
  swapcontext(&maker_, &made_);
}

// Stays at the bottom of its stack for ever, so that base_ never goes out of date.
void Fiber::enter(unsigned high, unsigned low) {
  auto* const self = reinterpret_cast<Fiber*>(static_cast<std::uintptr_t>(high) << 32 | low);
  if (_setjmp(self->base_) == 0) {
    swapcontext(&self->made_, &self->maker_);
  }
  // Each restart comes back from setjmp here: `self` is as it was, since nothing ever changes it.
  self->function_(self->argument_);
}

void Fiber::jump(Fiber& from, Fiber& to) noexcept {
  void* const current = abi::__cxa_get_globals();
  std::memcpy(&from.exceptions_, current, sizeof(Exceptions));
  std::memcpy(current, &to.exceptions_, sizeof(Exceptions));
  if (_setjmp(from.here_) != 0) return;
  from.next_ = &from.here_;
  _longjmp(*to.next_, 1);
}

}  // namespace interlox::test::sched
