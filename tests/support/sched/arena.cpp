// SPDX-License-Identifier: BSD-3-Clause
// The account of the nodes.
#include "tests/support/sched/arena.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>

namespace interlox::test::sched {

namespace {

constexpr std::uint64_t kTags = 7;
constexpr int kPoison = 0xA5;

}  // namespace

void* Arena::allocate(unsigned region, std::size_t bytes, bool may_hold_pointers, std::uint32_t stamp) {
  const std::size_t alignment = bytes == 64 ? 64 : kAlignment;
  std::size_t& used = used_[region];
  const std::size_t offset = (used + alignment - 1) / alignment * alignment;
  if (offset + bytes >= kRegionBytes) throw std::bad_alloc();
  used = (offset + bytes + kAlignment - 1) / kAlignment * kAlignment;
  std::byte* const start = bytes_.data() + region * kRegionBytes + offset;
  std::memset(start, kPoison, bytes);
  const std::size_t first = (region * kRegionBytes + offset) / kAlignment;
  const std::size_t last = (region * kRegionBytes + used) / kAlignment;
  std::fill(owners_.begin() + first, owners_.begin() + last, static_cast<std::uint16_t>(nodes_.size()));
  nodes_.push_back({reinterpret_cast<std::uintptr_t>(start), static_cast<std::uint32_t>(bytes), stamp,
                    static_cast<std::uint8_t>(region), may_hold_pointers, false, false, 0, Account::kTree});
  return start;
}

void Arena::retired(const void* node, Account account) noexcept {
  retirements_ += account == Account::kTree ? 1 : 0;
  if (Node* const known = find(reinterpret_cast<std::uintptr_t>(node))) {
    ++known->retirements;
    known->account = account;
  }
}

void Arena::clear() noexcept {
  used_.fill(0);
  nodes_.clear();
  retirements_ = 0;
}

void Arena::seal(const void* root) {
  root_ = reinterpret_cast<std::uintptr_t>(root);
  mark(*find(root_), &Node::linked);
  sealed_.assign(bytes_.data() + kSetUp * kRegionBytes,
                 bytes_.data() + kSetUp * kRegionBytes + used_[kSetUp]);
  sealed_nodes_ = nodes_;
  sealed_retirements_ = retirements_;
}

void Arena::restore() noexcept {
  std::memcpy(bytes_.data() + kSetUp * kRegionBytes, sealed_.data(), sealed_.size());
  used_.fill(0);
  used_[kSetUp] = sealed_.size();
  nodes_.resize(sealed_nodes_.size());
  std::copy(sealed_nodes_.begin(), sealed_nodes_.end(), nodes_.begin());
  retirements_ = sealed_retirements_;
}

const Arena::Node* Arena::find(std::uint64_t address) const noexcept {
  if (!contains(address)) return nullptr;
  const std::size_t number = owners_[(address - begin()) / kAlignment];
  if (number >= nodes_.size()) return nullptr;  // of an earlier execution
  const Node& node = nodes_[number];
  return address - node.start < node.bytes ? &node : nullptr;
}

void Arena::link(const void* place, std::uint64_t word) noexcept {
  const Node* const holder = find(reinterpret_cast<std::uintptr_t>(place));
  Node* const node = find(word);
  if (node == nullptr || node->linked || holder == nullptr || !holder->linked) return;
  mark(*node, &Node::linked);
}

void Arena::mark(Node& first, bool Node::*flag) noexcept {
  first.*flag = true;
  work_.push_back(&first);
  while (!work_.empty()) {
    const Node& node = *work_.back();
    work_.pop_back();
    if (!node.scanned) continue;
    for (std::size_t at = 0; at + sizeof(std::uint64_t) <= node.bytes; at += sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, reinterpret_cast<const std::byte*>(node.start) + at, sizeof(word));
      Node* const next = find(word);
      if (next == nullptr || next->start != (word & ~kTags) || next->*flag) continue;
      next->*flag = true;
      work_.push_back(next);
    }
  }
}

std::string Arena::fault() {
  mark(*find(root_), &Node::reachable);
  for (const Node& node : nodes_) {
    const auto which = [&] { return name(reinterpret_cast<const void*>(node.start)); };
    if (node.retirements > 1) return which() + " was retired more than once";
    if (node.reachable && node.retirements != 0) return which() + " was retired and can be reached";
    if (!node.reachable && node.linked && node.scanned && node.retirements == 0)
      return which() + " was unlinked, never retired";
    if (!node.linked && node.retirements != 0 && node.region != kSetUp) {
      return which() + " was retired, never linked";
    }
  }
  return {};
}

std::size_t Arena::retired_entries() const noexcept {
  return static_cast<std::size_t>(std::count_if(nodes_.begin(), nodes_.end(), [](const Node& node) {
    return !node.scanned && node.retirements != 0 && node.account == Account::kTree;
  }));
}

std::string Arena::fault_of_use(std::uint64_t word, const View& view) const {
  const Node* const node = find(word);
  if (node == nullptr || node->region == kSetUp || node->region == view.thread) return {};
  if (node->start != (word & ~kTags) || view.now[node->region] >= node->stamp) return {};
  return "a pointer to " + name(reinterpret_cast<const void*>(node->start)) +
         " is read, whose making by thread " + std::to_string(node->region) + " does not happen before";
}

std::string Arena::name(const void* place) const {
  const auto address = reinterpret_cast<std::uintptr_t>(place);
  const Node* const node = find(address);
  if (node == nullptr) return "no node";
  std::size_t number = 0;
  for (const Node& one : nodes_) {
    if (&one == node) break;
    number += one.region == node->region ? 1 : 0;
  }
  std::string text = node->region == kSetUp ? "old" : "new" + std::to_string(node->region);
  text += '.' + std::to_string(number) + '(' + std::to_string(node->bytes) + ')';
  if (address != node->start) text += '+' + std::to_string(address - node->start);
  return text;
}

}  // namespace interlox::test::sched
