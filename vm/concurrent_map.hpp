// SPDX-License-Identifier: BSD-3-Clause
// The concurrent hash-trie map as an object of the runtime.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>

#include "gc/trie_policy.hpp"
#include "trie/hash_trie_map.hpp"
#include "vm/interchange.hpp"
#include "vm/object.hpp"

namespace interlox::vm {

/// How a map hashes. The two bad ways are there to be studied and tested with.
enum class Hashing : std::uint8_t {
  standard,
  zero,       // every key collides with every other
  truncated,  // only the low four bits differ
};

/// Keys that are values, compared as in Lua (interchange.hpp). They are looked up by a Value, or by a Lookup,
/// which finds a key without making a value of it; only a key that is new is made one.
struct MapKeys : trie::PlainKeys<Value> {
  Hashing hashing = Hashing::standard;

  std::uint64_t hash(const Lookup& l, std::uint64_t seed) const noexcept;
  std::uint64_t hash(Value v, std::uint64_t seed) const noexcept { return hash(lookup_of(v), seed); }
  static bool equal(Value stored, const Lookup& l) noexcept { return same(lookup_of(stored), l); }
  static bool equal(Value stored, Value v) noexcept { return same(stored, v); }
  /// May allocate the key's value.
  static void construct(void* place, const Lookup& l) { ::new (place) Value(make_value(l)); }
  static void construct(void* place, Value v) noexcept { ::new (place) Value(v); }

  static constexpr const char* kTitle = "ConcurrentMap";
  static void describe(std::string& text, Value v);
};

/// Values compare as keys do.
struct SameValue {
  bool operator()(Value a, Value b) const noexcept { return same(a, b); }
};

/// A map that any number of threads may use at once; see trie/hash_trie_map.hpp for what each
/// operation promises. Keys are neither nil nor NaN, values not nil; the callers see to it.
struct ConcurrentMap : Object {
  using Map = trie::HashTrieMap<Value, Value, MapKeys, gc::TriePolicy, SameValue>;

  Map map;

  /// An empty map. Without a seed it gets a random one. Throws gc::OutOfMemory.
  static ConcurrentMap* make(Hashing hashing = Hashing::standard, std::optional<std::uint64_t> seed = {});

  /// The map as text, one node a line (see trie/dump.hpp), and as a Graphviz graph. Any time; beside
  /// writers the picture may mix moments.
  std::string dump() const;
  std::string dot() const;
  /// What is broken (lasting_fault.hpp), as a sentence that begins with the number of an invariant of
  /// trie/tree.hpp.
  std::optional<std::string> check() const;

 private:
  ConcurrentMap(Hashing hashing, std::uint64_t seed)
      : Object(ObjectKind::concurrent_map), map(MapKeys{{}, hashing}, seed) {}
};

// Collected: a destructor would never run. The heap aligns to 16.
static_assert(std::is_trivially_destructible_v<ConcurrentMap> && alignof(ConcurrentMap) <= 16);

/// A value in one line, as dumps show it: strings quoted, floats apart from integers.
std::string describe(Value v);
std::string describe(const Lookup& l);
/// The same for people who look at a picture: numbers as the language prints them, and what is long is cut.
/// Runs no code of a program.
std::string describe_briefly(const Lookup& l);

}  // namespace interlox::vm
