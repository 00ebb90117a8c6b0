// SPDX-License-Identifier: BSD-3-Clause
// random: numbers from one generator of the process, for all threads.
//
// Invariants
//   I1  The generator's state is read and changed under its lock only, and is never all zero.
//
// Under the collector: nothing is allocated under the lock; a holder that is stopped delays other users of
// the module only. Source: xoshiro256** 1.0 and splitmix64, D. Blackman and S. Vigna, "Scrambled Linear
// Pseudorandom Number Generators", 2018.
#include <bit>
#include <cmath>
#include <mutex>
#include <random>
#include <utility>

#include "stdlib/modules.hpp"
#include "vm/list.hpp"
#include "vm/native_arguments.hpp"
#include "vm/values.hpp"

namespace interlox::stdlib {
namespace {

using vm::Arguments;
using vm::List;
using vm::Value;

/// A seed that nobody can foresee.
std::uint64_t system_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

class Generator {
 public:
  /// What follows depends on `seed` alone.
  void seed(std::uint64_t seed) {
    const std::lock_guard guard(lock_);
    // splitmix64 gives each word in some order: four of them are never all zero.
    for (std::uint64_t& word : state_) {
      seed += 0x9e3779b97f4a7c15u;
      std::uint64_t z = seed;
      z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
      z = (z ^ z >> 27) * 0x94d049bb133111ebu;
      word = z ^ z >> 31;
    }
  }

  /// 64 random bits.
  std::uint64_t next() {
    const std::lock_guard guard(lock_);
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// Each number below `limit`, which is not 0, with the same probability.
  std::uint64_t below(std::uint64_t limit) {
    const std::uint64_t mask = ~std::uint64_t{0} >> std::countl_zero(limit | 1);
    while (true) {
      const std::uint64_t bits = next() & mask;  // below twice the limit: two tries on average, at most
      if (bits < limit) return bits;
    }
  }

  static Generator& instance() {
    static Generator generator;
    return generator;
  }

 private:
  Generator() { seed(system_seed()); }

  std::mutex lock_;
  std::uint64_t state_[4];
};

/// seed(n?): without a number, from the system.
Value seed(const Arguments& in) {
  if (!in.has(0)) {
    Generator::instance().seed(system_seed());
    return Value::nil();
  }
  const auto n = in.number(0, "seed");
  if (!n) return Value::absent();
  Generator::instance().seed(Value::number(*n + 0.0).bits());  // -0 is 0
  return Value::nil();
}

/// number(): at least 0 and below 1, a multiple of 2^-53.
Value number(const Arguments& /*in*/) {
  return Value::number(static_cast<double>(Generator::instance().next() >> 11) * 0x1p-53);
}

/// integer(from, to): at least `from` and below `to`, as in the range from..to.
Value integer(const Arguments& in) {
  const auto from = in.integer(0, "start");
  if (!from) return Value::absent();
  const auto to = in.integer(1, "end");
  if (!to) return Value::absent();
  constexpr double kMost = 0x1p53;
  if (std::fabs(*from) > kMost) return in.fail(0, "start", "between -2^53 and 2^53");
  if (std::fabs(*to) > kMost) return in.fail(1, "end", "between -2^53 and 2^53");
  if (*to <= *from) return in.fail(1, "end", "greater than the start");
  const auto first = static_cast<std::int64_t>(*from);
  const auto count = static_cast<std::uint64_t>(static_cast<std::int64_t>(*to) - first);
  const auto offset = static_cast<std::int64_t>(Generator::instance().below(count));
  return Value::number(static_cast<double>(first + offset));
}

List* list_argument(const Arguments& in) {
  return in.object<List>(0, vm::ObjectKind::list, "argument", "a list");
}

/// choice(list): one of its elements.
Value choice(const Arguments& in) {
  const List* const list = list_argument(in);
  if (list == nullptr) return Value::absent();
  while (true) {
    const std::uint32_t length = list->length();
    if (length == 0) return in.thread().raise("Cannot choose from an empty list.");
    const Value chosen = list->get(Generator::instance().below(length));
    if (!chosen.is_absent()) return chosen;  // else another thread has just removed it
  }
}

/// shuffle(list): in place; gives the list.
Value shuffle(const Arguments& in) {
  List* const list = list_argument(in);
  if (list == nullptr) return Value::absent();
  vm::Values elements;
  for (std::uint32_t i = 0; i < list->length(); ++i) {
    const Value element = list->get(i);
    if (!element.is_absent()) elements.push_back(element);
  }
  for (std::size_t left = elements.size(); left > 1; --left) {
    std::swap(elements[left - 1], elements[Generator::instance().below(left)]);
  }
  list->assign(elements.data(), elements.size());
  return in[0];
}

constexpr vm::NativeMember kMembers[] = {
    vm::method("seed", {0, 1}, seed), vm::method("number", 0, number),   vm::method("integer", 2, integer),
    vm::method("choice", 1, choice),  vm::method("shuffle", 1, shuffle),
};

}  // namespace

constinit const std::span<const vm::NativeMember> random_members(kMembers);

}  // namespace interlox::stdlib
