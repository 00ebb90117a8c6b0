// SPDX-License-Identifier: BSD-3-Clause
// Reads a .heapsnapshot file as DevTools do, and complains about what they would stumble over.
#pragma once

#include <cctype>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace interlox::test {

/// A value of JSON: a number that is a natural one, a text, an array or an object.
struct Json {
  std::uint64_t number = 0;
  std::string text;
  std::vector<Json> items;
  std::map<std::string, Json> fields;

  const Json& operator[](const std::string& name) const { return fields.at(name); }
};

/// The strict part of JSON that snapshots are written in. Throws std::runtime_error for all else.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : rest_(text) {}

  Json read_all() {
    Json all = read();
    skip();
    if (!rest_.empty()) fail("something behind the end");
    return all;
  }

 private:
  Json read() {
    skip();
    if (take('{')) return read_object();
    if (take('[')) return read_array();
    Json value;
    if (take('"')) {
      value.text = read_text();
    } else {
      std::size_t digits = 0;
      for (; digits < rest_.size() && std::isdigit(static_cast<unsigned char>(rest_[digits])) != 0;
           ++digits) {
        value.number = value.number * 10 + static_cast<std::uint64_t>(rest_[digits] - '0');
      }
      if (digits == 0) fail("no value");
      rest_.remove_prefix(digits);
    }
    return value;
  }

  Json read_object() {
    Json object;
    for (bool first = true; skip(), !take('}'); first = false) {
      if (!first && !take(',')) fail("no comma");
      skip();
      if (!take('"')) fail("no name");
      const std::string name = read_text();
      skip();
      if (!take(':')) fail("no colon");
      if (!object.fields.emplace(name, read()).second) fail("a name twice");
    }
    return object;
  }

  Json read_array() {
    Json array;
    for (bool first = true; skip(), !take(']'); first = false) {
      if (!first && !take(',')) fail("no comma");
      array.items.push_back(read());
    }
    return array;
  }

  /// Escapes stay as they are written.
  std::string read_text() {
    std::size_t end = 0;
    while (end < rest_.size() && rest_[end] != '"') {
      if (static_cast<unsigned char>(rest_[end]) < 0x20) fail("a control character");
      end += rest_[end] == '\\' ? 2 : 1;
    }
    if (end >= rest_.size()) fail("a text without an end");
    std::string text(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return text;
  }

  void skip() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\n')) rest_.remove_prefix(1);
  }
  bool take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error("not JSON: " + what + " at '" + std::string(rest_.substr(0, 20)) + "'");
  }

  std::string_view rest_;
};

struct Snapshot {
  struct Edge {
    std::string type;
    std::string name;  // an element's index
    std::size_t to;
  };
  struct Node {
    std::string type;
    std::string name;
    std::uint64_t id;
    std::uint64_t size;
    std::vector<Edge> edges;
  };
  std::vector<Node> nodes;
  std::vector<std::string> faults;  // what is inconsistent

  std::uint64_t size() const {
    std::uint64_t all = 0;
    for (const Node& node : nodes) all += node.size;
    return all;
  }

  /// Where edges of that name that are not weak lead.
  std::set<std::size_t> follow(std::set<std::size_t> from, const std::string& edge) const {
    std::set<std::size_t> found;
    for (const std::size_t at : from) {
      for (const Edge& e : nodes[at].edges) {
        if (e.type != "weak" && e.name == edge) found.insert(e.to);
      }
    }
    return found;
  }

  /// The nodes that are found from `main`, the main module of any VM, by these edges.
  std::set<std::size_t> at(const std::vector<std::string>& edges) const {
    std::set<std::size_t> found;
    for (const Edge& e : nodes[0].edges) {
      if (e.name.starts_with("VM ")) found.insert(e.to);
    }
    found = follow(found, "main");
    for (const std::string& edge : edges) found = follow(found, edge);
    return found;
  }
  /// The same, if there is one, as `TYPE NAME`.
  std::string what(const std::vector<std::string>& edges) const {
    const std::set<std::size_t> found = at(edges);
    if (found.size() != 1) return std::to_string(found.size()) + " nodes";
    return nodes[*found.begin()].type + " " + nodes[*found.begin()].name;
  }

  /// The nodes of that name that are reached without weak edges.
  std::size_t count(const std::string& name) const {
    const std::set<std::size_t> live = reached();
    std::size_t found = 0;
    for (const std::size_t i : live) found += nodes[i].name == name ? 1 : 0;
    return found;
  }

  std::set<std::size_t> reached() const {
    std::set<std::size_t> found{0};
    std::vector<std::size_t> next{0};
    while (!next.empty()) {
      const std::size_t from = next.back();
      next.pop_back();
      for (const Edge& edge : nodes[from].edges) {
        if (edge.type != "weak" && found.insert(edge.to).second) next.push_back(edge.to);
      }
    }
    return found;
  }
};

inline Snapshot read_snapshot(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const Json json = JsonReader(text).read_all();
  const Json& meta = json["snapshot"]["meta"];
  const auto& node_types = meta["node_types"].items.at(0).items;
  const auto& edge_types = meta["edge_types"].items.at(0).items;
  const auto& strings = json["strings"].items;
  const auto& nodes = json["nodes"].items;
  const auto& edges = json["edges"].items;
  const std::size_t width = meta["node_fields"].items.size();
  Snapshot snapshot;
  const auto check = [&](bool good, const char* what) {
    if (!good) snapshot.faults.emplace_back(what);
  };
  check(nodes.size() == json["snapshot"]["node_count"].number * width, "node_count");
  check(edges.size() == json["snapshot"]["edge_count"].number * 3, "edge_count");
  std::set<std::uint64_t> ids;
  std::size_t edge = 0;
  for (std::size_t i = 0; i + width <= nodes.size(); i += width) {
    Snapshot::Node node{node_types.at(nodes[i].number).text,
                        strings.at(nodes[i + 1].number).text,
                        nodes[i + 2].number,
                        nodes[i + 3].number,
                        {}};
    check(ids.insert(node.id).second, "two nodes of one id");
    check(node.id < std::uint64_t{1} << 32, "an id of more than 32 bits");
    for (std::uint64_t count = nodes[i + 4].number; count != 0; --count, edge += 3) {
      const std::string& type = edge_types.at(edges.at(edge).number).text;
      const std::uint64_t name = edges.at(edge + 1).number;
      const std::uint64_t to = edges.at(edge + 2).number;
      check(to % width == 0 && to < nodes.size(), "an edge to no node");
      node.edges.push_back(
          {type, type == "element" ? std::to_string(name) : strings.at(name).text, to / width});
    }
    snapshot.nodes.push_back(std::move(node));
  }
  check(edge == edges.size(), "the nodes' edges are not all edges");
  check(snapshot.nodes.at(0).type == "synthetic", "the root");
  check(snapshot.reached().size() == snapshot.nodes.size(), "not all nodes are reached from the root");
  return snapshot;
}

}  // namespace interlox::test
