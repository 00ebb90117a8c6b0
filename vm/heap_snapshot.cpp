// SPDX-License-Identifier: BSD-3-Clause
// The format is V8's (src/profiler/heap-snapshot-generator.cc, HeapSnapshotJSONSerializer): a head that names
// the fields of nodes and edges; all nodes in one array of numbers; all edges in another, those of the first
// node first; and the texts that both refer to.
#include "vm/heap_snapshot.hpp"

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "gc/heap.hpp"
#include "gc/inspect.hpp"
#include "vm/deadlock.hpp"
#include "vm/file.hpp"
#include "vm/heap_walk.hpp"
#include "vm/json_text.hpp"
#include "vm/symbol_table.hpp"
#include "vm/unique_table.hpp"

namespace interlox::vm {
namespace {

constexpr unsigned kNodeFields = 5;

constexpr std::string_view kMeta =
    R"("meta":{"node_fields":["type","name","id","self_size","edge_count"],)"
    R"("node_types":[["hidden","array","string","object","code","closure","regexp","number","native",)"
    R"("synthetic","concatenated string","sliced string","symbol","bigint"],"string","number","number","number"],)"
    R"("edge_fields":["type","name_or_index","to_node"],)"
    R"("edge_types":[["context","element","property","internal","hidden","shortcut","weak"],)"
    R"("string_or_number","node"],)"
    R"("trace_function_info_fields":["function_id","name","script_name","script_id","line","column"],)"
    R"("trace_node_fields":["id","function_info_index","count","size","children"],)"
    R"("sample_fields":["timestamp_us","last_assigned_id"],)"
    R"("location_fields":["object_index","script_id","line","column"]})";

/// Writes a graph piece by piece.
class Writer {
 public:
  Writer(OutputFile& file, const HeapGraph& graph) noexcept : file_(file), graph_(graph) {}

  void write() {
    text("{\"snapshot\":{");
    text(kMeta);
    text(",\"node_count\":");
    number(graph_.node_count());
    text(",\"edge_count\":");
    number(graph_.edge_count());
    text(",\"trace_function_count\":0},\n\"nodes\":[");
    for (HeapGraph::Index i = 0; i < graph_.node_count(); ++i) node(i);
    text("],\n\"edges\":[");
    is_first_ = true;
    for (HeapGraph::Index i = 0; i < graph_.node_count(); ++i) edges(graph_.node(i));
    text(
        "],\n\"trace_function_infos\":[],\n\"trace_tree\":[],\n\"samples\":[],\n\"locations\":[],"
        "\n\"strings\":[");
    for (std::size_t i = 0; i < graph_.texts().size(); ++i) {
      text(i == 0 ? "\"" : ",\n\"");
      put_json_text(graph_.texts().at(i), [this](std::string_view piece) { text(piece); });
      text("\"");
    }
    text("]}\n");
  }

 private:
  void node(HeapGraph::Index index) {
    const HeapGraph::Node& node = graph_.node(index);
    row({static_cast<std::uint64_t>(node.type), node.name, id_of(node, index), node.self_size,
         node.edge_count});
  }

  void edges(const HeapGraph::Node& node) {
    const HeapGraph::Edge* const first = graph_.edges_of(node);
    for (std::uint32_t i = 0; i < node.edge_count; ++i) {
      row({static_cast<std::uint64_t>(first[i].type), first[i].name,
           std::uint64_t{first[i].to} * kNodeFields});
    }
  }

  /// DevTools compare two snapshots by these, in 32 bits: an object's is made of its address, which it keeps
  /// for good. Odd ones are of nodes that are no objects.
  static std::uint64_t id_of(const HeapGraph::Node& node, HeapGraph::Index index) noexcept {
    const auto address = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(node.address));
    return node.address == nullptr ? 2 * std::uint64_t{index} + 1 : (address >> 4 & 0x7fffffff) << 1;
  }

  void row(std::initializer_list<std::uint64_t> numbers) {
    for (const std::uint64_t n : numbers) {
      if (!is_first_) text(",");
      is_first_ = false;
      number(n);
    }
    text("\n");
  }

  void number(std::uint64_t n) {
    char digits[24];
    text({digits, static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, n).ptr - digits)});
  }

  void text(std::string_view piece) { file_.write(piece); }

  OutputFile& file_;
  const HeapGraph& graph_;
  bool is_first_ = true;
};

/// False where there are no collections.
bool walk_heap(HeapGraph& graph) {
  SymbolTable::instance();  // both are there when the other threads are stopped
  UniqueTable::instance();
  bool is_there = false;
  Deadlocks::instance().with_threads([&](std::span<const Thread* const> threads) {
    HeapWalk walk(graph, threads);
    is_there =
        gc::inspect_heap([](void* context) noexcept { static_cast<HeapWalk*>(context)->run(); }, &walk);
  });
  return is_there;
}

}  // namespace

int write_heap_snapshot(const char* path) {
  OutputFile file(path);
  if (file.error() != 0) return file.error();
  HeapGraph graph;
  if (!walk_heap(graph)) return ENOTSUP;
  if (!graph.is_complete()) throw gc::OutOfMemory(graph.node_count() * sizeof(HeapGraph::Node));
  Writer(file, graph).write();
  return file.close();
}

}  // namespace interlox::vm
