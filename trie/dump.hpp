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
  /// Writes the value; throws what operator<< throws.
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
  using RootNode = typename Tree::RootNode;
  using BranchNode = typename Tree::BranchNode;
  using LeafNode = typename Tree::LeafNode;
  using EntryNode = typename Tree::EntryNode;
  using LinkNode = typename Tree::LinkNode;

 public:
  Dumper(const Tree& tree, std::ostream& out, const KeyPrinter& key, const ValuePrinter& value)
      : tree_(tree), out_(out), print_key_(key), print_value_(value) {}

  void text() {
    RootNode* const root = tree_.root();
    indented(0, root) << " [Root Slots=" << root->size() << " Entries=" << tree_.books().entries() << "]\n";
    each_child(root, [&](Word child, std::size_t, std::size_t) { text(child, 1); });
  }

  void dot() {
    out_ << "digraph trie {\n  rankdir=LR;\n  node [shape=box, fontname=\"monospace\"];\n";
    RootNode* const root = tree_.root();
    node_line(root, "style=rounded, ", counted("Root\n", root->size()) + " slots");
    each_child(root, [&](Word child, std::size_t first, std::size_t last) {
      std::string slots = std::to_string(first);
      if (last != first) slots += counted("-", last);
      edge(root, address(child), slots);
      dot(child);
    });
    out_ << "}\n";
  }

 private:
  // Every load here: acquire, a reader's half of a pair of tree.hpp.
  template <class Atomic>
  static auto read(const Atomic& field) {
    return field.load(std::memory_order_acquire);
  }
  static const void* address(Word word) { return reinterpret_cast<const void*>(word & ~kTags); }

  // Calls visit(child, first slot, last slot); a leaf that stands in several slots once.
  template <class Visit>
  void each_child(RootNode* root, const Visit& visit) {
    for (std::size_t i = 0; i < root->size();) {
      const Word word = Tree::read(root->at(i));
      std::size_t next = i + 1;
      while (next < root->size() && Tree::read(root->at(next)) == word) ++next;
      if (address(word) != nullptr) visit(word, i, next - 1);
      i = next;
    }
  }

  std::ostream& indented(std::size_t depth, const void* node) {
    for (std::size_t i = 0; i < depth; ++i) out_ << '\t';
    return out_ << node;
  }

  void text(Word slot, std::size_t depth) {
    if (is_branch(slot)) {
      const BranchNode* const branch = Tree::branch_of(slot);
      indented(depth, branch) << " [Branch Bit=" << branch->base << "]\n";
      for (const auto& below : branch->slots) text(Tree::read(below), depth + 1);
    } else if (is_direct(slot)) {
      text(Tree::entry_of(slot), depth);
    } else if (const LeafNode* const leaf = Tree::leaf_of(slot)) {
      text(*leaf, depth);
    }
  }

  void text(const LeafNode& leaf, std::size_t depth) {
    indented(depth, &leaf) << " [" << describe(leaf.header()) << "]\n";
    for (unsigned i = 0; i < Header::kCells; ++i) {
      const Word cell = leaf.cell(i);
      if (cell == 0) continue;
      if ((cell & kChain) != 0) {
        text(Tree::link_of(cell), depth + 1);
      } else {
        text(Tree::entry_of(cell), depth + 1);
      }
    }
  }

  // As "Leaf Depth=3 Fingerprints=[1f, 00, ...]", with " locked" or " dead" where it is.
  static std::string describe(Header header) {
    std::string text = "Leaf Depth=" + std::to_string(header.depth()) + " Fingerprints=[";
    for (unsigned i = 0; i < Header::kCells; ++i) {
      if (i != 0) text += ", ";
      text += hex64(header.fingerprint_of(i)).substr(14);
    }
    return text + "]" + (header.is_dead() ? " dead" : header.is_locked() ? " locked" : "");
  }

  void text(const EntryNode* entry, std::size_t depth) {
    indented(depth, entry) << " [Entry Key=";
    print_key_(out_, tree_.traits().view(entry->key()));
    out_ << " Value=";
    print_value_(out_, entry->value.seen().value());
    out_ << " Hash=" << hex64(entry->hash) << "]\n";
  }

  void text(const LinkNode* link, std::size_t depth) {
    for (; link != nullptr; link = read(link->next)) {
      const EntryNode* const entry = read(link->entry);
      indented(depth, link) << " [Link Hash=" << hex64(link->hash) << "]\n";
      if (entry != nullptr) text(entry, depth + 1);
    }
  }

  static std::string counted(std::string text, std::uint64_t number) {
    return text += std::to_string(number);
  }

  static std::string name(const void* node) {
    std::ostringstream text;
    text << 'n' << node;
    return text.str();
  }

  void node_line(const void* node, const char* style, const std::string& label) {
    out_ << "  " << name(node) << " [" << style << "label=" << dot_quoted(label) << "];\n";
  }

  void edge(const void* from, const void* to, const std::string& label) {
    out_ << "  " << name(from) << " -> " << name(to) << " [label=" << dot_quoted(label) << "];\n";
  }

  void dot(Word slot) {
    if (is_branch(slot)) {
      const BranchNode* const branch = Tree::branch_of(slot);
      node_line(branch, "style=rounded, ", counted("Branch\nbit ", branch->base));
      for (unsigned side : {0U, 1U}) {
        const Word below = Tree::read(branch->slots[side]);
        edge(branch, address(below), std::to_string(side));
        dot(below);
      }
    } else if (is_direct(slot)) {
      dot(Tree::entry_of(slot));
    } else if (const LeafNode* const leaf = Tree::leaf_of(slot)) {
      dot(*leaf);
    }
  }

  void dot(const LeafNode& leaf) {
    const Header header = leaf.header();
    node_line(&leaf, "style=rounded, ", header.is_dead() ? "Leaf (dead)" : "Leaf");
    for (unsigned i = 0; i < Header::kCells; ++i) {
      const Word cell = leaf.cell(i);
      if (cell == 0) continue;
      edge(&leaf, address(cell), hex64(header.fingerprint_of(i)).substr(14));
      if ((cell & kChain) != 0) {
        dot(Tree::link_of(cell));
      } else {
        dot(Tree::entry_of(cell));
      }
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

  void dot(const LinkNode* link) {
    while (link != nullptr) {
      node_line(link, "shape=cds, ", "Link\n" + hex64(link->hash));
      if (const EntryNode* const entry = read(link->entry)) {
        edge(link, entry, "entry");
        dot(entry);
      }
      const LinkNode* const next = read(link->next);
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
