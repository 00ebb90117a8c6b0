// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/threads_table.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace interlox::bench {
namespace {

// What the machine itself gives two threads that have nothing to do with each other: arithmetic ...
double arithmetic(unsigned n) {
  std::uint64_t x = 1;
  for (std::uint64_t i = 0; i < std::uint64_t{n} * 1'000'000; ++i) {
    x = x * 6364136223846793005 + 1442695040888963407;
    asm volatile("" : "+r"(x));
  }
  return static_cast<double>(x >> 11);
}

// ... and memory that no cache holds.
double memory(unsigned n) {
  constexpr std::size_t kWords = 8u << 20;
  std::vector<std::uint64_t> words(kWords);
  std::uint64_t sum = 0;
  for (unsigned lap = 0; lap < n; ++lap) {
    for (std::uint64_t& word : words) sum += word += lap;
  }
  return static_cast<double>(sum >> 11);
}

constexpr double kHard = 1.9;
constexpr double kAllocating = 1.6;

constexpr Load kLoads[] = {
    {"machine-arithmetic", "C++: arithmetic in registers", 0, 200, 40, arithmetic},
    {"machine-memory", "C++: reading and writing 64 MiB of its own", 0, 20, 4, memory},
    {"fib", "calls: fib", kHard, 34, 31, nullptr},
    {"loops", "loops and arithmetic: mandelbrot", kHard, 500, 300, nullptr},
    {"methods", "methods and fields", kHard, 6'000'000, 2'000'000, nullptr},
    {"properties", "properties by name, of six classes in turn", kHard, 500'000, 150'000, nullptr},
    {"known_symbols", "Symbol(name) of 1,000 known names", kHard, 4'000, 1'000, nullptr},
    {"new_symbols", "Symbol(name) of new names", kHard, 500'000, 150'000, nullptr},
    {"strings", "building strings", kHard, 300'000, 60'000, nullptr},
    {"trees", "allocation: binary trees", kAllocating, 6'000, 1'500, nullptr},
    {"lists", "allocation: lists and closures", kAllocating, 40'000, 10'000, nullptr},
    {"map_loads", "ConcurrentMap: loads of 10,000 keys", kHard, 300, 80, nullptr},
    {"map_changes", "ConcurrentMap: adding and removing beside 131,072 keys", kHard, 1'000'000, 200'000,
     nullptr},
};

}  // namespace

std::span<const Load> loads() { return kLoads; }

}  // namespace interlox::bench
