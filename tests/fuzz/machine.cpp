// SPDX-License-Identifier: BSD-3-Clause
#include "tests/fuzz/machine.hpp"

#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>
#include <vector>

#include "gc/heap.hpp"
#include "stdlib/modules.hpp"
#include "stdlib/natives.hpp"
#include "vm/interpreter.hpp"
#include "vm/output.hpp"
#include "vm/thread.hpp"
#include "vm/waiting.hpp"

// A string of a gigabyte is a refused allocation here, and not the end of the process. All forms that meet in
// one block are replaced: AddressSanitizer has its own of each.
[[gnu::noinline]] void* operator new(std::size_t bytes, const std::nothrow_t& /*unused*/) noexcept {
  constexpr std::size_t kMost = 64u << 20;
  return bytes <= kMost ? std::malloc(bytes) : nullptr;
}
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  void* const block = operator new(bytes, std::nothrow);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, const std::nothrow_t& /*unused*/) noexcept {
  std::free(block);
}

namespace interlox::fuzz {

namespace {

constexpr std::chrono::milliseconds kTick(2);
constexpr std::uint64_t kTicks = 4;  // an input's time

std::atomic<bool> is_limited{false};
std::atomic<std::uint64_t> inputs{0};
vm::Thread* the_thread = nullptr;  // set before the watch starts

class Nowhere final : public vm::Output {
 public:
  void write(std::string_view) override {}
  void flush() override {}
  void report(std::string_view) override {}
};

// Not the collector's: it allocates nothing of its heap, and is not to be stopped with the others.
void watch() {
  std::uint64_t seen = 0, ticks = 0;
  for (;;) {
    std::this_thread::sleep_for(kTick);
    const std::uint64_t now = inputs.load();
    ticks = now == seen ? ticks + 1 : 0;
    seen = now;
    if (ticks < kTicks || !is_limited.load()) continue;
    vm::request_interrupt(*the_thread);
    vm::interrupt_wait(*the_thread);
  }
}

const std::vector<vm::StandardModule>& harmless_modules() {
  static const std::vector<vm::StandardModule> modules = [] {
    std::vector<vm::StandardModule> result;
    for (const vm::StandardModule& module : stdlib::standard_modules()) {
      if (module.name != "io" && module.name != "os") result.push_back(module);
    }
    return result;
  }();
  return modules;
}

}  // namespace

void start_machine() {
  gc::HeapOptions options;
  options.initial_heap = 16u << 20;
  options.max_heap = 128u << 20;
  gc::initialize(options);
  vm::StackSizes sizes;
  sizes.bytes = 1 << 20;
  vm::Thread::set_stack_sizes(sizes);
  static const vm::ThreadScope scope(std::make_shared<Nowhere>());
  the_thread = &vm::Thread::current();
  std::thread(watch).detach();
}

std::unique_ptr<vm::VM> make_machine(bool threads) {
  auto machine = std::make_unique<vm::VM>();
  stdlib::install(*machine);
  machine->set_standard_modules(harmless_modules());
  if (!threads) machine->define_builtin("spawn", vm::Value::nil());
  return machine;
}

TimeLimit::TimeLimit() {
  inputs.fetch_add(1);
  is_limited.store(true);
}

TimeLimit::~TimeLimit() {
  is_limited.store(false);
  vm::take_interrupt(*the_thread);  // one that came too late; another may come, and do no harm
}

}  // namespace interlox::fuzz
