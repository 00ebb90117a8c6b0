// SPDX-License-Identifier: BSD-3-Clause
// The main of the tests that need no collector.
#ifdef INTERLOX_CATCH2_V3
#include <catch2/catch_session.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

int main(int argc, char* argv[]) { return Catch::Session().run(argc, argv); }
