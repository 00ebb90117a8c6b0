// SPDX-License-Identifier: BSD-3-Clause
#include "vm/weak_ref.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <new>
#include <thread>
#include <vector>

#include "gc/clear_stack.hpp"
#include "gc/heap.hpp"
#include "gc/root.hpp"
#include "gc/stats.hpp"
#include "gc/thread.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"
#include "vm/channel.hpp"
#include "vm/symbol_table.hpp"
#include "vm/unique_table.hpp"

using namespace interlox::vm;
namespace gc = interlox::gc;
namespace test = interlox::test;

namespace {

constexpr std::size_t kMany = 4000;

using Refs = gc::RootVector<WeakRef*>;

std::size_t null_refs(const Refs& refs) {
  return static_cast<std::size_t>(
      std::count_if(refs.begin(), refs.end(), [](const auto* ref) { return ref->get() == nullptr; }));
}

[[gnu::noinline]] bool collect_until(const std::function<bool()>& done) {
  for (int i = 0; i < 5 && !done(); ++i) {
    gc::clear_stack();
    gc::collect();
  }
  return done();
}

}  // namespace

TEST_CASE("a weak reference gives its target as long as that is held, and nothing after") {
  Refs refs;
  gc::RootVector<Box*> held;
  test::run_in_thread([&] {
    for (std::size_t i = 0; i < kMany; ++i) {
      Box* const box = Box::make(Value::number(static_cast<double>(i)));
      if (i % 2 == 0) held.push_back(box);
      refs.push_back(WeakRef::make(box));
      refs.push_back(WeakRef::make(box));  // any number of them
    }
  });
  REQUIRE(refs.front()->is(ObjectKind::weak_ref));
  CHECK(collect_until([&] { return null_refs(refs) >= kMany * 95 / 100; }));
  for (std::size_t i = 0; i < kMany; ++i) {
    Object* const target = refs[i * 2]->get();
    REQUIRE(refs[i * 2 + 1]->get() == target);
    if (i % 2 == 0) REQUIRE(target == held[i / 2]);
    if (target != nullptr) {
      REQUIRE(static_cast<Box*>(target)->value.load().as_number() == static_cast<double>(i));
    }
  }
  std::fill(held.begin(), held.end(), nullptr);
  CHECK(collect_until([&] { return null_refs(refs) >= kMany * 2 * 95 / 100; }));
}

TEST_CASE("targets that keep each other go together, a reference to itself among them") {
  Refs refs;
  test::run_in_thread([&] {
    for (std::size_t i = 0; i < kMany; ++i) {
      Box* const one = Box::make(Value::nil());
      Box* const other = Box::make(Value::object(one));
      one->value.store(Value::object(other));
      refs.push_back(WeakRef::make(one));
      refs.push_back(WeakRef::make(other));
      WeakRef* const chain = WeakRef::make(refs.back());  // to a reference that is held
      refs.push_back(chain);
    }
  });
  gc::clear_stack();
  gc::collect();
  std::size_t gone = 0;
  for (std::size_t i = 0; i < refs.size(); i += 3) {
    REQUIRE((refs[i]->get() == nullptr) == (refs[i + 1]->get() == nullptr));
    REQUIRE(refs[i + 2]->get() == refs[i + 1]);
    gone += refs[i]->get() == nullptr ? 1 : 0;
  }
  CHECK(gone >= kMany * 95 / 100);
}

TEST_CASE("any number of weak references that nobody keeps takes bounded room") {
  const std::size_t heap = gc::stats().heap_bytes;
  test::run_in_thread([&] {
    Box* const lasting = Box::make(Value::nil());
    for (int i = 0; i < 2'000'000 / test::kSlowdown; ++i) {
      const WeakRef* const ref = WeakRef::make(i % 2 == 0 ? lasting : Box::make(Value::nil()));
      if (i % 2 == 0 && ref->get() != lasting) FAIL("a target that is held is gone");
    }
    gc::keep_alive(lasting);
  });
  CHECK(gc::stats().heap_bytes < heap + (100u << 20));
}

TEST_CASE("what has an identity") {
  CHECK(has_identity(Value::object(Box::make(Value::nil()))));
  CHECK(has_identity(Value::object(Channel::make())));
  CHECK(has_identity(Value::object(intern("identity"))));
  CHECK(has_identity(Value::object(UniqueTable::instance().make(Lookup::of_text("identity")))));
  CHECK_FALSE(has_identity(Value::object(String::make("identity"))));
  CHECK_FALSE(has_identity(Value::object(Integer::make(1))));
  CHECK_FALSE(has_identity(Value::number(1)));
  CHECK_FALSE(has_identity(Value::nil()));
  CHECK_FALSE(has_identity(Value::boolean(true)));
  CHECK_FALSE(has_identity(Value::absent()));
}

TEST_CASE(
    "threads that make and read weak references find their targets or nothing, while a collector loops") {
  constexpr std::size_t kSlots = 128;
  auto* const slots =
      static_cast<std::atomic<WeakRef*>*>(gc::allocate_uncollectable(kSlots * sizeof(std::atomic<WeakRef*>)));
  std::atomic<std::uint64_t> wrong{0};
  std::atomic<std::uint64_t> found{0};
  std::atomic<std::uint64_t> gone{0};
  std::atomic<bool> stop{false};
  std::vector<std::jthread> threads;
  for (std::uint64_t id = 0; id < 4; ++id) {
    threads.push_back(gc::start_thread([&, id] {
      std::uint64_t state = id + 1;
      Box* kept = nullptr;
      while (!stop.load()) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        const std::size_t slot = (state >> 33) % kSlots;
        const WeakRef* const ref = slots[slot].load(std::memory_order_acquire);
        auto* const box = ref == nullptr ? nullptr : static_cast<Box*>(ref->get());
        if (box == nullptr) {
          if (ref != nullptr) ++gone;
          Box* const fresh = Box::make(Value::number(static_cast<double>(slot)));
          slots[slot].store(WeakRef::make(fresh), std::memory_order_release);
          if (state >> 60 == 0) kept = fresh;
        } else {
          ++found;
          if (!box->is(ObjectKind::box) || box->value.load() != Value::number(static_cast<double>(slot)))
            ++wrong;
        }
      }
      gc::keep_alive(kept);
    }));
  }
  // Until enough has happened, however little time the other threads get.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while ((found <= 100'000 || gone <= 1000) && std::chrono::steady_clock::now() < end) gc::collect();
  stop.store(true);
  threads.clear();
  gc::free_uncollectable(slots);
  CHECK(wrong == 0);
  CHECK(found > 100'000);
  CHECK(gone > 1000);
}
