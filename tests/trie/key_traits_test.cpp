// SPDX-License-Identifier: BSD-3-Clause
#include "trie/key_traits.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tests/support/catch.hpp"
#include "trie/hash_trie_map.hpp"

using namespace interlox::trie;
using namespace std::string_view_literals;

namespace {

struct Point {
  int x;
  int y;
  bool operator==(const Point&) const = default;
};

enum class Colour { kRed, kGreen };

// A key that is either a number or a text, and keeps its first form: 1 and 1.0 are one key.
struct Number {
  double value;
  bool written_as_integer;
};

struct NumberKeys : PlainKeys<Number> {
  static std::uint64_t hash(const Number& n, std::uint64_t seed) {
    return hash_integer(static_cast<std::uint64_t>(n.value), seed);
  }
  static std::uint64_t hash(int n, std::uint64_t seed) {
    return hash_integer(static_cast<std::uint64_t>(n), seed);
  }
  static bool equal(const Number& stored, const Number& query) { return stored.value == query.value; }
  static bool equal(const Number& stored, int query) { return stored.value == query; }
  using PlainKeys<Number>::construct;
  static void construct(void* place, int n) { ::new (place) Number{static_cast<double>(n), true}; }
};

struct Two {
  long a;
  long b;
  bool operator==(const Two&) const = default;
};

static_assert(!kMayHoldPointers<int> && !kMayHoldPointers<double> && !kMayHoldPointers<Colour>);
static_assert(kMayHoldPointers<void*> && kMayHoldPointers<Point>);
static_assert(!StringKeys::may_hold_pointers);
static_assert(sizeof(String) == 4 && alignof(String) == 4, "a length of four bytes, then the string");

// Notes what the map says of its entries.
struct NotingPolicy : StdPolicy {
  static inline bool last_may_hold_pointers = true;
  void* allocate(std::size_t bytes, bool may_hold_pointers) {
    last_may_hold_pointers = may_hold_pointers;
    return StdPolicy::allocate(bytes, may_hold_pointers);
  }
};

template <class Key, class Value>
bool entries_may_hold_pointers(const auto& key, Value value) {
  HashTrieMap<Key, Value, KeyTraits<Key>, NotingPolicy> map;
  map.store(key, value);
  return NotingPolicy::last_may_hold_pointers;
}

}  // namespace

TEST_CASE("plain values of many types are keys") {
  HashTrieMap<int, int> integers;
  HashTrieMap<const void*, int> pointers;
  HashTrieMap<Colour, int> colours;
  HashTrieMap<Point, int> points;
  static const char target[2] = {};
  integers.store(-1, 1);
  pointers.store(&target[1], 2);
  colours.store(Colour::kGreen, 3);
  points.store(Point{1, 2}, 4);
  REQUIRE(integers.load(-1) == 1);
  REQUIRE_FALSE(integers.load(1));
  REQUIRE(pointers.load(&target[1]) == 2);
  REQUIRE_FALSE(pointers.load(&target[0]));
  REQUIRE(colours.load(Colour::kGreen) == 3);
  REQUIRE_FALSE(colours.load(Colour::kRed));
  REQUIRE(points.load(Point{1, 2}) == 4);
  REQUIRE_FALSE(points.load(Point{2, 1}));
}

TEST_CASE("strings of any bytes are keys, found by whatever views them") {
  HashTrieMap<String, int> map;
  map.store("text", 1);
  map.store(std::string("zero\0inside", 11), 2);
  map.store(""sv, 3);
  map.store(std::string(100000, 'x'), 4);
  REQUIRE(map.load("text"sv) == 1);
  REQUIRE(map.load(std::string("text")) == 1);
  REQUIRE(map.load("zero\0inside"sv) == 2);
  REQUIRE_FALSE(map.load("zero"));
  REQUIRE(map.load("") == 3);
  REQUIRE(map.load(std::string(100000, 'x')) == 4);
  REQUIRE_FALSE(map.load(std::string(99999, 'x')));
}

