// SPDX-License-Identifier: BSD-3-Clause
// Threads that race on one collection, and values that show where they come from.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "gc/thread.hpp"
#include "vm/object.hpp"

namespace interlox::test {

/// Runs step(random) again and again on each of `threads` threads, for a while. A step answers whether
/// what it met was in order; gives how many were not.
template <class Step>
int race(int threads, Step step, std::chrono::milliseconds time = std::chrono::milliseconds(250)) {
  std::atomic<int> wrong{0};
  const auto end = std::chrono::steady_clock::now() + time;
  std::vector<std::jthread> running;
  for (int t = 0; t < threads; ++t) {
    running.push_back(gc::start_thread([&, t] {
      std::minstd_rand random(static_cast<unsigned>(t + 1));
      while (std::chrono::steady_clock::now() < end) {
        for (int i = 0; i < 100; ++i) {
          if (!step(random)) ++wrong;
        }
      }
    }));
  }
  running.clear();  // joins
  return wrong.load();
}

/// A value that says which key it belongs to: a number, or a string made for the purpose.
inline vm::Value tagged(std::uint32_t key, std::uint32_t salt) {
  if (salt % 2 == 0) return vm::Value::number(key * 1024.0 + salt % 1024);
  return vm::Value::object(vm::String::make("value of " + std::to_string(key)));
}

/// Whether `v` is one of the values of that key.
inline bool belongs_to(vm::Value v, std::uint32_t key) {
  if (v.is_number()) return static_cast<std::uint64_t>(v.as_number()) / 1024 == key;
  return vm::is_object(v, vm::ObjectKind::string) &&
         vm::as<vm::String>(v)->view() == "value of " + std::to_string(key);
}

}  // namespace interlox::test
