// SPDX-License-Identifier: BSD-3-Clause
#include "vm/object.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>

#include "gc/heap.hpp"
#include "trie/hash.hpp"
#include "vm/range.hpp"
#include "vm/text.hpp"

namespace interlox::vm {

String* String::allocate(std::size_t length) {
  assert(length <= kMaxLength);
  static_assert(sizeof(String) == kHeaderBytes + 4);  // bytes, and padding
  void* const memory = gc::allocate_pointer_free(std::max(kHeaderBytes + length + 1, sizeof(String)));
  auto* const string = ::new (memory) String(static_cast<std::uint32_t>(length));
  string->bytes[length] = '\0';
  return string;
}

String* String::make(std::string_view text) {
  String* const string = allocate(text.size());
  if (!text.empty()) std::memcpy(string->bytes, text.data(), text.size());
  return string;
}

String* String::concatenate(std::string_view a, std::string_view b) {
  String* const string = allocate(a.size() + b.size());
  if (!a.empty()) std::memcpy(string->bytes, a.data(), a.size());
  if (!b.empty()) std::memcpy(string->bytes + a.size(), b.data(), b.size());
  return string;
}

std::uint32_t String::character_count() const noexcept {
  // The header's second half, which strings have no other use for: 0, or one more than the count. Whatever a
  // thread finds there is right, so relaxed will do. The object is not const; this view of it is.
  const std::atomic_ref<std::uint32_t> cache(const_cast<String*>(this)->capacity);
  const std::uint32_t known = cache.load(std::memory_order_relaxed);
  if (known != 0) return known - 1;
  const auto count = static_cast<std::uint32_t>(count_characters(view()));
  cache.store(count + 1, std::memory_order_relaxed);
  return count;
}

Integer* Integer::make(std::int64_t value) {
  return ::new (gc::allocate_pointer_free(sizeof(Integer))) Integer(value);
}

Box* Box::make(Value v) {
  auto* const box = ::new (gc::allocate(sizeof(Box))) Box();
  box->value.store(v);
  return box;
}

namespace {

std::uint32_t fold(std::uint64_t hash) noexcept { return static_cast<std::uint32_t>(hash ^ hash >> 32); }

}  // namespace

const std::uint64_t detail::hash_seed = trie::random_seed();

bool detail::equal_content(Value a, Value b) noexcept {
  if (is_object(a, ObjectKind::string)) {
    return is_object(b, ObjectKind::string) && as<String>(a)->view() == as<String>(b)->view();
  }
  return is_object(a, ObjectKind::range) && is_object(b, ObjectKind::range) && *as<Range>(a) == *as<Range>(b);
}

std::uint32_t detail::hash_content(Value v) noexcept {
  if (is_object(v, ObjectKind::range)) return fold(as<Range>(v)->hash(hash_seed));
  if (!is_object(v, ObjectKind::string)) return fold(trie::hash_integer(v.bits(), hash_seed));
  auto* const string = as<String>(v);
  const std::uint32_t computed = std::max(1u, fold(trie::hash_bytes(string->view(), hash_seed)));
  string->hash.store(computed, std::memory_order_relaxed);  // relaxed: all threads store the same
  return computed;
}

}  // namespace interlox::vm
