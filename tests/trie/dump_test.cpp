// SPDX-License-Identifier: BSD-3-Clause
#include "trie/dump.hpp"

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "trie/hash_trie_map.hpp"

using namespace interlox::trie;

namespace {

struct HashIsKey : PlainKeys<std::uint64_t> {
  static std::uint64_t hash(std::uint64_t key, std::uint64_t /*seed*/) { return key & ~std::uint64_t{15}; }
  static bool equal(std::uint64_t a, std::uint64_t b) { return a == b; }
};

using Map = HashTrieMap<std::uint64_t, int, HashIsKey>;

// A root with an inner node of two entries in slot 1 and a chain of two in slot 15.
void fill(Map& map) {
  map.store(0x1100000000000000, 11);
  map.store(0x1200000000000000, 12);
  map.store(0xF000000000000000, 13);
  map.store(0xF000000000000001, 14);
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

// A line without the node's address.
std::string shape(const std::string& line) {
  const auto tabs = line.find_first_not_of('\t');
  return line.substr(0, tabs) + line.substr(line.find(" [", tabs) + 1);
}

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("a dump has one node a line, indented by depth") {
  Map map;
  fill(map);
  std::ostringstream out;
  map.dump(out);
  const auto all = lines(out.str());
  REQUIRE(all.size() == 8);
  REQUIRE(shape(all[0]).starts_with("[Root Parent=0 Dead=false Children=[0, 0x"));
  REQUIRE(shape(all[1]).starts_with("\t[Indirect Parent=0x"));
  REQUIRE(shape(all[2]) == "\t\t[Entry Key=1224979098644774912 Value=11 Hash=1100000000000000]");
  REQUIRE(shape(all[3]) == "\t\t[Entry Key=1297036692682702848 Value=12 Hash=1200000000000000]");
  REQUIRE(shape(all[4]).starts_with("\t[Overflow Entry=0x"));
  REQUIRE(shape(all[5]) == "\t\t[Entry Key=17293822569102704641 Value=14 Hash=f000000000000000]");
  REQUIRE(shape(all[6]).starts_with("\t[Overflow Entry=0x"));
  REQUIRE(shape(all[7]) == "\t\t[Entry Key=17293822569102704640 Value=13 Hash=f000000000000000]");
}

TEST_CASE("keys and values are printed as the caller wants") {
  HashTrieMap<String, int> map;
  map.store("k", 7);
  std::ostringstream out;
  map.dump(
      out, [](std::ostream& to, std::string_view key) { to << '<' << key << '>'; },
      [](std::ostream& to, int value) { to << "#" << value; });
  REQUIRE(times(out.str(), "[Entry Key=<k> Value=#7 Hash=") == 1);
}

TEST_CASE("an empty map is a root alone") {
  HashTrieMap<int, int> map;
  std::ostringstream out;
  map.dump(out);
  REQUIRE(lines(out.str()).size() == 1);
}

TEST_CASE("a Graphviz text declares every node and draws every edge") {
  Map map;
  fill(map);
  std::ostringstream out;
  map.dot(out);
  const std::string text = out.str();
  REQUIRE(text.starts_with("digraph trie {\n"));
  REQUIRE(text.ends_with("}\n"));
  REQUIRE(times(text, "[style=rounded, label=\"Root\"]") == 1);
  REQUIRE(times(text, "[style=rounded, label=\"Indirect\"]") == 1);
  REQUIRE(times(text, "label=\"Overflow\\nf000000000000000\"") == 2);
  REQUIRE(times(text, "1224979098644774912 = 11\\n1100000000000000") == 1);
  REQUIRE(times(text, " -> ") == 7);  // a tree of eight nodes
  REQUIRE(times(text, "[label=\"f\"]") == 1);
}

TEST_CASE("labels can't break out of their quotes") {
  HashTrieMap<String, int> map;
  map.store("a\"]\n\\x\x01", 1);
  std::ostringstream out;
  map.dot(out);
  REQUIRE(times(out.str(), R"(a\"]\n\\x. = 1)") == 1);
}