TEST_CASE("a string takes its bytes, a header of four and a zero at the end") {
  alignas(String) char place[64];
  for (std::size_t length = 0; length <= 40; ++length) {
    const std::string text(length, static_cast<char>('a' + length % 26));
    std::fill(std::begin(place), std::end(place), '#');
    const std::size_t bytes = StringKeys::key_bytes(text);
    REQUIRE(bytes == 4 + length + 1);
    StringKeys::construct(place, text);
    const auto& stored = *std::launder(reinterpret_cast<const String*>(place));
    REQUIRE(StringKeys::view(stored) == text);
    REQUIRE(place[bytes - 1] == '\0');
    REQUIRE(place[bytes] == '#');  // nothing is written beyond what was asked for
    REQUIRE(StringKeys::equal(stored, text));
    REQUIRE_FALSE(StringKeys::equal(stored, text + '#'));
  }
}

TEST_CASE("a key of 4 GiB is refused before one of its bytes is read") {
  const char few[] = "few";
  constexpr std::size_t kTooLong = std::size_t{1} << 32;
  REQUIRE_THROWS_AS(StringKeys::key_bytes({few, kTooLong}), std::length_error);
  REQUIRE_THROWS_AS(StringKeys::key_bytes({few, kTooLong + 5}), std::length_error);
  REQUIRE(StringKeys::key_bytes({few, kTooLong - 1}) == 4 + kTooLong);
}

TEST_CASE("the map keeps its own copy of a string") {
  HashTrieMap<String, int> map;
  std::string text = "a text that is long enough to be on the heap";
  map.store(text, 1);
  text.assign(text.size(), '!');
  const auto item = map.iterate().next();
  REQUIRE(item);
  REQUIRE(item->key == "a text that is long enough to be on the heap");
  REQUIRE(item->key.data()[item->key.size()] == '\0');
}

TEST_CASE("the first stored form of a key is kept, whatever the size of the value") {
  HashTrieMap<Number, int, NumberKeys> narrow;
  HashTrieMap<Number, Two, NumberKeys> wide;
  narrow.store(1, 5);
  wide.store(1, Two{5, 5});
  narrow.store(Number{1.0, false}, 6);
  wide.store(Number{1.0, false}, Two{6, 6});
  REQUIRE(wide.compare_and_swap(Number{1.0, false}, Two{6, 6}, Two{7, 7}));
  REQUIRE(narrow.load(1) == 6);
  REQUIRE(wide.load(1) == Two{7, 7});
  REQUIRE(narrow.iterate().next()->key.written_as_integer);
  REQUIRE(wide.iterate().next()->key.written_as_integer);
  REQUIRE(narrow.check() == std::nullopt);
}

TEST_CASE("values of every size are kept whole") {
  struct Three {
    char bytes[3];
    bool operator==(const Three&) const = default;
  };
  HashTrieMap<int, bool> flags;
  HashTrieMap<int, std::uint16_t> shorts;
  HashTrieMap<int, Three> threes;
  HashTrieMap<int, double> doubles;
  flags.store(1, true);
  shorts.store(1, std::uint16_t{65535});
  threes.store(1, Three{{1, 2, 3}});
  doubles.store(1, -0.5);
  REQUIRE(flags.swap(1, false) == true);
  REQUIRE(shorts.swap(1, std::uint16_t{1}) == 65535);
  REQUIRE((threes.swap(1, Three{{4, 5, 6}}) == Three{{1, 2, 3}}));
  REQUIRE(doubles.swap(1, 0.0) == -0.5);
  REQUIRE(doubles.compare_and_swap(1, -0.0, 2.5));  // equality decides, not the bits
  REQUIRE(doubles.load(1) == 2.5);
}

TEST_CASE("entries are scanned if their types may hold a pointer") {
  REQUIRE_FALSE(entries_may_hold_pointers<String, int>("key", 1));
  REQUIRE_FALSE(entries_may_hold_pointers<int, double>(1, 1.0));
  REQUIRE(entries_may_hold_pointers<String, void*>("key", static_cast<void*>(nullptr)));
  REQUIRE(entries_may_hold_pointers<const void*, int>(static_cast<const void*>(nullptr), 1));
  REQUIRE(entries_may_hold_pointers<String, Point>("key", Point{1, 2}));
}
