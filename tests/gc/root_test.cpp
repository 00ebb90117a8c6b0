// SPDX-License-Identifier: BSD-3-Clause
#include "gc/root.hpp"

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <sys/mman.h>
#include <unordered_map>

#include "gc/thread.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"

namespace gc = interlox::gc;
using interlox::test::run_in_thread;
using interlox::test::Watcher;

namespace {

struct Object {
  std::uint64_t number;
};

Object* make_object(Watcher& watcher, std::uint64_t number) {
  return watcher.watch(new (gc::allocate(sizeof(Object))) Object{number});
}

// Memory like a value stack's: mapped, and no part of the collected heap.
class Mapping {
 public:
  explicit Mapping(std::size_t words)
      : bytes_(words * sizeof(void*)),
        base_(mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    REQUIRE(base_ != MAP_FAILED);
  }
  ~Mapping() { munmap(base_, bytes_); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  [[nodiscard]] void** slots() const { return static_cast<void**>(base_); }
  [[nodiscard]] void** end() const { return slots() + bytes_ / sizeof(void*); }

 private:
  std::size_t bytes_;
  void* base_;
};

}  // namespace

TEST_CASE("a Root in malloc's memory keeps its target, and lets go of it") {
  constexpr std::size_t kRoots = 2000;
  Watcher watcher(kRoots);
  auto roots = std::make_unique<std::vector<gc::Root<Object>>>();
  run_in_thread([&] {
    for (std::size_t i = 0; i < kRoots; ++i) roots->emplace_back(make_object(watcher, i));
  });
  gc::clear_stack();
  gc::collect();
  gc::collect();
  CHECK(watcher.dead() == 0);
  bool intact = true;
  for (std::size_t i = 0; i < kRoots; ++i)
    intact = intact && (*roots)[i]->number == i && (*(*roots)[i]).number == i;
  CHECK(intact);
  SECTION("when it is set to null") {
    for (gc::Root<Object>& root : *roots) root.set(nullptr);
    CHECK_FALSE((*roots)[0]);
  }
  SECTION("when it dies") { roots.reset(); }
  CHECK(watcher.collect_until_dead());
}

TEST_CASE("a Root moves") {
  Watcher watcher(2);
  Object* const one = make_object(watcher, 1);
  Object* const two = make_object(watcher, 2);
  gc::Root<Object> a(one);
  gc::Root<Object> b(std::move(a));
  CHECK(b.get() == one);
  gc::Root<Object> c(two);
  c = std::move(b);
  CHECK(c.get() == one);
  CHECK(c);
  gc::Root<void> untyped(one);
  CHECK(untyped.get() == one);
}

TEST_CASE("a RootVector's elements are scanned, wherever the vector lies") {
  constexpr std::size_t kObjects = 3000;
  Watcher watcher(kObjects);
  auto vector = std::make_unique<gc::RootVector<Object*>>();
  run_in_thread([&] {
    for (std::size_t i = 0; i < kObjects; ++i)
      vector->push_back(make_object(watcher, i));  // grows many times
  });
  gc::clear_stack();
  gc::collect();
  gc::collect();
  CHECK(watcher.dead() == 0);
  bool intact = true;
  for (std::size_t i = 0; i < kObjects; ++i) intact = intact && (*vector)[i]->number == i;
  CHECK(intact);
  vector.reset();
  CHECK(watcher.collect_until_dead());
}

TEST_CASE("RootAllocator serves other containers and refuses impossible counts") {
  Watcher watcher(1000);
  using Pair = std::pair<const int, Object*>;
  std::unordered_map<int, Object*, std::hash<int>, std::equal_to<>, gc::RootAllocator<Pair>> map;
  run_in_thread([&] {
    for (int i = 0; i < 1000; ++i) map.emplace(i, make_object(watcher, static_cast<std::uint64_t>(i)));
  });
  gc::clear_stack();
  gc::collect();
  CHECK(watcher.dead() == 0);
  CHECK(map.at(999)->number == 999);
  map.clear();
  CHECK(watcher.collect_until_dead());
  gc::RootAllocator<std::uint64_t> allocator;
  CHECK_THROWS_AS(allocator.allocate(std::numeric_limits<std::size_t>::max() / 4), gc::OutOfMemory);
  CHECK(allocator == gc::RootAllocator<char>());
}

TEST_CASE("a ScannedRange is scanned below its top and not above") {
  constexpr std::size_t kSlots = 3000;
  constexpr std::size_t kLive = 1000;
  const Mapping stack(1 << 16);
  gc::ScannedRange range(stack.slots(), stack.end());
  CHECK(range.base() == stack.slots());
  CHECK(range.top() == stack.slots());
  CHECK(range.end() == stack.end());
  Watcher live(kLive);
  Watcher stale(kSlots - kLive);
  run_in_thread([&] {
    for (std::size_t i = 0; i < kSlots; ++i) {
      range.set_top(stack.slots() + i + 1);
      stack.slots()[i] = make_object(i < kLive ? live : stale, i);
    }
  });
  gc::clear_stack();
  gc::collect();
  CHECK(live.dead() == 0);
  CHECK(stale.dead() == 0);
  range.set_top(stack.slots() + kLive);
  CHECK(stale.collect_until_dead());
  CHECK(live.dead() == 0);
  bool intact = true;
  for (std::size_t i = 0; i < kLive; ++i)
    intact = intact && static_cast<Object*>(stack.slots()[i])->number == i;
  CHECK(intact);
  range.set_top(stack.slots());
  CHECK(live.collect_until_dead());
}

TEST_CASE("a ScannedRange can be told by its owner where its top is") {
  struct Owner {
    void** slots;
    std::size_t used;
    static void* find_top(const void* owner) noexcept {
      const Owner& self = *static_cast<const Owner*>(owner);
      return self.slots + self.used;
    }
  };
  constexpr std::size_t kSlots = 2000;
  const Mapping stack(1 << 16);
  Owner owner{stack.slots(), 0};
  const gc::ScannedRange range(stack.slots(), stack.end(), Owner::find_top, &owner);
  CHECK(range.top() == stack.slots());
  Watcher live(kSlots / 2);
  Watcher stale(kSlots / 2);
  run_in_thread([&] {
    for (std::size_t i = 0; i < kSlots; ++i) {
      owner.used = i + 1;
      stack.slots()[i] = make_object(i < kSlots / 2 ? live : stale, i);
    }
  });
  CHECK(range.top() == stack.slots() + kSlots);
  gc::clear_stack();
  gc::collect();
  CHECK(live.dead() == 0);
  CHECK(stale.dead() == 0);
  owner.used = kSlots / 2;
  CHECK(stale.collect_until_dead());
  CHECK(live.dead() == 0);
}

TEST_CASE("a ScannedRange that is gone is not scanned") {
  const Mapping stack(4096);
  Watcher watcher(2000);
  {
    gc::ScannedRange outer(stack.slots() + 4000, stack.end());
    gc::ScannedRange range(stack.slots(), stack.slots() + 4000);
    const gc::ScannedRange third(stack.end(), stack.end());
    run_in_thread([&] {
      range.set_top(stack.slots() + 2000);
      for (std::size_t i = 0; i < 2000; ++i) stack.slots()[i] = make_object(watcher, i);
    });
    gc::clear_stack();
    gc::collect();
    CHECK(watcher.dead() == 0);
  }
  CHECK(watcher.collect_until_dead());
}

TEST_CASE("ranges come and go, and tops move, while another thread collects") {
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::atomic<int> collections{0};
  {
    std::vector<std::jthread> owners;
    for (int owner = 0; owner < 3; ++owner) {
      owners.push_back(gc::start_thread([&] {
        void** const slots = static_cast<void**>(
            mmap(nullptr, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        while (!stop.load(std::memory_order_relaxed)) {
          gc::ScannedRange range(slots, slots + 8192);
          for (std::uint64_t i = 0; i < 500; ++i) {
            range.set_top(slots + i + 1);  // first: once stored, the slot may be the only reference
            slots[i] = new (gc::allocate(sizeof(Object))) Object{i};
          }
          for (std::uint64_t i = 500; i-- > 0;) {
            const auto* const object = static_cast<const Object*>(slots[i]);
            if (object->number != i) wrong.fetch_add(1, std::memory_order_relaxed);
            range.set_top(slots + i);
          }
        }
        munmap(slots, 1 << 16);
      }));
    }
    for (int i = 0; i < 100; ++i) {
      gc::collect();
      collections.fetch_add(1, std::memory_order_relaxed);
    }
    stop.store(true, std::memory_order_relaxed);
  }
  CHECK(collections.load() == 100);
  CHECK(wrong.load() == 0);
}

TEST_CASE("thousands of ranges do not overflow the collector's mark stack") {
  constexpr std::size_t kRanges = 6000;
  const Mapping stack(kRanges);
  Watcher watcher(kRanges);
  std::vector<std::unique_ptr<gc::ScannedRange>> ranges;
  run_in_thread([&] {
    for (std::size_t i = 0; i < kRanges; ++i) {
      ranges.push_back(std::make_unique<gc::ScannedRange>(stack.slots() + i, stack.slots() + i + 1));
      ranges.back()->set_top(stack.slots() + i + 1);
      stack.slots()[i] = make_object(watcher, i);
    }
  });
  gc::clear_stack();
  gc::collect();
  CHECK(watcher.dead() == 0);
}
