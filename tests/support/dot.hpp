// SPDX-License-Identifier: BSD-3-Clause
// Reads graphs in Graphviz' language, as much of it as the project writes, and refuses what Graphviz would.
#pragma once

#include <cctype>
#include <cstddef>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace interlox::test {

/// digraph NAME { statements }, where a statement is a node or an edge with attributes, defaults
/// (`node [...]`), or an assignment. Source: the grammar at graphviz.org/doc/info/lang.html.
struct Digraph {
  using Attributes = std::map<std::string, std::string>;
  std::map<std::string, Attributes> nodes;  // those that are declared
  std::vector<std::pair<std::string, std::string>> edges;

  /// Throws std::runtime_error.
  static Digraph parse(std::string_view text);

  /// Whether each end of each edge is a node that is declared.
  bool is_closed() const {
    for (const auto& [from, to] : edges) {
      if (!nodes.contains(from) || !nodes.contains(to)) return false;
    }
    return true;
  }
};

class DotReader {
 public:
  explicit DotReader(std::string_view text) : rest_(text) {}

  Digraph read() {
    if (identifier() != "digraph") fail("no digraph");
    if (!is_next('{')) identifier();
    expect('{');
    while (!is_next('}')) statement();
    expect('}');
    skip();
    if (!rest_.empty()) fail("something behind the end");
    return std::move(graph_);
  }

 private:
  void statement() {
    const std::string first = identifier();
    skip();
    if (take("=")) {
      identifier();
    } else if (take("->")) {
      graph_.edges.emplace_back(first, identifier());
      attributes();
    } else {
      const Digraph::Attributes all = attributes();
      const bool is_default = first == "node" || first == "edge" || first == "graph";
      if (!is_default) graph_.nodes[first] = all;
    }
    expect(';');
  }

  Digraph::Attributes attributes() {
    Digraph::Attributes all;
    if (!is_next('[')) return all;
    expect('[');
    while (!is_next(']')) {
      const std::string name = identifier();
      expect('=');
      all[name] = identifier();
      skip();
      if (!take(",") && !is_next(']')) fail("no comma");
    }
    expect(']');
    return all;
  }

  /// A name, a number, or a quoted text.
  std::string identifier() {
    skip();
    if (take("\"")) return quoted();
    const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
    std::size_t length = 0;
    while (length < rest_.size() && is_part(rest_[length])) ++length;
    if (length == 0) fail("no name");
    const bool is_number = std::isdigit(static_cast<unsigned char>(rest_[0])) != 0;
    std::string name(rest_.substr(0, length));
    if (is_number && name.find_first_not_of("0123456789") != std::string::npos) fail("a name that begins so");
    rest_.remove_prefix(length);
    return name;
  }

  std::string quoted() {
    std::string text;
    while (!take("\"")) {
      if (rest_.size() < 2) fail("a text without an end");
      if (rest_[0] == '\n' || rest_[0] == '\0') fail("a control character in a text");
      const std::size_t length = rest_[0] == '\\' ? 2 : 1;
      text += rest_.substr(0, length);
      rest_.remove_prefix(length);
    }
    return text;
  }

  void skip() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_[0])) != 0) rest_.remove_prefix(1);
  }
  bool is_next(char c) {
    skip();
    return !rest_.empty() && rest_[0] == c;
  }
  bool take(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  void expect(char c) {
    if (!is_next(c)) fail(std::string("no ") + c);
    rest_.remove_prefix(1);
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error("not a graph: " + what + " at '" + std::string(rest_.substr(0, 30)) + "'");
  }

  std::string_view rest_;
  Digraph graph_;
};

inline Digraph Digraph::parse(std::string_view text) { return DotReader(text).read(); }

}  // namespace interlox::test
