// SPDX-License-Identifier: BSD-3-Clause
// The main of all Catch2 programs, and Catch2 itself where it is a header: compiled once.
#include "tests/support/before_tests.hpp"

#ifdef INTERLOX_CATCH2_V3
#include <catch2/catch_session.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

[[gnu::weak]] void interlox::test::before_tests() {}

int main(int argc, char* argv[]) {
  interlox::test::before_tests();
  return Catch::Session().run(argc, argv);
}
