// SPDX-License-Identifier: BSD-3-Clause
// Policies and key traits that get between the steps of an operation: another operation lands there, memory
// runs out, or user code does what it should not.
#pragma once

#include <atomic>
#include <functional>
#include <new>
#include <string_view>
#include <utility>

#include "tests/trie/map_under_test.hpp"

namespace interlox::trie::test {

/// Runs a hook at the next yield point, once: an operation lands in the middle of another, on one thread.
struct HookPolicy : TestPolicy {
  static inline std::function<void()> hook;
  static void yield_point() noexcept {
    if (!hook) return;
    const auto once = std::exchange(hook, nullptr);
    once();
  }
};

/// Memory that runs out when a test says so. All of it is off again when a `Dearth` ends.
struct FailingPolicy : TestPolicy {
  static inline std::atomic<int> left{-1};     ///< the allocation after so many fails; -1: none does
  static inline std::atomic<unsigned> nth{0};  ///< every nth fails, of all threads together; 0: none does
  static inline std::atomic<unsigned> calls{0};

  void* allocate(std::size_t bytes, bool may_hold_pointers) {
    if (left >= 0 && left-- == 0) throw std::bad_alloc();
    if (nth != 0 && ++calls % nth == 0) throw std::bad_alloc();
    return TestPolicy::allocate(bytes, may_hold_pointers);
  }
};

struct Dearth {
  static Dearth after(int allocations) { return Dearth(allocations, 0); }
  static Dearth every(unsigned nth) { return Dearth(-1, nth); }
  static Dearth total() { return every(1); }

  Dearth(const Dearth&) = delete;
  Dearth& operator=(const Dearth&) = delete;
  ~Dearth() {
    FailingPolicy::left = -1;
    FailingPolicy::nth = 0;
  }

 private:
  Dearth(int left, unsigned nth) {
    FailingPolicy::left = left;
    FailingPolicy::nth = nth;
  }
};

/// Strings whose hash and equality do what a test tells them to, beside their work.
struct SpyKeys : StringKeys {
  static inline std::function<void()> on_hash;
  static inline std::function<void()> on_equal;
  static inline int hashed = 0;
  static inline bool spread =
      false;  ///< whether keys spread; else they collide, or part in the last bits only

  static void run(const std::function<void()>& hook) {
    static bool inside = false;
    if (inside || !hook) return;
    inside = true;
    struct Leave {
      ~Leave() { inside = false; }
    } const leave;
    hook();
  }
  static std::uint64_t hash(std::string_view key, std::uint64_t seed) {
    ++hashed;
    run(on_hash);
    return spread ? hash_bytes(key, seed) : key.size();
  }
  static bool equal(const String& stored, std::string_view query) {
    run(on_equal);
    return stored.view() == query;
  }
};

struct SpyEqual {
  static inline std::function<void()> on_equal;
  template <class Value>
  bool operator()(const Value& a, const Value& b) const {
    SpyKeys::run(on_equal);
    return a == b;
  }
};

template <class Value>
using SpyMap = MapUnderTest<String, Value, SpyKeys, TestPolicy, SpyEqual>;

/// Sends the spies home at the end of a test.
struct SpyReset {
  SpyReset() = default;
  SpyReset(const SpyReset&) = delete;
  SpyReset& operator=(const SpyReset&) = delete;
  ~SpyReset() {
    SpyKeys::on_hash = SpyKeys::on_equal = SpyEqual::on_equal = nullptr;
    SpyKeys::spread = false;
  }
};

}  // namespace interlox::trie::test
