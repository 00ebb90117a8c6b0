// SPDX-License-Identifier: BSD-3-Clause
// The header that every collected object of the VM starts with, and the simple objects.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "vm/value.hpp"

namespace interlox::vm {

/// What an object is. A shape below kFirstInstanceShape is one of these; from there on it
/// names the layout of an instance (shape.hpp).
enum class ObjectKind : std::uint32_t {
  number,  // no object's header says this: numbers are a kind only where builtin classes are looked up
  string,
  symbol,
  integer,
  box,
  function,
  closure,
  native,
  bound_method,
  native_class,
  bound_native,
  klass,
  class_template,
  list,
  map,
  range,
  unique,
  tuple,  // the content of a handle (unique.hpp); never a value of a program
  weak_ref,
  cleanup,
  collector,  // the builtin GC
  weak_table,
  concurrent_map,
  channel,
  thread,
  mutex,
  atomic,
  module,
  host,   // what is behind functions and objects of a program that embeds the VM (embed/host.cpp); never a
          // value of a program
  realm,  // what a VM's modules share (realm.hpp); never a value of a program
  table_copy,  // a Lua table on its way to another state (interchange.hpp); never a value of a program
  overflow,    // fields that are not inside their instance (instance.hpp); never a value
  instance,    // no object's header says this: kind() answers it for instance shapes
};

inline constexpr std::uint32_t kFirstInstanceShape = 256;

/// The first word of every object. It is written once, before the object is published, and
/// never changes (but for what a string caches there), so any thread may read it through any reference.
struct Object {
  std::uint32_t shape;
  std::uint32_t capacity;  // instances: cells inside the object; others: per kind

  explicit Object(ObjectKind kind) noexcept : shape(static_cast<std::uint32_t>(kind)), capacity(0) {}
  Object(std::uint32_t instance_shape, std::uint16_t cells) noexcept
      : shape(instance_shape), capacity(cells) {}

  ObjectKind kind() const noexcept {
    return shape >= kFirstInstanceShape ? ObjectKind::instance : static_cast<ObjectKind>(shape);
  }
  bool is(ObjectKind k) const noexcept { return shape == static_cast<std::uint32_t>(k); }
};

static_assert(sizeof(Object) == 8);

/// Whether `v` refers to an object of kind `k` (not for ObjectKind::instance).
inline bool is_object(Value v, ObjectKind k) noexcept { return v.is_object() && v.as_object()->is(k); }
/// Whether `v` is an instance of a class of the program.
inline bool is_instance(Value v) noexcept {
  return v.is_object() && v.as_object()->shape >= kFirstInstanceShape;
}

/// A 64-bit cell that any thread may read and write: a variable, a field, an element.
/// Stores release and loads acquire, so that whoever reads a reference sees the object
/// behind it as it was when it was stored; both are plain moves on x86.
class Cell {
 public:
  Value load() const noexcept { return Value::from_bits(bits_.load(std::memory_order_acquire)); }
  void store(Value v) noexcept { bits_.store(v.bits(), std::memory_order_release); }

 private:
  std::atomic<std::uint64_t> bits_{0};
};

static_assert(sizeof(Cell) == 8);

/// An immutable string of bytes, usually UTF-8. Not interned; compared by content.
struct String : Object {
  std::uint32_t length;             // in bytes
  std::atomic<std::uint32_t> hash;  // 0: not computed yet; racing threads store the same
  char bytes[1];                    // length bytes and a NUL that is not counted

  std::string_view view() const noexcept { return {bytes, length}; }

  /// How many characters it has, as text.hpp counts them. The first call counts and leaves the figure in the
  /// string, the others are O(1). Wait-free, any thread.
  std::uint32_t character_count() const noexcept;
  /// Whether each character is one byte, as in ASCII: then positions of characters are those of bytes.
  bool is_of_single_bytes() const noexcept { return character_count() == length; }

  /// The longest string that can be made, in bytes.
  static constexpr std::size_t kMaxLength = 0x7fffffff - 64;

  /// A new string with a copy of `text`. Throws gc::OutOfMemory; the caller has checked
  /// text.size() <= kMaxLength.
  static String* make(std::string_view text);
  /// A new string that holds `a` followed by `b`, under the same conditions.
  static String* concatenate(std::string_view a, std::string_view b);

 private:
  explicit String(std::uint32_t n) noexcept : Object(ObjectKind::string), length(n), hash(0), bytes{} {}
  static String* allocate(std::size_t length);
  static constexpr std::size_t kHeaderBytes = 16;  // before the bytes
};

/// An integer with all its 64 bits, as Lua has them. Lives in tries and channels only; it
/// is converted to a number, or refused, when it enters a program of the language.
struct Integer : Object {
  std::int64_t value;

  /// Throws gc::OutOfMemory.
  static Integer* make(std::int64_t value);

 private:
  explicit Integer(std::int64_t v) noexcept : Object(ObjectKind::integer), value(v) {}
};

/// A captured local variable.
struct Box : Object {
  Cell value;

  /// Throws gc::OutOfMemory.
  static Box* make(Value v);

 private:
  Box() noexcept : Object(ObjectKind::box) {}
};

/// `v` as the object of the struct T that its kind says it is.
template <class T>
T* as(Value v) noexcept {
  return static_cast<T*>(v.as_object());
}

namespace detail {

/// equal() of two words that differ and are not both numbers.
bool equal_content(Value a, Value b) noexcept;
/// hash() of what is no number and has no hash at hand.
std::uint32_t hash_content(Value v) noexcept;

/// Differs from run to run, so that no program comes to depend on it.
extern const std::uint64_t hash_seed;

/// Hashes a number by its word, which is seldom random: the small integers differ in a few high bits only.
/// Both halves of a product of 128 bits together depend on all of them.
inline std::uint32_t hash_number(std::uint64_t word) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(word ^ hash_seed) * 0x9e3779b97f4a7c15u;  // the golden ratio, odd
  const auto folded = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  return static_cast<std::uint32_t>(folded ^ folded >> 32);
}

}  // namespace detail

/// The language's equality: numbers as doubles (0 == -0, nan != nan), strings and ranges by content,
/// everything else by identity. Reads immutable memory only: wait-free, any thread.
inline bool equal(Value a, Value b) noexcept {
  if (a.is_number() && b.is_number()) return a.as_number() == b.as_number();
  return a == b || detail::equal_content(a, b);
}

/// A hash that is the same for equal values, in this process. Wait-free, any thread.
inline std::uint32_t hash(Value v) noexcept {
  if (v.is_number()) {
    const bool is_zero = v.as_number() == 0;  // -0 too, which is equal to 0
    return detail::hash_number(is_zero ? Value::number(0).bits() : v.bits());
  }
  if (is_object(v, ObjectKind::string)) {
    // relaxed: whatever is there is right
    const std::uint32_t known = as<String>(v)->hash.load(std::memory_order_relaxed);
    if (known != 0) return known;
  }
  return detail::hash_content(v);
}

/// `v` as print writes it; runs no code of the program. A collection that other threads change meanwhile
/// is written as it is met. Throws std::bad_alloc, and std::length_error if the text would be longer
/// than a string can be. Other forms of values as text: print.hpp.
std::string to_text(Value v);

}  // namespace interlox::vm
