// SPDX-License-Identifier: BSD-3-Clause
// What tests that use the collected heap add to main(): it starts the collector, which registers the
// main thread.
#include "gc/heap.hpp"
#include "tests/support/before_tests.hpp"

// A test program that wants other options defines this function itself (tests/support/gc_helpers.hpp).
[[gnu::weak]] interlox::gc::HeapOptions gc_test_options() { return {}; }

void interlox::test::before_tests() { gc::initialize(gc_test_options()); }
