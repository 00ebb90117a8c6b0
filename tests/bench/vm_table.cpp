// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/vm_table.hpp"

#include <vector>

#include "tests/bench/figures.hpp"

namespace interlox::bench {
namespace {

constexpr Program kPrograms[] = {
    {"fib", "fib: calls", 1.8, 2.5},
    {"binary_trees", "binary_trees: allocation", 6, 10},
    {"trees", "trees: walking objects", 2.5, 3},
    {"instantiation", "instantiation: making objects", 6, 9},
    {"invocation", "invocation: methods that do nothing", 4, 6},
    {"method_call", "method_call: methods, super", 3, 4},
    {"properties", "properties: 30 fields and their getters", 3.7, 5},
    {"zoo", "zoo: small methods in turn", 2.8, 3.8},
    {"equality", "equality: of constants", 1.6, 2.2},
    {"string_equality", "string_equality", 2.8, 3.5},
    {"nbody", "nbody: floating point in fields", 0, 0},
    {"spectral_norm", "spectral_norm: calls and arithmetic", 0, 0},
    {"fannkuch", "fannkuch: permutations in a list", 0, 0},
    {"richards", "richards: an operating system's scheduler", 0, 0},
    {"strings", "strings: building them", 0, 0},
    {"maps", "maps: insert, look up, remove, iterate", 0, 0},
    {"lists", "lists: add, index, sort", 0, 0},
    {"json", "json: text to values to text", 0, 0},
};

}  // namespace

std::span<const Program> programs() { return kPrograms; }

double mean_target(double Program::*target) {
  std::vector<double> values;
  for (const Program& program : programs()) {
    if (program.floor != 0) values.push_back(program.*target);
  }
  return geometric_mean(values);
}

}  // namespace interlox::bench
