// SPDX-License-Identifier: BSD-3-Clause
// Plays a recording of gc/recording.hpp, as the page of `interlox explore` does, and looks for what can't be.
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "gc/recording.hpp"

namespace interlox::test {

/// What a recording leads to. Throws std::runtime_error if an event can't be read, or can't be true.
class RecordingPlayer {
 public:
  struct Node {
    char kind = 0;  // R, B, L, E, K
    std::uint64_t map = 0;
    std::uint64_t number = 0;          // bits of a root, bit of a branch, depth of a leaf, hash
    std::vector<std::uint64_t> below;  // slots or cells; of a link its entry and the next link
    std::string key, value;            // of an entry
    bool dead = false, retired = false, reclaimed = false;
  };

  explicit RecordingPlayer(const gc::recording::Recording& recording)
      : rest_(recording.events), threads_(recording.threads.size()), maps_(recording.maps.size()), nodes_(1) {
    std::uint64_t events = 0;
    for (; !rest_.empty(); ++events) play();
    expect(events == recording.count, "as many events as it says");
  }

  const std::vector<Node>& nodes() const { return nodes_; }
  std::uint64_t retired() const { return retired_; }
  std::uint64_t reclaimed() const { return reclaimed_; }
  std::uint64_t collections() const { return collections_; }
  std::uint64_t changes(unsigned what) const {
    const auto found = changes_.find(what);
    return found == changes_.end() ? 0 : found->second;
  }

  /// A map's tree in the form of dump(), without the addresses. What can be reached must not be retired, and
  /// what can't, must.
  std::string dump(std::uint64_t map) {
    text_.clear();
    reached_.clear();
    entries_ = 0;
    const std::uint64_t top = tops_.at(map);
    const Node& root = at(top, 'R');
    reach(top);
    std::string below;
    for (std::size_t i = 0; i < root.below.size(); ++i) {
      if (root.below[i] != 0 && (i == 0 || root.below[i] != root.below[i - 1])) show(root.below[i], 1);
    }
    text_ = "[Root Slots=" + std::to_string(root.below.size()) + " Entries=" + std::to_string(entries_) +
            "]\n" + text_;
    for (std::size_t i = 1; i < nodes_.size(); ++i) {
      if (nodes_[i].map != map) continue;
      expect(reached_.count(i) != (nodes_[i].retired ? 1U : 0U), "nodes are retired that can't be reached");
    }
    return text_;
  }

 private:
  static void expect(bool is_true, const char* what) {
    if (!is_true) throw std::runtime_error(what);
  }

  std::uint64_t number() {
    std::uint64_t all = 0;
    for (unsigned shift = 0;; shift += 7) {
      expect(!rest_.empty() && shift < 64, "a number ends");
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      all |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return all;
    }
  }

  std::string_view bytes(std::size_t count) {
    expect(count <= rest_.size(), "as many bytes as it says");
    const std::string_view all = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return all;
  }
  std::string text() { return std::string(bytes(number())); }

  Node& at(std::uint64_t id, char kind) {
    expect(id != 0 && id < nodes_.size(), "a node that was born");
    expect(kind == 0 || nodes_[id].kind == kind, "a node of its kind");
    return nodes_[id];
  }
  // A node that something comes to refer to.
  std::uint64_t target() {
    const std::uint64_t id = number();
    if (id != 0) expect(!at(id, 0).retired, "nothing comes to refer to what was retired");
    return id;
  }

  Node& born(char kind) {
    nodes_.push_back({});
    nodes_.back().kind = kind;
    nodes_.back().map = number();
    expect(nodes_.back().map < maps_, "a map that there is");
    return nodes_.back();
  }

