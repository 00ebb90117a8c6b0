// SPDX-License-Identifier: BSD-3-Clause
#include "vm/unique_table.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string_view>

#include "gc/heap.hpp"
#include "gc/trie_policy.hpp"
#include "gc/weak.hpp"
#include "trie/canonical_set.hpp"
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

// A text may be asked for as such: that is what most handles are made from, and so it needs no Lookup on the
// way.
struct UniqueTraits {
  static std::uint64_t hash(std::string_view text, std::uint64_t seed) noexcept {
    return trie::hash_bytes(text, seed);  // as vm::hash() of a text
  }
  static std::uint64_t hash(const Lookup& content, std::uint64_t seed) noexcept {
    if (content.kind == Lookup::Kind::text) [[likely]]
      return trie::hash_bytes(content.text, seed);  // as content_hash() does
    return content_hash(content, seed);
  }
  static std::uint64_t hash(const Unique& handle, std::uint64_t seed) noexcept {
    return content_hash(handle.lookup(), seed);
  }
  static bool equal(const Unique& stored, std::string_view text) noexcept {
    return stored.is_text() && stored.text() == text;
  }
  static bool equal(const Unique& stored, const Lookup& content) noexcept {
    if (content.kind == Lookup::Kind::text) [[likely]]
      return stored.is_text() && stored.text() == content.text;
    return same_content(stored.lookup(), content);
  }
  static bool equal(const Unique& stored, const Unique& handle) noexcept {
    return same_content(stored.lookup(), handle.lookup());
  }
};

}  // namespace

Tuple* Tuple::make(std::uint32_t count) {
  // A word more than is used: the end of the elements must lie inside of the block (gc/heap.hpp).
  const std::size_t bytes = sizeof(Tuple) + count * sizeof(Value);
  auto* const tuple = ::new (gc::allocate(bytes)) Tuple(count);
  std::fill_n(tuple->elements, count, Value::nil());
  return tuple;
}

Unique::Unique(Value word) noexcept : Object(ObjectKind::unique), payload_{} {
  const std::uint64_t bits = word.bits();
  std::memcpy(payload_, &bits, sizeof(bits));
}

Unique::Unique(std::string_view text) noexcept : Object(ObjectKind::unique), payload_{} {
  flags = kText;
  const auto length = static_cast<std::uint32_t>(text.size());
  char* const payload = reinterpret_cast<char*>(this) + sizeof(Object);
  std::memcpy(payload, &length, sizeof(length));
  if (!text.empty()) std::memcpy(payload + sizeof(length), text.data(), text.size());
  payload[sizeof(length) + text.size()] = '\0';
}

Unique* Unique::make(const Lookup& content) {
  if (content.kind == Lookup::Kind::text) {
    if (content.text.size() > String::kMaxLength) throw std::length_error("string is too long");
    constexpr std::size_t kHeader = sizeof(Object) + sizeof(std::uint32_t);
    const std::size_t size = std::max(kHeader + content.text.size() + 1, sizeof(Unique));
    return ::new (gc::allocate_pointer_free(size)) Unique(content.text);
  }
  const Value word = make_value(content);
  void* const block =
      word.is_object() ? gc::allocate(sizeof(Unique)) : gc::allocate_pointer_free(sizeof(Unique));
  return ::new (block) Unique(word);
}

struct UniqueTable::Set {
  gc::WeakRegistry registry{gc::WeakRegistry::Tokens::kKeep};
  trie::CanonicalSet<Unique, UniqueTraits, gc::WeakTriePolicy> handles{gc::WeakTriePolicy(registry)};
};

UniqueTable& UniqueTable::instance() {
  static UniqueTable table;
  return table;
}

UniqueTable::UniqueTable() : set_(::new (gc::allocate_uncollectable(sizeof(Set))) Set()) {
  keep_pruned(set_->handles);
}

Unique* UniqueTable::make(const Lookup& content) {
  assert(can_hold(content));
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

void UniqueTable::for_each(const std::function<void(Unique&)>& visit) const { set_->handles.for_each(visit); }

std::optional<std::string> UniqueTable::check() const { return set_->handles.check(); }

}  // namespace interlox::vm
