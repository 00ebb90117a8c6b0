// SPDX-License-Identifier: BSD-3-Clause
// A map as text, one node a line, and as a Graphviz graph.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>

#include "trie/node.hpp"

namespace interlox::trie {

/// Prints with operator<<: the default for keys and values.
struct StreamPrinter {
  template <class T>
  void operator()(std::ostream& out, const T& value) const {
    out << value;
  }
};

namespace detail {

/// Sixteen hexadecimal digits.
inline std::string hex64(std::uint64_t word) {
  std::string text(16, '0');
  for (auto at = text.rbegin(); at != text.rend(); ++at, word >>= 4) *at = "0123456789abcdef"[word & 15];
  return text;
}

/// `text` between double quotes, as Graphviz reads it: bytes outside of printable ASCII become a dot.
inline std::string dot_quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '\n') {
      quoted += "\\n";
    } else if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else {
      quoted += c >= ' ' && c <= '~' ? c : '.';
    }
  }
  return quoted + '"';
}

/// Writes a tree out. Takes no lock; beside writers the picture may mix moments.
/// Source of the text form: dumpMap of the tests of Go's internal/concurrent.
template <class Tree, class KeyPrinter, class ValuePrinter>
class Dumper {
  using IndirectNode = typename Tree::IndirectNode;
  using EntryNode = typename Tree::EntryNode;
  using OverflowNode = typename Tree::OverflowNode;

 public:
  Dumper(const Tree& tree, std::ostream& out, const KeyPrinter& key, const ValuePrinter& value)
      : tree_(tree), out_(out), print_key_(key), print_value_(value) {}

  void text() { text(tree_.root(), 0); }

  void dot() {
    out_ << "digraph trie {\n  rankdir=LR;\n  node [shape=box, fontname=\"monospace\"];\n";
    dot(tree_.root());
    out_ << "}\n";
  }

 private:
  // Every load here: acquire, pairs with (1) or (5) of tree.hpp.
  template <class Atomic>
  static auto read(const Atomic& field) {
    return field.load(std::memory_order_acquire);
  }

  std::ostream& indented(std::size_t depth, const void* node) {
    for (std::size_t i = 0; i < depth; ++i) out_ << '\t';
    return out_ << node;
  }

  void text(const Node* node, std::size_t depth) {
    switch (node->kind) {
      case Kind::kIndirect:
        return text(static_cast<const IndirectNode*>(node), depth);
      case Kind::kEntry:
        return text(static_cast<const EntryNode*>(node), depth);
      case Kind::kOverflow:
        return text(static_cast<const OverflowNode*>(node), depth);
    }
  }

  void text(const IndirectNode* node, std::size_t depth) {
    indented(depth, node) << (node->parent == nullptr ? " [Root Parent=" : " [Indirect Parent=")
                          << static_cast<const void*>(node->parent)
                          << " Dead=" << (read(node->dead) ? "true" : "false") << " Children=[";
    for (unsigned i = 0; i < kFanout; ++i) {
      out_ << (i == 0 ? "" : ", ") << static_cast<const void*>(read(node->children[i]));
    }
    out_ << "]]\n";
    for (const auto& slot : node->children) {
      if (const Node* const child = read(slot)) text(child, depth + 1);
    }
  }

  void text(const EntryNode* entry, std::size_t depth) {
    indented(depth, entry) << " [Entry Key=";
    print_key_(out_, tree_.traits().view(entry->key()));
    out_ << " Value=";
    print_value_(out_, entry->value.seen().value());
    out_ << " Hash=" << hex64(entry->hash) << "]\n";
  }

  void text(const OverflowNode* link, std::size_t depth) {
    for (; link != nullptr; link = read(link->next)) {
      const EntryNode* const entry = read(link->entry);
      indented(depth, link) << " [Overflow Entry=" << static_cast<const void*>(entry)
                            << " Next=" << static_cast<const void*>(read(link->next))
                            << " Hash=" << hex64(link->hash) << "]\n";
      if (entry != nullptr) text(entry, depth + 1);
    }
  }

  static std::string name(const Node* node) {
    std::ostringstream text;
    text << 'n' << static_cast<const void*>(node);
    return text.str();
  }

  void node_line(const Node* node, const char* style, const std::string& label) {
    out_ << "  " << name(node) << " [" << style << "label=" << dot_quoted(label) << "];\n";
  }

  void edge(const Node* from, const Node* to, const std::string& label) {
    out_ << "  " << name(from) << " -> " << name(to) << " [label=" << dot_quoted(label) << "];\n";
  }

  void dot(const Node* node) {
    switch (node->kind) {
      case Kind::kIndirect:
        return dot(static_cast<const IndirectNode*>(node));
      case Kind::kEntry:
        return dot(static_cast<const EntryNode*>(node));
      case Kind::kOverflow:
        return dot(static_cast<const OverflowNode*>(node));
    }
  }

  void dot(const IndirectNode* node) {
    const std::string kind = node->parent == nullptr ? "Root" : "Indirect";
    node_line(node, "style=rounded, ", read(node->dead) ? kind + " (dead)" : kind);
    for (unsigned i = 0; i < kFanout; ++i) {
      const Node* const child = read(node->children[i]);
      if (child == nullptr) continue;
      edge(node, child, std::string(1, "0123456789abcdef"[i]));
      dot(child);
    }
  }

  void dot(const EntryNode* entry) {
    std::ostringstream label;
    print_key_(label, tree_.traits().view(entry->key()));
    label << " = ";
    print_value_(label, entry->value.seen().value());
    label << '\n' << hex64(entry->hash);
    node_line(entry, "", label.str());
  }

  void dot(const OverflowNode* link) {
    while (link != nullptr) {
      node_line(link, "shape=cds, ", "Overflow\n" + hex64(link->hash));
      if (const EntryNode* const entry = read(link->entry)) {
        edge(link, entry, "entry");
        dot(entry);
      }
      const OverflowNode* const next = read(link->next);
      if (next != nullptr) edge(link, next, "next");
      link = next;
    }
  }

  const Tree& tree_;
  std::ostream& out_;
  const KeyPrinter& print_key_;
  const ValuePrinter& print_value_;
};

}  // namespace detail
}  // namespace interlox::trie
