// SPDX-License-Identifier: BSD-3-Clause
#include "vm/spelling.hpp"

#include <initializer_list>
#include <string>

#include "tests/support/catch.hpp"

using interlox::vm::edit_distance;
using interlox::vm::Speller;

namespace {

std::string best(std::string_view name, std::initializer_list<const char*> candidates) {
  Speller speller(name);
  for (const char* candidate : candidates) speller.offer(candidate);
  return speller.best();
}

/// The same, by its definition.
std::size_t slow_distance(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return a.size() + b.size();
  std::size_t least = slow_distance(a.substr(1), b.substr(1)) + (a[0] == b[0] ? 0 : 1);
  least = std::min(least, slow_distance(a.substr(1), b) + 1);
  least = std::min(least, slow_distance(a, b.substr(1)) + 1);
  if (a.size() > 1 && b.size() > 1 && a[0] == b[1] && a[1] == b[0]) {
    least = std::min(least, slow_distance(a.substr(2), b.substr(2)) + 1);
  }
  return least;
}

}  // namespace

TEST_CASE("an edit is an insertion, a removal, another letter or two swapped") {
  CHECK(edit_distance("print", "print", 3) == 0);
  CHECK(edit_distance("prnt", "print", 3) == 1);
  CHECK(edit_distance("printt", "print", 3) == 1);
  CHECK(edit_distance("prant", "print", 3) == 1);
  CHECK(edit_distance("pritn", "print", 3) == 1);
  CHECK(edit_distance("", "abc", 3) == 3);
  CHECK(edit_distance("kitten", "sitting", 9) == 3);
}

TEST_CASE("a distance beyond the limit is the limit and one") {
  CHECK(edit_distance("abcdef", "uvwxyz", 2) == 3);
  CHECK(edit_distance("a", "abcdef", 2) == 3);
  CHECK(edit_distance("abc", "abd", 0) == 1);
}

TEST_CASE("distances are what their definition says") {
  std::uint32_t seed = 1;
  const auto random_word = [&] {
    std::string word;
    const std::size_t length = (seed = seed * 1664525 + 1013904223) >> 29;
    for (std::size_t i = 0; i < length; ++i) {
      word += static_cast<char>('a' + ((seed = seed * 1664525 + 1013904223) >> 30));
    }
    return word;
  };
  for (int round = 0; round < 300; ++round) {
    const std::string a = random_word();
    const std::string b = random_word();
    INFO(a << " and " << b);
    const std::size_t distance = slow_distance(a, b);
    CHECK(edit_distance(a, b, 20) == distance);
    CHECK(edit_distance(a, b, 2) == std::min<std::size_t>(distance, 3));
  }
}

TEST_CASE("the nearest name is suggested") {
  CHECK(best("prinnt_all", {"print_al", "print_all", "other"}) == "print_all");
  CHECK(best("lenght", {"width", "length"}) == "length");
  CHECK(best("cat", {"cut", "bat", "car"}) == "bat");
  CHECK(best("cat", {"bat", "cut"}) == "bat");
}

TEST_CASE("nothing is suggested that is too different, or the name itself") {
  CHECK(best("count", {"clock", "total"}).empty());
  CHECK(best("name", {"name"}).empty());
  CHECK(best("x", {"y", "xy"}).empty());
  CHECK(best("ab", {"ac"}) == "ac");
  CHECK(best("", {"a"}).empty());
}
