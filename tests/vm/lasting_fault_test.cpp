// SPDX-License-Identifier: BSD-3-Clause
#include "vm/lasting_fault.hpp"

#include <optional>
#include <string>

#include "tests/support/catch.hpp"

using interlox::vm::lasting_fault;
using Fault = std::optional<std::string>;

TEST_CASE("a fault that stays is a fault") {
  CHECK(lasting_fault([] { return Fault("I1: broken"); }) == "I1: broken");
}

TEST_CASE("what is sound is looked at once") {
  int looks = 0;
  CHECK(lasting_fault([&looks] { return ++looks, Fault(); }) == std::nullopt);
  CHECK(looks == 1);
}

TEST_CASE("what goes by is none") {
  int looks = 0;
  CHECK(lasting_fault([&looks] { return ++looks < 3 ? Fault("I2: a lock is held") : Fault(); }) ==
        std::nullopt);
  looks = 0;
  CHECK(lasting_fault([&looks] { return Fault("I9: " + std::to_string(++looks)); }) == std::nullopt);
}
