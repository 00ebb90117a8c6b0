// SPDX-License-Identifier: BSD-3-Clause
#include "vm/unique_table.hpp"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cmath>
#include <cstring>
#include <new>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "gc/heap.hpp"
#include "gc/recording.hpp"
#include "gc/trace.hpp"
#include "gc/trie_policy.hpp"
#include "gc/weak.hpp"
#include "trie/canonical_set.hpp"
#include "vm/concurrent_map.hpp"
#include "vm/lasting_fault.hpp"
#include "vm/pruner.hpp"

namespace interlox::vm {
namespace {

const Tuple* tuple_of(const Lookup& content) noexcept {
  const bool is_tuple = content.kind == Lookup::Kind::word && is_object(content.word, ObjectKind::tuple);
  return is_tuple ? as<Tuple>(content.word) : nullptr;
}

// Both recurse no deeper than Tuple::kMaxDepth.
std::uint64_t content_hash(const Lookup& content, std::uint64_t seed) noexcept {
  const Tuple* const tuple = tuple_of(content);
  if (tuple == nullptr) return vm::hash(content, seed);
  std::uint64_t all = trie::hash_integer(tuple->count, ~seed);
  for (std::uint32_t i = 0; i < tuple->count; ++i) {
    all = trie::hash_integer(all ^ content_hash(lookup_of(tuple->elements[i]), seed), seed);
  }
  return all;
}

bool same_content(const Lookup& a, const Lookup& b) noexcept {
  const Tuple* const left = tuple_of(a);
  const Tuple* const right = tuple_of(b);
  if (left == nullptr || right == nullptr) return same(a, b);
  if (left == right) return true;
  if (left->count != right->count) return false;
  for (std::uint32_t i = 0; i < left->count; ++i) {
    if (!same_content(lookup_of(left->elements[i]), lookup_of(right->elements[i]))) return false;
  }
  return true;
}

}  // namespace

// A text may be asked for as such: that is what most handles are made from, and so it needs no Lookup on the
// way. The tails of entries tell texts apart: for those a search does not touch the handles.
struct UniqueTraits {
  using Tail = UniqueText;

  static std::uint64_t hash(std::string_view text, std::uint64_t seed) noexcept {
    return trie::hash_bytes(text, seed);  // as vm::hash() of a text
  }
  static std::uint64_t hash(const Lookup& content, std::uint64_t seed) noexcept {
    return content_hash(content, seed);
  }
  static std::uint64_t hash(const Unique& handle, std::uint64_t seed) noexcept {
    return content_hash(handle.lookup(), seed);
  }
  static bool equal(const Unique& /*stored*/, const UniqueText& tail, std::string_view text) noexcept {
    return tail.is_text() && tail.view() == text;
  }
  static bool equal(const Unique& stored, const UniqueText& tail, const Lookup& content) noexcept {
    const bool wants_text = content.kind == Lookup::Kind::text;
    if (wants_text || tail.is_text()) return wants_text && tail.is_text() && tail.view() == content.text;
    return same_content(stored.lookup(), content);
  }
  static bool equal(const Unique& stored, const UniqueText& tail, const Unique& handle) noexcept {
    return equal(stored, tail, handle.lookup());
  }

  static std::size_t tail_bytes(const UniqueText& tail) noexcept {
    return sizeof(tail.length) + (tail.is_text() ? tail.view().size() + 1 : 0);
  }
  static std::size_t tail_bytes(std::string_view text) noexcept {
    return sizeof(UniqueText::length) + text.size() + 1;
  }
  static std::size_t tail_bytes(const Lookup& content) noexcept {
    return content.kind == Lookup::Kind::text ? tail_bytes(content.text) : sizeof(UniqueText::length);
  }
  static void construct_tail(void* place, std::string_view text) noexcept {
    const auto length = static_cast<std::uint32_t>(text.size());
    char* const to = static_cast<char*>(place);
    std::memcpy(to, &length, sizeof(length));
    if (!text.empty()) std::memcpy(to + sizeof(length), text.data(), text.size());
    to[sizeof(length) + text.size()] = '\0';
  }
  static void construct_tail(void* place, const Lookup& content) noexcept {
    if (content.kind == Lookup::Kind::text) return construct_tail(place, content.text);
    std::memcpy(place, &UniqueText::kNone, sizeof(UniqueText::kNone));
  }
  static void attach(Unique& handle, const void* entry) noexcept {
    if (handle.is_text()) handle.bits_ = reinterpret_cast<std::uintptr_t>(entry);
  }

