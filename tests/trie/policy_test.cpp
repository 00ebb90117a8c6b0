// SPDX-License-Identifier: BSD-3-Clause
// What a policy is told of a map's structure, if it wants to be.
#include "trie/policy.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <thread>

#include "tests/support/catch.hpp"
#include "trie/hash_trie_map.hpp"
#include "trie/std_policy.hpp"

using namespace interlox::trie;

namespace {

struct Noted {
  std::uint64_t times = 0;
  std::uint64_t began = 0;
  std::size_t slots = 0;
};
std::array<Noted, 6> noted;

const Noted& of(StructureEvent event) { return noted[static_cast<std::size_t>(event)]; }

// An arena that keeps what it is told. For one thread at a time.
class NotingPolicy : public StdPolicy {
 public:
  static std::uint64_t clock() noexcept { return 17; }
  static void noted(StructureEvent event, std::uint64_t began, std::size_t slots) noexcept {
    Noted& one = ::noted[static_cast<std::size_t>(event)];
    one = {one.times + 1, began, slots};
  }
};

static_assert(NotedPolicy<NotingPolicy> && !NotedPolicy<StdPolicy>);

using Map = HashTrieMap<std::uint64_t, std::uint64_t, KeyTraits<std::uint64_t>, NotingPolicy>;

}  // namespace

TEST_CASE("a policy is told how the structure of a map changes, with times and sizes") {
  noted = {};
  Map map;
  for (std::uint64_t i = 0; i < 10'000; ++i) map.store(i, i);
  CHECK(of(StructureEvent::kGrowth).times > 5);
  CHECK(of(StructureEvent::kGrowth).began == 17);
  const std::size_t slots = of(StructureEvent::kGrowth).slots;
  CHECK(slots == std::size_t{8} << of(StructureEvent::kGrowth).times);
  CHECK(of(StructureEvent::kSplit).times > 500);
  CHECK(of(StructureEvent::kSplit).began == 0);
  CHECK(of(StructureEvent::kShrinkage).times == 0);
  for (std::uint64_t i = 0; i < 10'000; ++i) map.erase(i);
  CHECK(of(StructureEvent::kShrinkage).times == of(StructureEvent::kGrowth).times);
  CHECK(of(StructureEvent::kShrinkage).began == 17);
  CHECK(of(StructureEvent::kShrinkage).slots == 8);
  CHECK(of(StructureEvent::kMerge).times > 50);
  map.store(1, 1);
  CHECK(of(StructureEvent::kClear).times == 0);
  map.clear();
  CHECK(of(StructureEvent::kClear).times == 1);
  CHECK(of(StructureEvent::kClear).began == 17);
  CHECK(of(StructureEvent::kClear).slots == 8);
  CHECK(of(StructureEvent::kWait).times == 0);
}

TEST_CASE("a policy is told of a thread that waits for a leaf longer than it spins, not of others") {
  using Leaf = detail::Leaf<NotingPolicy>;
  noted = {};
  Leaf leaf(detail::Header::empty(3));
  CHECK(leaf.await().is_open());
  const detail::Header open = leaf.lock();
  CHECK(of(StructureEvent::kWait).times == 0);
  std::thread waiter([&leaf] { leaf.await(); });
  while (!leaf.header().is_contended()) std::this_thread::yield();
  leaf.unlock(open);
  waiter.join();
  CHECK(of(StructureEvent::kWait).times == 1);
  CHECK(of(StructureEvent::kWait).began == 17);
}
