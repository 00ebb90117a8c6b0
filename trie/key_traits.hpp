// SPDX-License-Identifier: BSD-3-Clause
// How a map hashes, compares and stores its keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include "trie/hash.hpp"

namespace interlox::trie {

/// Whether a T may hold a pointer into a collected heap. Numbers, enumerations and empty types are taken to
/// hold none, everything else may. Specialise it for an integer type that carries boxed pointers (then true)
/// or for a struct of numbers (then false). The type decides, never the value of the moment: a later
/// swap may store a pointer in place.
template <class T>
inline constexpr bool kMayHoldPointers =
    !(std::is_arithmetic_v<T> || std::is_enum_v<T> || std::is_empty_v<T>);

/// Stores keys that are plain values. A base for traits that only bring their own hash and equality.
///
/// What a map asks of its Traits object, of which it holds one copy:
///
///   View                      what iteration hands out for a key
///   may_hold_pointers         static: whether a stored key may hold a pointer
///   hash(q, seed)             const: 64 bits; the same for all q that are equal
///   equal(const Key&, q)      const: whether the stored key and q are the same key
///   key_bytes(q)              const: sizeof(Key) and what the key needs behind itself
///   construct(place, q)       const: makes the stored key at `place`, key_bytes(q) long
///   view(const Key&)          const, noexcept: a View, which must itself be an acceptable q
/// q is of any type that the Traits accept. hash, equal and construct are called with no lock held,
/// so they may throw (the map is then unchanged) and may use the map themselves.
///
/// Where the changes of maps are recorded (RecordedPolicy), Traits may also say how these are shown:
///   kTitle                    static: a literal that says what such a map is; "map" where there is none
///   describe(text, key)       const: puts what the key is behind the string `text`; and
///   describe(text, value)     likewise of a value. Called while locks are held: they may allocate with
///                             malloc (and throw std::bad_alloc), and do nothing else but look
template <class Key>
struct PlainKeys {
  static_assert(std::is_trivially_copyable_v<Key> && std::is_trivially_destructible_v<Key>,
                "keys must be trivially copyable and destructible: destructors of collected nodes never "
                "run. For strings use trie::String as the key, for other owners store a pointer");
  using View = Key;                                                 ///< a copy of the key
  static constexpr bool may_hold_pointers = kMayHoldPointers<Key>;  ///< as the type decides

  /// Nothing lies behind the key.
  template <class Q>
  static constexpr std::size_t key_bytes(const Q& /*query*/) noexcept {
    return sizeof(Key);
  }
  /// Converts the query to a Key; throws what that throws.
  template <class Q>
  static void construct(void* place, const Q& query) {
    ::new (place) Key(static_cast<Key>(query));
  }
  /// A copy of the key.
  static Key view(const Key& key) noexcept { return key; }
};

/// The default: keys that are plain values, compared with ==. Integers, enumerations and pointers are
/// hashed as a word, other types by their bytes.
template <class Key>
struct KeyTraits : PlainKeys<Key> {
  /// hash_integer() or hash_bytes() of the key. Does not compile where equal keys may differ in their bytes.
  static std::uint64_t hash(const Key& key, std::uint64_t seed) noexcept {
    if constexpr (std::is_integral_v<Key> || std::is_enum_v<Key>) {
      return hash_integer(static_cast<std::uint64_t>(key), seed);
    } else if constexpr (std::is_pointer_v<Key>) {
      return hash_integer(reinterpret_cast<std::uintptr_t>(key), seed);
    } else {
      static_assert(std::has_unique_object_representations_v<Key>,
                    "equal keys of this type may differ in their bytes: give the map Traits with a hash");
      return hash_bytes({reinterpret_cast<const char*>(std::addressof(key)), sizeof(Key)}, seed);
    }
  }
  /// Whether they are ==; throws what that throws.
  static bool equal(const Key& stored, const Key& query) { return stored == query; }
};

/// A string stored inside of its entry: this header, then the bytes, then a zero byte. The zero keeps
/// the end of the string inside of the memory, which a conservative collector needs to see. Made by
/// StringKeys only; it can't be copied, since its bytes would stay behind.
class String {
 public:
  /// In bytes.
  static constexpr std::size_t kMaxLength = 0xFFFFFFFF;

  String(const String&) = delete;
  String& operator=(const String&) = delete;

  /// The bytes, valid while the map holds the entry (or a collector sees this reference).
  [[nodiscard]] std::string_view view() const noexcept {
    return {reinterpret_cast<const char*>(this) + sizeof(String), length_};
  }

 private:
  friend struct StringKeys;

  explicit String(std::string_view bytes) noexcept : length_(static_cast<std::uint32_t>(bytes.size())) {
    char* const to = reinterpret_cast<char*>(this) + sizeof(String);
    if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
    to[bytes.size()] = '\0';
  }

  std::uint32_t length_;
};

/// Strings of any bytes, stored inline; whatever converts to std::string_view finds them uncopied, and
/// iteration hands out std::string_view.
struct StringKeys {
  using View = std::string_view;                    ///< String::view() of the key
  static constexpr bool may_hold_pointers = false;  ///< only bytes

  /// hash_bytes() of the string.
  static std::uint64_t hash(std::string_view key, std::uint64_t seed) noexcept {
    return hash_bytes(key, seed);
  }
  /// Byte by byte.
  static bool equal(const String& stored, std::string_view query) noexcept { return stored.view() == query; }
  /// Throws std::length_error for a key of 4 GiB or more.
  static std::size_t key_bytes(std::string_view key) {
    if (key.size() > String::kMaxLength) throw std::length_error("a key of a map is 4 GiB or longer");
    return sizeof(String) + key.size() + 1;
  }
  /// Copies the bytes behind the header.
  static void construct(void* place, std::string_view key) noexcept { ::new (place) String(key); }
  /// The bytes, for as long as String::view() says.
  static std::string_view view(const String& key) noexcept { return key.view(); }
};

/// Strings need no traits to be named: HashTrieMap<String, Value> is enough.
template <>
struct KeyTraits<String> : StringKeys {};

namespace detail {

template <class Traits, class T>
concept Described = requires(const Traits& traits, std::string& text, const T& what) {
  traits.describe(text, what);
};

template <class Traits>
constexpr const char* title() noexcept {
  if constexpr (requires { Traits::kTitle; }) return Traits::kTitle;
  return "map";
}

}  // namespace detail

}  // namespace interlox::trie
