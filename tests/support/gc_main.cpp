// SPDX-License-Identifier: BSD-3-Clause
// The main of the tests that use the collected heap: starts the collector, which registers the main thread.
#include "gc/heap.hpp"

#ifdef INTERLOX_CATCH2_V3
#include <catch2/catch_session.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

// A test program that wants other options defines this function itself (tests/support/gc_helpers.hpp).
[[gnu::weak]] interlox::gc::HeapOptions gc_test_options() { return {}; }

int main(int argc, char* argv[]) {
  interlox::gc::initialize(gc_test_options());
  return Catch::Session().run(argc, argv);
}
