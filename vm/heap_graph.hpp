// SPDX-License-Identifier: BSD-3-Clause
// A graph of objects in memory of its own: what a heap snapshot is before it is written.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <sys/mman.h>
#include <type_traits>
#include <utility>

namespace interlox::vm {

/// An array in mapped memory. It grows by system calls alone, so it may do so while the other threads are
/// stopped, when malloc's locks may be held. One thread.
template <class T>
class MappedArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  MappedArray() noexcept = default;
  MappedArray(const MappedArray&) = delete;
  MappedArray& operator=(const MappedArray&) = delete;
  ~MappedArray() {
    if (data_ != nullptr) munmap(data_, capacity_ * sizeof(T));
  }

  std::size_t size() const noexcept { return size_; }
  T& operator[](std::size_t index) noexcept { return data_[index]; }
  const T& operator[](std::size_t index) const noexcept { return data_[index]; }
  const T* begin() const noexcept { return data_; }
  const T* end() const noexcept { return data_ + size_; }

  /// False, and nothing has changed, if there is no memory.
  [[nodiscard]] bool push(const T& value) noexcept {
    if (size_ == capacity_ && !reserve(capacity_ == 0 ? kFirst : 2 * capacity_)) return false;
    data_[size_++] = value;
    return true;
  }
  /// Makes it `count` elements long; new ones are of zero bytes. Likewise.
  [[nodiscard]] bool resize(std::size_t count) noexcept {
    if (count > capacity_ && !reserve(std::max({count, 2 * capacity_, kFirst}))) return false;
    size_ = count;
    return true;
  }
  void swap(MappedArray& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  static constexpr std::size_t kFirst = (std::size_t{1} << 16) / sizeof(T);

  bool reserve(std::size_t count) noexcept {
    void* const memory = data_ == nullptr
                             ? mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
                             : mremap(data_, capacity_ * sizeof(T), count * sizeof(T), MREMAP_MAYMOVE);
    if (memory == MAP_FAILED) return false;
    data_ = static_cast<T*>(memory);
    capacity_ = count;
    return true;
  }

  T* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// Texts, each once, by numbers. One thread.
class TextPool {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  /// The number of the text, which is copied; kNone if there is no memory.
  std::uint32_t add(std::string_view text) noexcept;
  std::string_view at(std::size_t number) const noexcept;
  std::size_t size() const noexcept { return places_.size(); }

 private:
  struct Place {
    std::uint64_t offset;
    std::uint32_t length;
    std::uint32_t hash;
  };

  bool grow() noexcept;

  MappedArray<char> bytes_;
  MappedArray<Place> places_;
  MappedArray<std::uint32_t> index_;  // numbers + 1, by open addressing; 0: free. Twice as many as texts
};

/// What DevTools call the types of nodes and edges, in the order in which the format's head lists them
/// (heap_snapshot.cpp).
enum class NodeType : std::uint8_t {
  hidden,
  array,
  string,
  object,
  code,
  closure,
  regexp,
  number,
  native,
  synthetic,
  concatenated_string,
  sliced_string,
  symbol,
  bigint,
};
enum class EdgeType : std::uint8_t { context, element, property, internal, hidden, shortcut, weak };

/// Nodes, and edges that leave them.
///
/// Invariants
///   I1  The edges of a node lie side by side: from `first_edge` on, `edge_count` of them. begin() says whose
///       edges come next. Those of the node `late()` alone lie apart, so that they may come at any time.
///   I2  Once memory was short is_complete() is false, and nothing more is added.
///
/// No member but the constructor calls malloc. One thread.
class HeapGraph {
 public:
  using Index = std::uint32_t;
  static constexpr Index kNone = 0xffffffff;

  struct Node {
    const void* address;  // of its block; null: it is none of the heap
    std::uint64_t self_size;
    std::uint64_t first_edge;
    std::uint32_t edge_count;
    std::uint32_t name;  // of texts()
    NodeType type;
  };
  struct Edge {
    std::uint32_t name;  // of texts(); of an element its index
    Index to;
    EdgeType type;
  };

  bool is_complete() const noexcept { return is_complete_; }
  void give_up() noexcept { is_complete_ = false; }

  /// A new node without edges, or kNone.
  Index add_node(NodeType type, std::string_view name, const void* address, std::uint64_t self_size) noexcept;
  /// From here on add_edge() is about this node, which has no edges yet.
  void begin(Index node) noexcept;
  void add_edge(EdgeType type, std::string_view name, Index to) noexcept;
  void add_edge(EdgeType type, std::uint32_t name_or_index, Index to) noexcept;

  /// Names the node whose edges come by add_late_edge().
  void set_late(Index node) noexcept { late_ = node; }
  Index late() const noexcept { return late_; }
  void add_late_edge(std::uint32_t index, Index to) noexcept;

  std::size_t node_count() const noexcept { return nodes_.size(); }
  std::size_t edge_count() const noexcept { return edges_.size() + late_edges_.size(); }
  Node& node(Index index) noexcept { return nodes_[index]; }
  const Node& node(Index index) const noexcept { return nodes_[index]; }
  const Edge* edges_of(const Node& node) const noexcept {
    return (&node == &nodes_[late_] ? late_edges_ : edges_).begin() + node.first_edge;
  }
  TextPool& texts() noexcept { return texts_; }
  const TextPool& texts() const noexcept { return texts_; }

 private:
  MappedArray<Node> nodes_;
  MappedArray<Edge> edges_;
  MappedArray<Edge> late_edges_;
  TextPool texts_;
  Index current_ = 0;
  Index late_ = 0;
  bool is_complete_ = true;
};

}  // namespace interlox::vm
