// SPDX-License-Identifier: BSD-3-Clause
#include "vm/heap_graph.hpp"

#include <cstring>

#include "trie/hash.hpp"

namespace interlox::vm {

std::uint32_t TextPool::add(std::string_view text) noexcept {
  if (2 * (places_.size() + 1) > index_.size() && !grow()) return kNone;
  const auto hash = static_cast<std::uint32_t>(trie::hash_bytes(text, 0));
  const std::size_t mask = index_.size() - 1;
  std::size_t i = hash & mask;
  for (; index_[i] != 0; i = (i + 1) & mask) {
    const std::uint32_t number = index_[i] - 1;
    if (places_[number].hash == hash && at(number) == text) return number;
  }
  const std::size_t offset = bytes_.size();
  if (!bytes_.resize(offset + text.size())) return kNone;
  if (!text.empty()) std::memcpy(&bytes_[offset], text.data(), text.size());
  if (!places_.push({offset, static_cast<std::uint32_t>(text.size()), hash})) return kNone;
  index_[i] = static_cast<std::uint32_t>(places_.size());
  return index_[i] - 1;
}

std::string_view TextPool::at(std::size_t number) const noexcept {
  const Place& place = places_[number];
  return {bytes_.begin() + place.offset, place.length};
}

bool TextPool::grow() noexcept {
  constexpr std::size_t kLeast = 1024;
  MappedArray<std::uint32_t> larger;
  if (!larger.resize(index_.size() == 0 ? kLeast : 2 * index_.size())) return false;
  const std::size_t mask = larger.size() - 1;
  for (std::uint32_t number = 0; number < places_.size(); ++number) {
    std::size_t i = places_[number].hash & mask;
    while (larger[i] != 0) i = (i + 1) & mask;
    larger[i] = number + 1;
  }
  index_.swap(larger);
  return true;
}

HeapGraph::Index HeapGraph::add_node(NodeType type, std::string_view name, const void* address,
                                     std::uint64_t self_size) noexcept {
  if (!is_complete_) return kNone;
  const std::uint32_t text = texts_.add(name);
  is_complete_ =
      text != TextPool::kNone && nodes_.size() < kNone && nodes_.push({address, self_size, 0, 0, text, type});
  return is_complete_ ? static_cast<Index>(nodes_.size() - 1) : kNone;
}

void HeapGraph::begin(Index node) noexcept {
  current_ = node;
  if (is_complete_) nodes_[node].first_edge = edges_.size();
}

void HeapGraph::add_edge(EdgeType type, std::string_view name, Index to) noexcept {
  if (!is_complete_ || to == kNone) return;
  const std::uint32_t text = texts_.add(name);
  is_complete_ = text != TextPool::kNone;
  add_edge(type, text, to);
}

void HeapGraph::add_edge(EdgeType type, std::uint32_t name_or_index, Index to) noexcept {
  if (!is_complete_ || to == kNone) return;
  is_complete_ = edges_.push({name_or_index, to, type});
  if (is_complete_) ++nodes_[current_].edge_count;
}

void HeapGraph::add_late_edge(std::uint32_t index, Index to) noexcept {
  if (!is_complete_ || to == kNone) return;
  is_complete_ = late_edges_.push({index, to, EdgeType::element});
  if (is_complete_) ++nodes_[late_].edge_count;
}

}  // namespace interlox::vm