  static constexpr const char* kTitle = "handles";
  static void describe(std::string& text, const Unique& handle) { text += describe_briefly(handle.lookup()); }
};

Tuple* Tuple::make(std::uint32_t count) {
  // A word more than is used: the end of the elements must lie inside of the block (gc/heap.hpp).
  const std::size_t bytes = sizeof(Tuple) + count * sizeof(Value);
  auto* const tuple = ::new (gc::allocate(bytes)) Tuple(count);
  std::fill_n(tuple->elements, count, Value::nil());
  return tuple;
}

Unique* Unique::make(const Lookup& content) {
  if (content.kind == Lookup::Kind::text) {
    if (content.text.size() > String::kMaxLength) throw std::length_error("string is too long");
    return ::new (gc::allocate(sizeof(Unique))) Unique();
  }
  assert(UniqueTable::can_hold(content));
  const Value word = make_value(content);
  void* const block =
      word.is_object() ? gc::allocate(sizeof(Unique)) : gc::allocate_pointer_free(sizeof(Unique));
  return ::new (block) Unique(word);
}

struct UniqueTable::Set {
  gc::WeakRegistry registry{gc::WeakRegistry::Tokens::kKeep};
  using Handles = trie::CanonicalSet<Unique, UniqueTraits, gc::WeakTriePolicy>;
  static_assert(Handles::kTailOffset == Unique::kTextOffset);
  Handles handles{gc::WeakTriePolicy(registry)};
};

constinit std::atomic<UniqueTable::Set*> UniqueTable::made{nullptr};

UniqueTable& UniqueTable::instance() {
  static UniqueTable table;
  return table;
}

UniqueTable::UniqueTable() : set_(::new (gc::allocate_uncollectable(sizeof(Set))) Set()) {
  made.store(set_, std::memory_order_release);  // (1) pairs with (2)
  gc::trace::add_gauge("handles", "live", []() noexcept -> std::uint64_t { return counts().live; });
  gc::recording::count_handles_by([]() noexcept -> gc::recording::HandleCounts {
    const trie::CanonicalStats stats = counts();
    return {stats.misses, stats.cleared};
  });
  keep_pruned(set_->handles);
}

Unique* UniqueTable::make(const Lookup& content) {
  if (content.kind == Lookup::Kind::text) {
    return set_->handles.make(content.text, [&content](std::uint64_t) { return Unique::make(content); });
  }
  return set_->handles.make(content, [&content](std::uint64_t) { return Unique::make(content); });
}

Unique* UniqueTable::find(const Lookup& content) const {
  if (content.kind == Lookup::Kind::text) return set_->handles.find(content.text);
  return set_->handles.find(content);
}

bool UniqueTable::can_hold(const Lookup& content) noexcept {
  if (content.kind == Lookup::Kind::number) return !std::isnan(content.number);
  if (content.kind != Lookup::Kind::word || !content.word.is_object()) return true;
  switch (content.word.as_object()->kind()) {
    case ObjectKind::symbol:
    case ObjectKind::unique:
    case ObjectKind::tuple:
      return true;
    default:
      return false;
  }
}

std::size_t UniqueTable::count() const noexcept { return set_->handles.count(); }

trie::CanonicalStats UniqueTable::stats() const { return set_->handles.stats(); }

trie::CanonicalStats UniqueTable::counts() noexcept {
  const Set* const set = made.load(std::memory_order_acquire);  // (2) pairs with (1)
  return set == nullptr ? trie::CanonicalStats() : set->handles.counts();
}

void UniqueTable::for_each(const std::function<void(Unique&)>& visit) const { set_->handles.for_each(visit); }

namespace {

void print_handle(std::ostream& out, const Unique& handle) { out << describe(handle.lookup()); }

}  // namespace

std::string UniqueTable::dump() const {
  std::ostringstream out;
  set_->handles.dump(out, print_handle);
  return out.str();
}

std::string UniqueTable::dot() const {
  std::ostringstream out;
  set_->handles.dot(out, print_handle);
  return out.str();
}

std::optional<std::string> UniqueTable::check() const {
  return lasting_fault([this] { return set_->handles.check(); });
}

void UniqueTable::walk_memory(TableVisitor& visitor) const {
  detail::SetVisitor inner{visitor};
  set_->handles.walk_memory(inner);
}

}  // namespace interlox::vm
