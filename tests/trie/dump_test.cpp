// SPDX-License-Identifier: BSD-3-Clause
// What a map looks like as text and as a Graphviz graph: every kind of node, each one once.
#include "trie/dump.hpp"

#include <cstdint>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/dot.hpp"
#include "trie/hash_trie_map.hpp"

using namespace interlox::trie;

namespace {

// Keys that differ in the low four bits only share a hash.
struct HashIsKey : PlainKeys<std::uint64_t> {
  static std::uint64_t hash(std::uint64_t key, std::uint64_t /*seed*/) { return key & ~std::uint64_t{15}; }
  static bool equal(std::uint64_t a, std::uint64_t b) { return a == b; }
};

using Map = HashTrieMap<std::uint64_t, int, HashIsKey>;
using Tree = detail::Tree<std::uint64_t, int, HashIsKey, StdPolicy>;

struct HexKeys {
  void operator()(std::ostream& out, std::uint64_t key) const { out << '#' << detail::hex64(key); }
};

// A root of eight slots: a branch over two leaves in slot 0, where two cells have the same fingerprint; a
// direct entry in slot 3; a leaf of an entry and a chain of two in slot 7.
void fill(Map& map) {
  for (const std::uint64_t first : {0x0000000000000010UL, 0xF0000000000000A0UL}) {
    map.store(first, -1);
    map.store(first, 10);  // a change of value moves the key into a leaf, where its neighbours find it
  }
  map.store(0x6000000000000020, 60);
  map.store(0xF0000000000000B0, 11);
  map.store(0xF0000000000000B1, 12);
  map.store(0x0100000000000010, 1);
  for (std::uint64_t i = 2; i < 8; ++i) map.store(i << 58 | i << 4, static_cast<int>(i));
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

std::size_t times(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

std::string text_of(const Map& map) {
  std::ostringstream out;
  map.dump(out, HexKeys());
  return out.str();
}

std::string dot_of(const Map& map) {
  std::ostringstream out;
  map.dot(out, HexKeys());
  return out.str();
}

// The text without the addresses of the nodes, each of which stands at the start of its line.
std::string shape(const std::string& text) {
  std::string all;
  for (const std::string& line : lines(text)) {
    const auto tabs = line.find_first_not_of('\t');
    REQUIRE(line.compare(tabs, 2, "0x") == 0);
    all += line.substr(0, tabs) + line.substr(line.find('[', tabs)) + '\n';
  }
  return all;
}

// All "n0x..." that stand before `mark` in a line of their own, and all that stand behind an arrow.
struct Graph {
  std::multiset<std::string> declared, drawn;
};

Graph graph_of(const std::string& dot) {
  Graph graph;
  for (const std::string& line : lines(dot)) {
    std::istringstream words(line);
    std::string first, second, third;
    words >> first >> second >> third;
    if (!first.starts_with("n0x")) continue;
    if (second == "->") {
      graph.drawn.insert(third);
    } else {
      graph.declared.insert(first);
    }
  }
  return graph;
}

}  // namespace

TEST_CASE("a dump has one node a line, indented by depth") {
  Map map;
  fill(map);
  CHECK(shape(text_of(map)) ==
        "[Root Slots=8 Entries=12]\n"
        "\t[Branch Bit=3]\n"
        "\t\t[Leaf Depth=4 Fingerprints=[10, 10, 20, 30, 00, 00, 00]]\n"
        "\t\t\t[Entry Key=#0000000000000010 Value=10 Hash=0000000000000010]\n"
        "\t\t\t[Entry Key=#0100000000000010 Value=1 Hash=0100000000000010]\n"
        "\t\t\t[Entry Key=#0800000000000020 Value=2 Hash=0800000000000020]\n"
        "\t\t\t[Entry Key=#0c00000000000030 Value=3 Hash=0c00000000000030]\n"
        "\t\t[Leaf Depth=4 Fingerprints=[40, 50, 60, 70, 00, 00, 00]]\n"
        "\t\t\t[Entry Key=#1000000000000040 Value=4 Hash=1000000000000040]\n"
        "\t\t\t[Entry Key=#1400000000000050 Value=5 Hash=1400000000000050]\n"
        "\t\t\t[Entry Key=#1800000000000060 Value=6 Hash=1800000000000060]\n"
        "\t\t\t[Entry Key=#1c00000000000070 Value=7 Hash=1c00000000000070]\n"
        "\t[Entry Key=#6000000000000020 Value=60 Hash=6000000000000020]\n"
        "\t[Leaf Depth=3 Fingerprints=[a0, b0, 00, 00, 00, 00, 00]]\n"
        "\t\t[Entry Key=#f0000000000000a0 Value=10 Hash=f0000000000000a0]\n"
        "\t\t[Link Hash=f0000000000000b0]\n"
        "\t\t\t[Entry Key=#f0000000000000b1 Value=12 Hash=f0000000000000b0]\n"
        "\t\t[Link Hash=f0000000000000b0]\n"
        "\t\t\t[Entry Key=#f0000000000000b0 Value=11 Hash=f0000000000000b0]\n");
}

TEST_CASE("every node of a dump has an address of its own") {
  Map map;
  fill(map);
  std::set<std::string> addresses;
  for (const std::string& line : lines(text_of(map))) {
    const auto begin = line.find("0x");
    CHECK(addresses.insert(line.substr(begin, line.find(' ') - begin)).second);
  }
  const Stats stats = map.stats();
  CHECK(addresses.size() == stats.entries + stats.indirects);
}

TEST_CASE("a leaf that stands in several slots is shown once, in both forms") {
  Map map;
  for (const std::uint64_t key : {0x2100000000000010UL, 0x2200000000000020UL}) map.store(key, 1);
  // Direct entries elsewhere make the small root grow, and the leaf then stands in two of its slots.
  for (const std::uint64_t key : {0x4000000000000030UL, 0x8000000000000040UL, 0xC000000000000050UL}) {
    map.store(key, 2);
  }
  REQUIRE(map.check() == std::nullopt);
  CHECK(shape(text_of(map)) ==
        "[Root Slots=16 Entries=5]\n"
        "\t[Leaf Depth=3 Fingerprints=[10, 20, 00, 00, 00, 00, 00]]\n"
        "\t\t[Entry Key=#2100000000000010 Value=1 Hash=2100000000000010]\n"
        "\t\t[Entry Key=#2200000000000020 Value=1 Hash=2200000000000020]\n"
        "\t[Entry Key=#4000000000000030 Value=2 Hash=4000000000000030]\n"
        "\t[Entry Key=#8000000000000040 Value=2 Hash=8000000000000040]\n"
        "\t[Entry Key=#c000000000000050 Value=2 Hash=c000000000000050]\n");
  const std::string dot = dot_of(map);
  CHECK(times(dot, "label=\"Leaf\"") == 1);
  CHECK(times(dot, "[label=\"2-3\"]") == 1);
  CHECK(times(dot, "[label=\"4\"]") == 1);
  const Graph graph = graph_of(dot);
  CHECK(graph.declared.size() == 7);
  CHECK(graph.drawn.size() == 6);
}

TEST_CASE("a leaf that is locked or dead says so") {
  Tree tree(HashIsKey(), 0, StdPolicy());
  auto* const leaf = detail::make_leaf(tree.policy(), nullptr, 0, 3, false);
  tree.root()->at(0).store(detail::to_word(leaf));
  const auto text = [&] {
    std::ostringstream out;
    const StreamPrinter printer;
    detail::Dumper(tree, out, printer, printer).text();
    return out.str();
  };
  const auto dot = [&] {
    std::ostringstream out;
    const StreamPrinter printer;
    detail::Dumper(tree, out, printer, printer).dot();
    return out.str();
  };
  const std::string open = "[Leaf Depth=3 Fingerprints=[00, 00, 00, 00, 00, 00, 00]";
  CHECK(times(text(), open + "]\n") == 1);
  CHECK(times(dot(), "label=\"Leaf\"") == 1);
  const detail::Header header = leaf->lock();
  CHECK(times(text(), open + " locked]\n") == 1);
  leaf->unlock(header.dead());
  CHECK(times(text(), open + " dead]\n") == 1);
  CHECK(times(dot(), "label=\"Leaf (dead)\"") == 1);
}

TEST_CASE("keys and values are printed as the caller wants") {
  HashTrieMap<String, int> map;
  map.store("k", 7);
  std::ostringstream out;
  map.dump(
      out, [](std::ostream& to, std::string_view key) { to << '<' << key << '>'; },
      [](std::ostream& to, int value) { to << "#" << value; });
  CHECK(times(out.str(), "[Entry Key=<k> Value=#7 Hash=" + detail::hex64(map.hash("k")) + "]\n") == 1);
}

TEST_CASE("an empty map is a root alone") {
  HashTrieMap<int, int> map;
  std::ostringstream out;
  map.dump(out);
  CHECK(shape(out.str()) == "[Root Slots=8 Entries=0]\n");
}

TEST_CASE("a Graphviz text declares every node once and draws an edge to each but the root") {
  Map map;
  fill(map);
  const std::string dot = dot_of(map);
  CHECK(dot.starts_with("digraph trie {\n"));
  CHECK(dot.ends_with("}\n"));
  const Stats stats = map.stats();
  Graph graph = graph_of(dot);
  CHECK(graph.declared.size() == stats.entries + stats.indirects);
  CHECK(std::set(graph.declared.begin(), graph.declared.end()).size() == graph.declared.size());
  const std::string first = lines(dot)[3];
  CHECK(first.ends_with(R"([style=rounded, label="Root\n8 slots"];)"));
  graph.drawn.insert(first.substr(2, first.find(' ', 2) - 2));
  CHECK(graph.drawn == graph.declared);
}

TEST_CASE("a Graphviz text names nodes and edges by what they stand for") {
  Map map;
  fill(map);
  const std::string dot = dot_of(map);
  CHECK(times(dot, R"(label="Branch\nbit 3")") == 1);
  CHECK(times(dot, R"(label="Leaf")") == 3);
  CHECK(times(dot, R"([shape=cds, label="Link\nf0000000000000b0"])") == 2);
  CHECK(times(dot, R"([label="#6000000000000020 = 60\n6000000000000020"])") == 1);
  CHECK(times(dot, R"([label="#f0000000000000b1 = 12\nf0000000000000b0"])") == 1);
  // Edges: slots of the root, sides of the branch, fingerprints, links.
  for (const char* slot : {"0", "3", "7"}) {
    CAPTURE(slot);
    CHECK(times(dot, std::string("[label=\"") + slot + "\"]") == (slot[0] == '0' ? 2 : 1));
  }
  CHECK(times(dot, R"([label="1"])") == 1);
  CHECK(times(dot, R"([label="10"])") == 2);
  CHECK(times(dot, R"([label="b0"])") == 1);
  CHECK(times(dot, R"([label="entry"])") == 2);
  CHECK(times(dot, R"([label="next"])") == 1);
}

TEST_CASE("labels can't break out of their quotes") {
  HashTrieMap<String, int> map;
  map.store("a\"]\n\\x\x01\x7f\xff", 1);
  std::ostringstream out;
  map.dot(out);
  CHECK(times(out.str(), R"(label="a\"]\n\\x... = 1\n)") == 1);
}

TEST_CASE("graphs are what Graphviz reads, whatever keys and values look like") {
  using interlox::test::Digraph;
  Map map;
  CHECK(Digraph::parse(dot_of(map)).nodes.size() == 1);
  fill(map);
  const Digraph graph = Digraph::parse(dot_of(map));
  const Stats stats = map.stats();
  CHECK(graph.nodes.size() == stats.entries + stats.indirects);
  CHECK(graph.edges.size() == graph.nodes.size() - 1);
  CHECK(graph.is_closed());

  HashTrieMap<String, int> odd;
  const std::string key = std::string("quote \" backslash \\ line\nend \\\" bytes \xff\x01") + '\0';
  odd.store(key, 1);
  std::ostringstream out;
  odd.dot(out);
  CHECK(Digraph::parse(out.str()).nodes.size() == 2);
}

TEST_CASE("the reader of graphs refuses what is none") {
  using interlox::test::Digraph;
  CHECK_NOTHROW(Digraph::parse("digraph g { rankdir=LR; node [shape=box]; a -> b [label=\"x\"]; a; }"));
  for (const char* wrong :
       {"", "graph g {}", "digraph g {", "digraph g {} x", "digraph g { a -> ; }", "digraph g { a [x]; }",
        "digraph g { a [x=\"1]; }", "digraph g { a [x=1 y=2]; }", "digraph g { 0x1; }", "digraph g { a }"}) {
    INFO(wrong);
    CHECK_THROWS_AS(Digraph::parse(wrong), std::runtime_error);
  }
}
