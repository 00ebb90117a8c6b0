// SPDX-License-Identifier: BSD-3-Clause
// Counted nodes. They are of kinds with a disclaim procedure, which bdwgc calls for each dead cell as it
// sweeps, and for each free one too. So a counted node ends in a word that tells it from a free cell, and
// these kinds are always zeroed, lest a fresh cell holds that word by chance.
#include "gc/trie_policy.hpp"

#include <cstdint>
#include <cstring>

#include "gc/bdwgc.hpp"

namespace interlox::gc::detail {

constinit bool counting_nodes = false;

namespace {

constexpr std::uint64_t kNodeMark = 0xC0DE'0000'11FE'0001u;  // no pointer looks like this
constexpr std::size_t kCacheLine = 64;

constinit unsigned pointerful_kind = 0;
constinit unsigned pointer_free_kind = 0;

// relaxed throughout: counts that order nothing
constinit std::atomic<std::uint64_t> allocated{0};
constinit std::atomic<std::uint64_t> retired{0};
constinit std::atomic<std::uint64_t> reclaimed{0};

char* mark_of(void* cell) noexcept { return static_cast<char*>(cell) + GC_size(cell) - sizeof(kNodeMark); }

int GC_CALLBACK disclaim(void* cell) {
  std::uint64_t mark = 0;
  std::memcpy(&mark, mark_of(cell), sizeof(mark));
  if (mark == kNodeMark) {
    mark = 0;
    std::memcpy(mark_of(cell), &mark, sizeof(mark));
    reclaimed.fetch_add(1, std::memory_order_relaxed);
    recording::node_reclaimed(cell);
  }
  return 0;  // the cell may go
}

unsigned make_kind(GC_word descriptor, int descriptor_grows_by_size) {
  const unsigned kind = GC_new_kind(GC_new_free_list(), descriptor, descriptor_grows_by_size, 1);
  GC_register_disclaim_proc(static_cast<int>(kind), disclaim, 0);
  return kind;
}

}  // namespace

void start_counting_nodes() {
  pointerful_kind = make_kind(GC_DS_LENGTH, 1);
  pointer_free_kind = make_kind(GC_DS_LENGTH, 0);
  counting_nodes = true;
  trace::detail::watching.fetch_or(trace::detail::kCountingNodes, std::memory_order_relaxed);
}

void* allocate_counted_node(std::size_t bytes, bool may_hold_pointers) {
  before_allocation(bytes);
  // Cells lie at multiples of their size in a page, so two lines keep a node of one line aligned.
  const std::size_t request = bytes == kCacheLine ? 2 * kCacheLine : bytes + sizeof(kNodeMark);
  const int kind = static_cast<int>(may_hold_pointers ? pointerful_kind : pointer_free_kind);
  void* const cell = attempt_twice([request, kind] { return GC_generic_malloc(request, kind); });
  if (cell == nullptr) throw OutOfMemory(bytes);
  std::memcpy(mark_of(cell), &kNodeMark, sizeof(kNodeMark));
  allocated.fetch_add(1, std::memory_order_relaxed);
  return cell;
}

void count_retired_node(const void* node) noexcept {
  if (counting_nodes) retired.fetch_add(1, std::memory_order_relaxed);
  recording::detail::node_retired(node);
  trace::structure_changed(trace::Structure::retirement);
}

bool is_pointer_free_node_kind(int kind) noexcept {
  return counting_nodes && kind == static_cast<int>(pointer_free_kind);
}

NodeCounts node_counts() noexcept {
  return {allocated.load(std::memory_order_relaxed), retired.load(std::memory_order_relaxed),
          reclaimed.load(std::memory_order_relaxed)};
}

}  // namespace interlox::gc::detail
