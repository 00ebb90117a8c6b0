// SPDX-License-Identifier: BSD-3-Clause
// The walk over all objects of the process that makes the graph of a heap snapshot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "gc/inspect.hpp"
#include "vm/class.hpp"
#include "vm/heap_graph.hpp"
#include "vm/map.hpp"
#include "vm/module.hpp"
#include "vm/table_visitor.hpp"
#include "vm/thread.hpp"

namespace interlox::vm {

struct Channel;
struct Cleanup;
struct ConcurrentMap;
struct Instance;
struct List;
struct NativeClass;
struct Realm;
struct SpawnedThread;

/// A short text in memory of its own: the name of a node or an edge. What does not fit is left out.
class ShortText {
 public:
  static constexpr std::size_t kMost = 120;  // bytes; then an ellipsis

  ShortText() noexcept = default;
  explicit ShortText(std::string_view text) noexcept { add(text); }
  ShortText& add(std::string_view text) noexcept;
  ShortText& add(double number) noexcept;
  std::string_view view() const noexcept { return {bytes_, size_}; }
  operator std::string_view() const noexcept { return view(); }

 private:
  static constexpr std::string_view kEllipsis = "\u2026";
  char bytes_[kMost + kEllipsis.size()];
  std::size_t size_ = 0;
  bool is_full_ = false;
};

/// Where an array stands in its object, which need not be readable.
inline std::size_t offset_of(const void* array, const void* object) noexcept {
  return static_cast<std::size_t>(static_cast<const char*>(array) - static_cast<const char*>(object));
}

/// Makes the graph of all live objects, in the function of gc::inspect_heap().
///
/// Invariants
///   I1  No address is followed that is not the first byte of a live block of the size that is read there. So
///       what a stack or a racing thread has left half done can make the graph incomplete, never the walk
///       wrong.
///   I2  Nodes are looked at in the order in which they were made: the graph is its own list of what is to
///       do, and no depth of objects is a depth of calls.
///   I3  In the end each live block belongs to one node, by `Block::node`: an object to its own, the arrays
///   and
///       tables behind an object to that of the object. So the nodes' sizes add up to the bytes of all
///       blocks.
///   I4  In the end each node is reached from the root by edges that are not weak.
///
/// An object that only C++ holds, on a stack or in a register, is found by what is left: alive, and reached
/// from nowhere else. Of such objects those come first that none of the others refers to.
class HeapWalk final : private TableVisitor {
 public:
  HeapWalk(HeapGraph& graph, std::span<const Thread* const> threads) noexcept
      : graph_(graph), threads_(threads) {}

  /// The whole graph, as far as there is memory (HeapGraph::is_complete). The tables of symbols and handles
  /// have been made before.
  void run() noexcept;

 private:
  using Index = HeapGraph::Index;
  static constexpr Index kNone = HeapGraph::kNone;

  struct Block {
    const void* address;
    std::uint64_t bytes;
    Index node;  // that it belongs to; kNone: none yet
    gc::LiveBlock::Kind kind;
    bool is_reached;      // by an edge that is not weak, or as a part of a node
    bool is_referred_to;  // by another block that is not reached
  };

  // heap_walk.cpp: blocks and roots.
  void add_block(const gc::LiveBlock& block) noexcept;
  bool index_blocks() noexcept;
  Block* find(const void* address) noexcept;
  bool is_readable(const void* address, std::size_t bytes) noexcept;
  bool claim(const void* address, std::size_t bytes) noexcept;
  void give(Block& block, Index node) noexcept;
  Index node_of(const Object* object) noexcept;
  Index strong(const Object* object) noexcept;
  Index make_node(Block& block) noexcept;
  void add_roots() noexcept;
  void look_at(Index node) noexcept;
  void drain() noexcept;
  void look_at_root() noexcept;
  void look_at_collector_roots() noexcept;
  void look_at_thread(const Thread& thread) noexcept;
  void look_at_native_roots() noexcept;
  void settle_rest() noexcept;
  void settle(std::size_t first) noexcept;
  template <class Visit>
  void for_each_word(const Block& block, Visit visit) noexcept;
  bool block(const void* address, std::size_t bytes) override;
  void element(const Object& object) override;

  // heap_walk_kinds.cpp: whether a block is an object, and what it is called.
  bool has_header(const Object* object, ObjectKind kind, std::size_t bytes) noexcept;
  bool is_symbol(const Symbol* symbol) noexcept;
  bool looks_like_object(const Block& block) noexcept;
  bool looks_like_instance(const Block& block) noexcept;
  NodeType describe(const Object& object, ShortText& name) noexcept;
  std::string_view name_of(const Symbol* symbol) noexcept;
  std::string_view name_of(const Closure* closure) noexcept;
  void describe_key(Value key, ShortText& name) noexcept;

  // heap_walk_objects.cpp: what an object refers to.
  void look_at_object(const Object& object) noexcept;
  void internal(std::string_view name, const Object* to) noexcept;
  void internal(std::string_view name, Value to) noexcept;
  void property(std::string_view name, Value to) noexcept;
  void entry(Value key, Value value) noexcept;
  void at(std::size_t index, Value to) noexcept;
  void weak(std::string_view name, const Object* to) noexcept;
  void elements(const Value* values, std::size_t count, const void* owner) noexcept;
  void look_at_function(const Function& function) noexcept;
  void look_at_references(const Function& function) noexcept;
  void look_at_closure(const Closure& closure) noexcept;
  void look_at_class(const Class& klass) noexcept;
  void look_at_methods(const std::atomic<NameTable*>& table) noexcept;
  void look_at_builtin_class(const NativeClass& klass) noexcept;
  void look_at_instance(const Instance& instance) noexcept;
  void look_at_list(const List& list) noexcept;
  void look_at_map(const Map& map) noexcept;
  void look_at_concurrent_map(const ConcurrentMap& map) noexcept;
  void look_at_module(const Module& module) noexcept;
  void look_at_realm(const Realm& realm) noexcept;
  void look_at_channel(const Channel& channel) noexcept;
  void look_at_spawned(const SpawnedThread& thread) noexcept;
  void look_at_cleanup(const Cleanup& cleanup) noexcept;
  template <class Visit>
  bool for_each_name(const NameTable* table, Visit visit) noexcept;
  const Cell* find_cell(const Instance& instance, std::uint32_t slot) noexcept;
  template <class NameMap, class Visit>
  void walk_names(const NameMap& map, Visit visit) noexcept;

  HeapGraph& graph_;
  std::span<const Thread* const> threads_;
  MappedArray<Block> blocks_;
  MappedArray<std::uint32_t> index_;  // of blocks_, + 1, by open addressing
  MappedArray<std::uint32_t> to_settle_;
  bool has_memory_ = true;
  Index current_ = 0;  // the node whose edges are being added
  Index next_ = 0;     // of the nodes, to be looked at
  Index symbols_ = 0;
  Index handles_ = 0;
  Index native_roots_ = 0;
  Index other_memory_ = 0;
  Index first_thread_ = 0;
  std::uint32_t weak_count_ = 0;
};

}  // namespace interlox::vm
