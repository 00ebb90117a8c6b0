// SPDX-License-Identifier: BSD-3-Clause
// A host that uses bdwgc itself, and has started it.
#include <cstddef>
#include <string>
#include <thread>

#define GC_THREADS 1
#define GC_NO_THREAD_REDIRECTS 1
#include <gc/gc.h>

#include "tests/support/before_tests.hpp"
#include "tests/support/catch.hpp"
#include "vm/embed/interlox.hpp"

using interlox::Collector;
using interlox::Interpreter;
using interlox::Misuse;
using interlox::Options;

namespace {

int events = 0;
struct Node {
  Node* next;
  std::size_t value;
};

/// In static memory, which the collector scans.
Node* list = nullptr;

std::string misuse_of(Options options) {
  try {
    Interpreter interpreter(std::move(options));
  } catch (const Misuse& misuse) {
    return misuse.what();
  }
  return "";
}

Options adopting() {
  Options options;
  options.collector = Collector::already_initialized;
  return options;
}

}  // namespace

void interlox::test::before_tests() {
  GC_set_all_interior_pointers(0);
  GC_INIT();
  GC_allow_register_threads();
  GC_set_on_collection_event([](GC_EventType) { ++events; });
}

TEST_CASE("the library says why it can't share a collector") {
  CHECK(misuse_of({}) ==
        "interlox::Interpreter: the collector runs already: ask for Collector::already_initialized");
  GC_set_all_interior_pointers(1);
  CHECK(misuse_of(adopting()) ==
        "interlox::Interpreter: the collector follows interior pointers: call "
        "GC_set_all_interior_pointers(0) before GC_INIT");
  GC_set_all_interior_pointers(0);
  std::thread([] {
    CHECK(misuse_of(adopting()) == "interlox::Interpreter: the collector does not know the calling thread");
  }).join();
}

TEST_CASE("host and library share one heap") {
  for (std::size_t i = 0; i < 1000; ++i) {
    list = ::new (GC_MALLOC(sizeof(Node))) Node{list, i};
  }
  Interpreter interpreter(adopting());
  CHECK(interpreter.run("var all = []; for (var i = 0; i < 20000; i = i + 1) all.add([i]);").ok());
  const int before = events;
  GC_gcollect();
  Interpreter::collect();
  CHECK(events > before);
  std::size_t sum = 0;
  for (const Node* node = list; node != nullptr; node = node->next) sum += node->value;
  CHECK(sum == 499500);
  CHECK(interpreter.eval("all[19999][0]").value() == 19999);
}

TEST_CASE("while the host has turned collections off there is no heap snapshot") {
  Interpreter interpreter(adopting());
  const std::string program = R"(
    var message = "";
    try { GC.snapshot("/dev/null"); } catch (e) { message = e.message; })";
  GC_disable();
  const bool ran = interpreter.run(program).ok();
  GC_enable();
  CHECK(ran);
  CHECK(interpreter.eval("message").value() == "Cannot write '/dev/null': Operation not supported.");
  CHECK(interpreter.run(program).ok());
  CHECK(interpreter.eval("message").value() == "");
}

TEST_CASE("a thread that the host has registered stays so after a scope") {
  Interpreter interpreter(adopting());
  std::thread([&interpreter] {
    GC_stack_base base;
    REQUIRE(GC_get_stack_base(&base) == GC_SUCCESS);
    REQUIRE(GC_register_my_thread(&base) == GC_SUCCESS);
    for (int i = 0; i < 3; ++i) {
      const interlox::ThreadScope scope;
      CHECK(interpreter.eval("[1, 2].length").value() == 2);
    }
    CHECK(GC_thread_is_registered() != 0);
    GC_unregister_my_thread();
  }).join();
}
