// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/weak_run.hpp"

#include <stdexcept>

#include "tests/bench/cat.hpp"

namespace interlox::bench {

void expect(bool right, Form form, const char* what) {
  if (!right) throw std::runtime_error(cat(name_of(form).text, " gave wrong answers: ", what));
}

namespace {

std::string suffix(std::size_t handles, Order order) {
  return cat("-", std::to_string(handles), order == Order::kShuffled ? "-shuffled" : "");
}

}  // namespace

std::string read_id(std::size_t cells) { return cat("read-", std::to_string(cells)); }

std::string present_id(std::size_t strings) { return cat("present-", std::to_string(strings)); }

std::string pause_id(std::size_t handles, Order order) { return cat("pause", suffix(handles, order)); }

std::string collection_id(std::size_t handles, Order order) {
  return cat("collection", suffix(handles, order));
}

}  // namespace interlox::bench
