// SPDX-License-Identifier: BSD-3-Clause
#include "gc/root.hpp"

#include "gc/bdwgc.hpp"

namespace interlox::gc {

// The ranges, linked through themselves (I1).
struct ScannedRanges {
  static void add(ScannedRange& range) noexcept {
    const detail::HeapLock hold;
    range.next_ = head;
    if (head != nullptr) head->previous_ = &range;
    head = &range;
  }

  static void remove(ScannedRange& range) noexcept {
    const detail::HeapLock hold;
    (range.previous_ != nullptr ? range.previous_->next_ : head) = range.next_;
    if (range.next_ != nullptr) range.next_->previous_ = range.previous_;
  }

  // Called with the world stopped. The eager form checks word by word and copes with a full mark stack;
  // pushing whole ranges would end the process once there are some thousand.
  static void GC_CALLBACK push() {
    for (const ScannedRange* range = head; range != nullptr; range = range->next_) {
      GC_push_all_eager(range->base_, range->top());  // the owner stands still, or is this thread
    }
    if (previous_push != nullptr) previous_push();  // the threads' stacks
  }

  static constinit ScannedRange* head;
  static constinit GC_push_other_roots_proc previous_push;
};

constinit ScannedRange* ScannedRanges::head = nullptr;
constinit GC_push_other_roots_proc ScannedRanges::previous_push = nullptr;

namespace detail {

void start_scanned_ranges() {
  const HeapLock hold;
  ScannedRanges::previous_push = GC_get_push_other_roots();
  GC_set_push_other_roots(ScannedRanges::push);
}

}  // namespace detail

ScannedRange::ScannedRange(void* base, void* end, FindTop find_top, const void* owner) noexcept
    : base_(base), end_(end), top_(base), find_top_(find_top), owner_(owner) {
  ScannedRanges::add(*this);
}

ScannedRange::~ScannedRange() { ScannedRanges::remove(*this); }

}  // namespace interlox::gc
