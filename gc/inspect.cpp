// SPDX-License-Identifier: BSD-3-Clause
#include "gc/inspect.hpp"

#include <atomic>

#include "gc/bdwgc.hpp"
#include "gc/events.hpp"

namespace interlox::gc {

namespace {

// bdwgc names the first two of its kinds; uncollectable blocks are of the one that comes next.
constexpr int kUncollectableKind = GC_I_NORMAL + 1;

// One inspection, as a listener. It may be told of several marks; the first is the one.
struct Inspection {
  void (*function)(void* context) noexcept;
  void* context;
  std::atomic<bool> done{false};

  static void listen(void* self, Event event) noexcept {
    auto& inspection = *static_cast<Inspection*>(self);
    // relaxed, both: collections come one after the other, under the heap's lock
    if (event != Event::kMarkEnd || inspection.done.load(std::memory_order_relaxed)) return;
    inspection.function(inspection.context);
    inspection.done.store(true, std::memory_order_release);  // (1) pairs with (2)
  }
};

// Among the listeners for as long as it lives.
class Listening {
 public:
  explicit Listening(Inspection& inspection) : inspection_(inspection) {
    add_event_listener(Inspection::listen, &inspection_);
  }
  ~Listening() { remove_event_listener(Inspection::listen, &inspection_); }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

 private:
  Inspection& inspection_;
};

struct Visit {
  void (*function)(void* context, const LiveBlock& block);
  void* context;
};

LiveBlock::Kind kind_of(void* block) noexcept {
  const int kind = GC_get_kind_and_size(block, nullptr);
  if (kind == GC_I_PTRFREE || detail::is_pointer_free_node_kind(kind)) return LiveBlock::Kind::kPointerFree;
  return kind == kUncollectableKind ? LiveBlock::Kind::kUncollectable : LiveBlock::Kind::kScanned;
}

}  // namespace

bool inspect_heap(void (*function)(void* context) noexcept, void* context) {
  Inspection inspection{function, context};
  const Listening listening(inspection);
  // One collection does it, unless its mark is given up, or a program that uses bdwgc itself has turned
  // collections off.
  constexpr int kTries = 100;
  bool done = false;
  for (int i = 0; i < kTries && !done; ++i) {
    detail::collect_once();
    done = inspection.done.load(std::memory_order_acquire);  // (2) pairs with (1)
  }
  return done;
}

void for_each_live_block(void (*visit)(void* context, const LiveBlock& block), void* context) noexcept {
  Visit all{visit, context};
  const auto each = [](void* block, std::size_t bytes, void* data) {
    const auto& visit_one = *static_cast<const Visit*>(data);
    visit_one.function(visit_one.context, {block, bytes, kind_of(block)});
  };
  GC_enumerate_reachable_objects_inner(each, &all);
}

}  // namespace interlox::gc
