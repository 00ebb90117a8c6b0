// SPDX-License-Identifier: BSD-3-Clause
#include "vm/thread.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gc/thread.hpp"
#include "tests/support/catch.hpp"
#include "vm/vm.hpp"

using namespace interlox;

TEST_CASE("a thread has one Thread, however often its scopes nest") {
  const vm::ThreadScope outer;
  vm::Thread& thread = vm::Thread::current();
  {
    const vm::ThreadScope inner(std::make_shared<vm::CapturedOutput>());
    CHECK(&vm::Thread::current() == &thread);
    CHECK(&thread.output() == vm::StandardOutput::instance().get());
  }
  CHECK(&vm::Thread::current() == &thread);
}

TEST_CASE("output is redirected for one thread alone") {
  const vm::ThreadScope scope;
  auto main_output = std::make_shared<vm::CapturedOutput>();
  auto other_output = std::make_shared<vm::CapturedOutput>();
  const auto before = vm::Thread::current().shared_output();
  vm::Thread::current().set_output(main_output);
  std::jthread([&] {
    const vm::ThreadScope other(other_output);
    vm::VM machine;
    machine.run("print \"other\";");
  }).join();
  vm::VM machine;
  machine.run("print \"main\";");
  vm::Thread::current().set_output(before);
  CHECK(main_output->text() == "main\n");
  CHECK(other_output->text() == "other\n");
}

TEST_CASE("threads come and go") {
  std::atomic<int> right{0};
  for (int round = 0; round < 50; ++round) {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        const vm::ThreadScope scope;
        vm::VM machine;
        const vm::Result result = machine.eval("20 + " + std::to_string(t));
        if (result.status == vm::Status::ok && result.value == vm::Value::number(20 + t)) ++right;
      });
    }
  }
  CHECK(right.load() == 200);
}

TEST_CASE("many threads are alive at once") {
  constexpr int kThreads = 200;
  std::atomic<int> inside{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        const vm::ThreadScope scope;
        ++inside;
        while (inside.load() < kThreads) std::this_thread::yield();
      });
    }
  }
  CHECK(inside.load() == kThreads);
}