  void play() {
    const std::uint64_t kind = number();
    expect(number() < threads_, "a thread that there is");
    number();  // the time
    switch (kind) {
      case 1: {
        Node& root = born('R');
        root.number = number();
        while (root.below.size() < std::size_t{1} << root.number) {
          const std::uint64_t count = number();
          root.below.insert(root.below.end(), count, target());
        }
        return expect(root.below.size() == std::size_t{1} << root.number, "as many slots as it says");
      }
      case 2: {
        Node& branch = born('B');
        branch.number = number();
        branch.below = {target(), target()};
        return;
      }
      case 3: {
        Node& leaf = born('L');
        leaf.number = number();
        for (int i = 0; i < 7; ++i) leaf.below.push_back(target());
        return;
      }
      case 4: {
        Node& entry = born('E');
        const std::string_view hash = bytes(8);
        for (unsigned i = 0; i < 8; ++i)
          entry.number |= std::uint64_t{static_cast<unsigned char>(hash[i])} << 8 * i;
        entry.key = text();
        entry.value = text();
        return;
      }
      case 5: {
        Node& link = born('K');
        link.below = {target(), target()};
        return;
      }
      case 6: {
        const std::uint64_t map = number();
        tops_[map] = target();
        return expect(at(tops_[map], 'R').map == map, "a map's own root");
      }
      case 7:
      case 8: {
        Node& node = at(number(), 0);
        expect(kind == 8 ? node.kind == 'L' : node.kind == 'R' || node.kind == 'B', "who has slots or cells");
        const std::uint64_t index = number();
        expect(index < node.below.size(), "a slot or cell that there is");
        expect(!node.dead, "a dead leaf never changes");
        node.below[index] = target();
        return;
      }
      case 9:
      case 10: {
        Node& link = at(number(), 'K');
        // What follows a removed link may itself be removed later, and then stays where it was.
        link.below[kind - 9] = kind == 9 ? target() : number();
        return;
      }
      case 11: {
        Node& entry = at(number(), 'E');
        entry.value = text();
        return;
      }
      case 12:
        at(number(), 'L').dead = true;
        return;
      case 13: {
        Node& node = at(number(), 0);
        expect(!node.retired, "a node is retired once");
        node.retired = true;
        ++retired_;
        return;
      }
      case 14: {
        Node& node = at(number(), 0);
        expect(!node.reclaimed, "a node is reclaimed once");
        node.reclaimed = true;
        ++reclaimed_;
        return;
      }
      case 15:
        for (int i = 0; i < 8; ++i) number();
        ++collections_;
        return;
      case 16: {
        expect(number() < maps_, "a map that there is");
        ++changes_[number()];
        number();
        return;
      }
      case 17: {
        const std::uint64_t live = number();
        const std::uint64_t made = number();
        return expect(live + number() == made, "all handles that were made live or are dead");
      }
      default:
        throw std::runtime_error("an event of a kind that there is");
    }
  }

  Node& reach(std::uint64_t id) {
    reached_.insert(id);
    Node& node = at(id, 0);
    expect(!node.reclaimed, "what can be reached is not reclaimed");
    return node;
  }

  void show(std::uint64_t id, std::size_t depth) {
    if (id == 0) return;
    const Node& node = reach(id);
    text_.append(depth, '\t');
    if (node.kind == 'B') {
      text_ += "[Branch Bit=" + std::to_string(node.number) + "]\n";
      for (const std::uint64_t below : node.below) show(below, depth + 1);
    } else if (node.kind == 'L') {
      expect(!node.dead, "no dead leaf can be reached");
      text_ += "[Leaf Depth=" + std::to_string(node.number) + " Fingerprints=[";
      for (std::size_t i = 0; i < 7; ++i) text_ += (i == 0 ? "" : ", ") + fingerprint(node.below[i]);
      text_ += "]]\n";
      for (const std::uint64_t below : node.below) show(below, depth + 1);
    } else if (node.kind == 'E') {
      ++entries_;
      text_ += "[Entry Key=" + node.key + " Value=" + node.value + " Hash=" + hex(node.number, 16) + "]\n";
    } else {
      text_ += "[Link Hash=" + hex(hash_of(id), 16) + "]\n";
      show(node.below[0], depth + 1);
      show(node.below[1], depth);
    }
  }

  std::uint64_t hash_of(std::uint64_t container) {
    const Node& node = at(container, 0);
    return node.kind == 'E' ? node.number : hash_of(node.below[0] != 0 ? node.below[0] : node.below[1]);
  }
  std::string fingerprint(std::uint64_t container) {
    if (container == 0) return "00";
    const std::uint64_t low = hash_of(container) & 0xFF;
    return hex(low == 0 ? 1 : low, 2);
  }
  static std::string hex(std::uint64_t number, int digits) {
    char text[20];
    std::snprintf(text, sizeof text, "%0*llx", digits, static_cast<unsigned long long>(number));
    return text;
  }

  std::string_view rest_;
  std::uint64_t threads_;
  std::uint64_t maps_;
  std::vector<Node> nodes_;
  std::map<std::uint64_t, std::uint64_t> tops_;
  std::map<std::uint64_t, std::uint64_t> changes_;
  std::uint64_t retired_ = 0, reclaimed_ = 0, collections_ = 0;
  std::string text_;
  std::set<std::uint64_t> reached_;
  std::uint64_t entries_ = 0;
};

/// What dump() of a map says, without the addresses of its nodes.
inline std::string without_addresses(std::string_view dump) {
  std::string text;
  while (!dump.empty()) {
    const std::string_view line = dump.substr(0, dump.find('\n') + 1);
    const std::size_t tabs = line.find_first_not_of('\t');
    text += line.substr(0, tabs);
    text += line.substr(line.find('['));
    dump.remove_prefix(line.size());
  }
  return text;
}

}  // namespace interlox::test
