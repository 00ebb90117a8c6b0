// SPDX-License-Identifier: BSD-3-Clause
// What the programs share of Catch2 is parsed for this file.
#include "tests/support/catch.hpp"
