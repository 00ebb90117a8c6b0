// SPDX-License-Identifier: BSD-3-Clause
#include "vm/thread.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <new>
#include <pthread.h>
#include <sys/mman.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "gc/heap.hpp"
#include "gc/root.hpp"
#include "vm/runtime_error.hpp"
#include "vm/thread_state.hpp"

namespace interlox::vm {
namespace {

// Not a root: the state behind it is in uncollectable memory.
constinit thread_local Thread* current_thread = nullptr;

/// How far C++ may go down on this thread's stack, leaving room for the deepest thing that a
/// native does without asking again.
std::uintptr_t find_native_stack_limit() {
  constexpr std::size_t kReserve = 256 << 10;
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  pthread_attr_t attributes;
  void* low = nullptr;
  std::size_t bytes = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return here - kReserve;
  pthread_attr_getstack(&attributes, &low, &bytes);
  pthread_attr_destroy(&attributes);
  const auto bottom = reinterpret_cast<std::uintptr_t>(low);
  return bottom + std::min(kReserve, (here - bottom) / 2);
}

}  // namespace

MappedStack::MappedStack(std::size_t bytes) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  bytes_ = (bytes + page - 1) / page * page;
  base_ = mmap(nullptr, bytes_ + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
               -1, 0);
  if (base_ == MAP_FAILED || mprotect(end(), page, PROT_NONE) != 0) {
    const std::system_error error(errno, std::generic_category(), "cannot map a thread's stack");
    if (base_ != MAP_FAILED) munmap(base_, bytes_ + page);
    throw error;
  }
}

MappedStack::~MappedStack() { munmap(base_, bytes_ + static_cast<std::size_t>(sysconf(_SC_PAGESIZE))); }

namespace {

Closure* make_own_closure() {
  auto* const function = ::new (gc::allocate(sizeof(Function))) Function();
  function->registers = 1;
  return Closure::make(function);
}

}  // namespace

const Closure* entry_closure() {
  static const gc::Root<const Closure> root(make_own_closure());
  return root.get();
}

const Closure* getter_closure() {
  static const gc::Root<const Closure> root(make_own_closure());
  return root.get();
}

Thread::State::State() : native_stack_limit(find_native_stack_limit()) {
  auto* const first = static_cast<Frame*>(frame_memory.base());
  frames.set_top(first + 1);
  *first = Frame{nullptr, static_cast<Value*>(value_memory.base()), entry_closure()};
}

Thread::Thread() : state_(nullptr) {
  void* const memory = gc::allocate_uncollectable(sizeof(State));
  try {
    state_ = ::new (memory) State();
  } catch (...) {
    gc::free_uncollectable(memory);
    throw;
  }
}

Thread::~Thread() {
  state_->~State();
  gc::free_uncollectable(state_);
}

Thread& Thread::current() noexcept {
  assert(current_thread != nullptr && "this thread needs a vm::ThreadScope");
  return *current_thread;
}

bool Thread::exists() noexcept { return current_thread != nullptr; }

Value Thread::raise(std::string message) {
  set_error(*state_, std::move(message));
  return Value::absent();
}

ThreadScope::ThreadScope(std::shared_ptr<Output> output) {
  if (current_thread != nullptr) return;
  made_ = new Thread();
  made_->output_ = std::move(output);
  current_thread = made_;
}

ThreadScope::~ThreadScope() {
  if (made_ == nullptr) return;
  current_thread = nullptr;
  delete made_;
}

}  // namespace interlox::vm
