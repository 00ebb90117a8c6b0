// SPDX-License-Identifier: BSD-3-Clause
#include "gc/inspect.hpp"

#include <array>
#include <cstddef>

#include "gc/heap.hpp"
#include "gc/root.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"

namespace gc = interlox::gc;

namespace {

/// What an inspection says of some blocks.
struct Look {
  std::array<const void*, 4> wanted{};
  std::array<gc::LiveBlock, 4> found{};
  std::array<int, 4> times{};
  int calls = 0;

  void take() {
    const auto look = [](void* self) noexcept {
      ++static_cast<Look*>(self)->calls;
      gc::for_each_live_block([](void* s, const gc::LiveBlock& b) { static_cast<Look*>(s)->add(b); }, self);
    };
    REQUIRE(gc::inspect_heap(look, this));
  }

 private:
  void add(const gc::LiveBlock& block) {
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (wanted[i] != block.address) continue;
      found[i] = block;
      ++times[i];
    }
  }
};

}  // namespace

TEST_CASE("an inspection shows each live block once, with its size and kind") {
  auto* const scanned = gc::allocate(100);
  auto* const pointer_free = gc::allocate_pointer_free(40);
  auto* const large = gc::allocate(100'000);
  auto* const uncollectable = gc::allocate_uncollectable(24);
  Look look;
  look.wanted = {scanned, pointer_free, large, uncollectable};
  look.take();
  CHECK(look.calls == 1);
  CHECK(look.times == std::array{1, 1, 1, 1});
  CHECK(look.found[0].bytes >= 100);
  CHECK(look.found[0].bytes <= 128);
  CHECK(look.found[1].bytes == 48);
  CHECK(look.found[2].bytes >= 100'000);
  CHECK(look.found[0].kind == gc::LiveBlock::Kind::kScanned);
  CHECK(look.found[1].kind == gc::LiveBlock::Kind::kPointerFree);
  CHECK(look.found[2].kind == gc::LiveBlock::Kind::kScanned);
  CHECK(look.found[3].kind == gc::LiveBlock::Kind::kUncollectable);
  gc::keep_alive(scanned);
  gc::keep_alive(pointer_free);
  gc::keep_alive(large);
  gc::free_uncollectable(uncollectable);
}

TEST_CASE("an inspection does not show what is dead") {
  constexpr std::size_t kBlocks = 100'000;
  struct Count {
    std::size_t blocks = 0;
    static void all(void* self) noexcept {
      gc::for_each_live_block([](void* s, const gc::LiveBlock&) { ++static_cast<Count*>(s)->blocks; }, self);
    }
  };
  Count before;
  REQUIRE(gc::inspect_heap(Count::all, &before));
  interlox::test::run_in_thread([] {
    for (std::size_t i = 0; i < kBlocks; ++i) gc::keep_alive(gc::allocate(32));
  });
  Count after;
  REQUIRE(gc::inspect_heap(Count::all, &after));
  CHECK(after.blocks < before.blocks + kBlocks / 10);
}
