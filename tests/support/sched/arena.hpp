// SPDX-License-Identifier: BSD-3-Clause
// The memory of what is explored: always at the same addresses, put back to what it was by one copy, with an
// account of each node that was given out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/sched/memory.hpp"

namespace interlox::test::sched {

/// Memory in regions: one for what is set up before, and one a thread. So the addresses that a thread gets
/// depend on nothing but what it does itself, whatever the others do meanwhile.
class Arena {
 public:
  static constexpr unsigned kSetUp = kMostThreads;  // the region; below it those of the threads
  static constexpr std::size_t kGranule = 4;        // the smallest atomic

  /// Memory that holds a pattern that is no address. `stamp`: the step of the thread before which it is
  /// written.
  void* allocate(unsigned region, std::size_t bytes, bool may_hold_pointers, std::uint32_t stamp);
  /// Where retirements are counted.
  enum class Account : std::uint8_t { kTree, kOther };
  void retired(const void* node, Account account) noexcept;

  /// Empties it.
  void clear() noexcept;
  /// What can be reached from `root`, an allocation, counts as linked. restore() comes back to this state.
  void seal(const void* root);
  void restore() noexcept;

  /// A place now holds this word. If that links a node, it is linked, and what it leads to is too.
  void stored(const void* place, std::uint64_t word) noexcept {
    if (contains(word)) link(place, word);
  }

  /// Empty, or what is wrong once all threads are done: of the nodes that may hold pointers and were ever
  /// linked, each one that can no longer be reached from the root was retired once, and no other one. Of the
  /// others none that can be reached was retired, nor one that never could. Whether one was ever in its place
  /// is more than can be seen from here: a leaf may lead to an entry which its slot does not speak for.
  [[nodiscard]] std::string fault();
  /// How many nodes of the tree were retired, and how many of them were such others.
  [[nodiscard]] std::size_t retirements() const noexcept { return retirements_; }
  [[nodiscard]] std::size_t retired_entries() const noexcept;

  /// Empty, or what is wrong if a thread makes use of a pointer to a node that it need not see as its maker
  /// left it.
  [[nodiscard]] std::string fault_of_use(std::uint64_t word, const View& view) const;
  [[nodiscard]] bool contains(std::uint64_t address) const noexcept { return address - begin() < kBytes; }
  [[nodiscard]] std::size_t granule(const void* place) const noexcept {
    return (reinterpret_cast<std::uintptr_t>(place) - begin()) / kGranule;
  }
  /// An address that is never given out: it stands for what seq_cst fences know of each other.
  [[nodiscard]] const void* place_of_fences() const noexcept { return &bytes_.back(); }
  static constexpr std::size_t granules() noexcept { return kBytes / kGranule; }

  /// A place in words, the same in every run.
  [[nodiscard]] std::string name(const void* place) const;

 private:
  static constexpr std::size_t kRegionBytes = 64 << 10;
  static constexpr unsigned kRegions = kMostThreads + 1;
  static constexpr std::size_t kBytes = kRegions * kRegionBytes;
  static constexpr std::size_t kAlignment = 16;

  struct Node {
    std::uintptr_t start;
    std::uint32_t bytes;
    std::uint32_t stamp;
    std::uint8_t region;
    bool scanned;
    bool linked;
    bool reachable;
    unsigned retirements;
    Account account;
  };

  [[nodiscard]] std::uintptr_t begin() const noexcept {
    return reinterpret_cast<std::uintptr_t>(bytes_.data());
  }
  /// The node that an address, perhaps with a tag, leads to; or null.
  [[nodiscard]] Node* find(std::uint64_t address) noexcept {
    return const_cast<Node*>(static_cast<const Arena&>(*this).find(address));
  }
  [[nodiscard]] const Node* find(std::uint64_t address) const noexcept;
  void link(const void* place, std::uint64_t word) noexcept;
  /// Sets a flag of a node and of all that it leads to.
  void mark(Node& first, bool Node::*flag) noexcept;

  alignas(64) std::array<std::byte, kBytes> bytes_;
  std::array<std::size_t, kRegions> used_{};
  std::vector<Node> nodes_;
  std::array<std::uint16_t, kBytes / kAlignment> owners_{};  // the number of the node there, if there is one
  std::vector<Node*> work_;
  std::size_t retirements_ = 0;

  std::vector<std::byte> sealed_;
  std::vector<Node> sealed_nodes_;
  std::size_t sealed_retirements_ = 0;
  std::uintptr_t root_ = 0;
};

}  // namespace interlox::test::sched
