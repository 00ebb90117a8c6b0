// SPDX-License-Identifier: BSD-3-Clause
// What the objects of the runtime refer to, as the walk sees it.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "vm/atomic.hpp"
#include "vm/channel.hpp"
#include "vm/cleanup.hpp"
#include "vm/concurrent_map.hpp"
#include "vm/heap_walk.hpp"
#include "vm/instance.hpp"
#include "vm/interchange.hpp"
#include "vm/list.hpp"
#include "vm/native_class.hpp"
#include "vm/realm.hpp"
#include "vm/spawned_thread.hpp"
#include "vm/unique.hpp"
#include "vm/weak_ref.hpp"

namespace interlox::vm {
namespace {

/// Hands the entries of a trie map on, and its nodes to the walk.
template <class Claim, class Visit>
struct EntryVisitor {
  Claim& claim;
  Visit& visit;

  bool block(const void* address, std::size_t bytes) { return claim(address, bytes); }
  template <class Key, class Held>
  void entry(const Key& key, const Held& value) {
    visit(key, value);
  }
};

}  // namespace

// Edges.

void HeapWalk::internal(std::string_view name, const Object* to) noexcept {
  if (to != nullptr) graph_.add_edge(EdgeType::internal, name, strong(to));
}
void HeapWalk::internal(std::string_view name, Value to) noexcept {
  if (to.is_object()) internal(name, to.as_object());
}
void HeapWalk::property(std::string_view name, Value to) noexcept {
  if (to.is_object()) graph_.add_edge(EdgeType::property, name, strong(to.as_object()));
}
void HeapWalk::at(std::size_t index, Value to) noexcept {
  if (!to.is_object()) return;
  graph_.add_edge(EdgeType::element, static_cast<std::uint32_t>(index), strong(to.as_object()));
}
void HeapWalk::weak(std::string_view name, const Object* to) noexcept {
  if (to != nullptr) graph_.add_edge(EdgeType::weak, name, node_of(to));
}
/// Of a map: the key if it is an object, and the value by the key's name.
void HeapWalk::entry(Value key, Value value) noexcept {
  internal("key", key);
  if (!value.is_object()) return;
  ShortText name;
  describe_key(key, name);
  property(name, value);
}
/// An array of values, in a block of its own or at the end of `owner`.
void HeapWalk::elements(const Value* values, std::size_t count, const void* owner) noexcept {
  if (!claim(owner, offset_of(values, owner) + count * sizeof(Value))) return;
  for (std::size_t i = 0; i < count; ++i) at(i, values[i]);
}

// Objects.

void HeapWalk::look_at_object(const Object& object) noexcept {
  switch (object.kind()) {
    case ObjectKind::box:
      return internal("value", static_cast<const Box&>(object).value.load());
    case ObjectKind::atomic:
      return internal("value", static_cast<const Atomic&>(object).get());
    case ObjectKind::function:
      return look_at_function(static_cast<const Function&>(object));
    case ObjectKind::closure:
      return look_at_closure(static_cast<const Closure&>(object));
    case ObjectKind::native:
      return internal("name", static_cast<const Native&>(object).name);
    case ObjectKind::bound_method: {
      const auto& bound = static_cast<const BoundMethod&>(object);
      internal("receiver", bound.receiver);
      return internal("method", bound.method);
    }
    case ObjectKind::bound_native:
      return internal("receiver", static_cast<const BoundNative&>(object).receiver);
    case ObjectKind::native_class:
      return look_at_builtin_class(static_cast<const NativeClass&>(object));
    case ObjectKind::klass:
      return look_at_class(static_cast<const Class&>(object));
    case ObjectKind::class_template: {
      const auto& plan = static_cast<const ClassTemplate&>(object);
      internal("name", plan.name);
      if (!claim(plan.fields, plan.field_count * sizeof(plan.fields))) return;
      for (std::uint32_t i = 0; i < plan.field_count; ++i) internal("field", plan.fields[i]);
      return;
    }
    case ObjectKind::list:
      return look_at_list(static_cast<const List&>(object));
    case ObjectKind::map:
      return look_at_map(static_cast<const Map&>(object));
    case ObjectKind::concurrent_map:
      return look_at_concurrent_map(static_cast<const ConcurrentMap&>(object));
    case ObjectKind::unique: {
      const auto& handle = static_cast<const Unique&>(object);
      if (handle.is_text()) {
        claim(reinterpret_cast<const void*>(handle.bits_), sizeof(std::uint64_t));  // its entry in the table
      } else {
        internal("value", handle.word());
      }
      return;
    }
    case ObjectKind::tuple: {
      const auto& tuple = static_cast<const Tuple&>(object);
      return elements(tuple.elements, tuple.count, &tuple);
    }
    case ObjectKind::weak_ref:
      return weak("target", static_cast<const WeakRef&>(object).get());
    case ObjectKind::cleanup:
      return look_at_cleanup(static_cast<const Cleanup&>(object));
    case ObjectKind::channel:
      return look_at_channel(static_cast<const Channel&>(object));
    case ObjectKind::thread:
      return look_at_spawned(static_cast<const SpawnedThread&>(object));
    case ObjectKind::module:
      return look_at_module(static_cast<const Module&>(object));
    case ObjectKind::realm:
      return look_at_realm(static_cast<const Realm&>(object));
    case ObjectKind::table_copy: {
      const auto& copy = static_cast<const TableCopy&>(object);
      if (!claim(copy.pairs, copy.count * sizeof(TableCopy::Pair))) return;
      for (std::uint32_t i = 0; i < copy.count; ++i) entry(copy.pairs[i].key, copy.pairs[i].value);
      return;
    }
    case ObjectKind::instance:
      return look_at_instance(static_cast<const Instance&>(object));
    default:  // refers to nothing
      return;
  }
}

void HeapWalk::look_at_function(const Function& function) noexcept {
  internal("name", function.name);
  internal("module", function.module);
  internal("source name", function.source_name);
  claim(function.code, function.code_length * sizeof(Instruction));
  claim(function.lines, function.code_length * sizeof(std::uint32_t));
  claim(function.columns, function.code_length * sizeof(std::uint32_t));
  claim(function.captures, function.capture_count * sizeof(Capture));
  claim(function.handlers, function.handler_count * sizeof(Handler));
  const std::size_t count = function.global_count + 1 + function.constant_count;
  if (claim(function.references, count * sizeof(Value))) look_at_references(function);
}

/// The globals' cells are the module's; an inline cache holds on to a class that it has met.
void HeapWalk::look_at_references(const Function& function) noexcept {
  for (std::uint32_t i = 0; i < function.constant_count; ++i) {
    ShortText name("constant ");
    internal(name.add(i), function.constants[i]);
  }
  for (std::uint32_t i = 0; i < function.global_count; ++i) {
    const GlobalCell* const cell = function.global(i);
    if (!is_readable(cell, sizeof(GlobalCell))) continue;
    internal("name of a global", cell->name);
    if (function.module == nullptr && claim(cell, sizeof(GlobalCell)))
      property(name_of(cell->name), cell->value.load());
  }
  const Cache* const caches = caches_of(function.constants);
  if (!claim(caches, function.cache_count * sizeof(Cache))) return;
  for (std::uint32_t i = 0; i < function.cache_count; ++i) {
    internal("name of a member", caches[i].name);
    const MethodRecord* const record = caches[i].method.load(std::memory_order_acquire);
    if (is_readable(record, sizeof(MethodRecord))) internal("class met by a call", record->klass);
  }
}

void HeapWalk::look_at_closure(const Closure& closure) noexcept {
  internal("function", closure.function);
  const std::uint32_t count = closure.function->capture_count;
  if (!is_readable(&closure, offset_of(closure.upvalues, &closure) + count * sizeof(Box*))) return;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (closure.upvalues[i] == nullptr) continue;
    ShortText name("captured ");
    graph_.add_edge(EdgeType::context, name.add(i), strong(closure.upvalues[i]));
  }
}

/// Calls visit(name, word) for the entries of a table; false if it may not be read.
template <class Visit>
bool HeapWalk::for_each_name(const NameTable* table, Visit visit) noexcept {
  if (!is_readable(table, sizeof(NameTable))) return false;
  if (!is_readable(table, sizeof(NameTable) + table->mask_ * sizeof(NameTable::Entry))) return false;
  table->for_each(visit);
  return true;
}

void HeapWalk::look_at_class(const Class& klass) noexcept {
  internal("name", klass.name);
  internal("superclass", klass.superclass.load(std::memory_order_acquire));
  internal("initializer", klass.initializer.load(std::memory_order_acquire));
  look_at_methods(klass.methods);
  look_at_methods(klass.class_methods);
  const NameTable* const fields = klass.fields.load(std::memory_order_acquire);
  if (for_each_name(fields,
                    [this](const Symbol* name, std::uint64_t) { internal("name of a field", name); })) {
    claim(fields, sizeof(NameTable));
  }
}

void HeapWalk::look_at_methods(const std::atomic<NameTable*>& table) noexcept {
  const NameTable* const methods = table.load(std::memory_order_acquire);
  const bool is_table = for_each_name(methods, [this](const Symbol* name, std::uint64_t word) {
    internal("name of a method", name);
    const auto* const record = reinterpret_cast<const MethodRecord*>(static_cast<std::uintptr_t>(word));
    if (!claim(record, sizeof(MethodRecord))) return;
    const Closure* const method = record->method.load(std::memory_order_acquire);
    if (method != nullptr) graph_.add_edge(EdgeType::property, name_of(name), strong(method));
  });
  if (is_table) claim(methods, sizeof(NameTable));
}

void HeapWalk::look_at_builtin_class(const NativeClass& klass) noexcept {
  claim(klass.records, sizeof(NativeRecord));
  if (for_each_name(klass.members,
                    [this](const Symbol* name, std::uint64_t) { internal("name of a member", name); })) {
    claim(klass.members, sizeof(NameTable));
  }
}

/// As Instance::find_cell(), whose chunks are parts of the instance.
const Cell* HeapWalk::find_cell(const Instance& instance, std::uint32_t slot) noexcept {
  if (slot < instance.capacity) return &instance.cells[slot];
  std::uint32_t index = slot - instance.capacity;
  const Object* tail = instance.tail.load(std::memory_order_acquire);
  while (has_header(tail, ObjectKind::overflow, sizeof(Overflow))) {
    const auto* const chunk = static_cast<const Overflow*>(tail);
    if (index < chunk->capacity) {
      const std::size_t bytes = offset_of(chunk->cells, chunk) + chunk->capacity * sizeof(Cell);
      return is_readable(chunk, bytes) ? &chunk->cells[index] : nullptr;
    }
    index -= chunk->capacity;
    tail = chunk->next.load(std::memory_order_acquire);
  }
  return nullptr;
}

void HeapWalk::look_at_instance(const Instance& instance) noexcept {
  const Class* const klass = instance.klass();
  graph_.add_edge(EdgeType::internal, "class", strong(klass));
  const Object* tail = instance.tail.load(std::memory_order_acquire);
  while (tail != klass && has_header(tail, ObjectKind::overflow, sizeof(Overflow)) &&
         claim(tail, sizeof(Overflow))) {
    tail = static_cast<const Overflow*>(tail)->next.load(std::memory_order_acquire);
  }
  for_each_name(klass->fields.load(std::memory_order_acquire), [&](const Symbol* name, std::uint64_t slot) {
    if (const Cell* const cell = find_cell(instance, static_cast<std::uint32_t>(slot))) {
      property(name_of(name), cell->load());
    }
  });
}

void HeapWalk::look_at_list(const List& list) noexcept {
  const auto* const held = list.elements_.load(std::memory_order_acquire);
  if (!is_readable(held, sizeof(List::Elements))) return;
  if (!claim(held, offset_of(held->cells, held) + held->capacity * sizeof(Cell))) return;
  // All that there is room for: a cell beyond the length may still hold what it held.
  for (std::uint32_t i = 0; i < held->capacity; ++i) at(i, held->cells[i].load());
}

void HeapWalk::look_at_map(const Map& map) noexcept {
  const auto* const table = map.table();
  if (!is_readable(table, sizeof(Map::Table))) return;
  if (!claim(table, offset_of(table->entries, table) + table->capacity * sizeof(Map::Entry))) return;
  claim(table->index, (std::size_t{table->mask} + 1) * sizeof(std::uint64_t));
  const std::uint32_t used = std::min(table->used.load(std::memory_order_acquire), table->capacity);
  for (std::uint32_t i = 0; i < used; ++i) {
    const Value key = table->entries[i].key.load();
    if (!key.is_absent()) entry(key, table->entries[i].value.load());
  }
}

/// Calls visit(key, value) for the entries of a trie map, whose nodes are parts of the current node.
template <class NameMap, class Visit>
void HeapWalk::walk_names(const NameMap& map, Visit visit) noexcept {
  const auto take = [this](const void* address, std::size_t bytes) { return claim(address, bytes); };
  EntryVisitor<decltype(take), Visit> visitor{take, visit};
  map.walk_memory(visitor);
}

void HeapWalk::look_at_concurrent_map(const ConcurrentMap& map) noexcept {
  walk_names(map.map, [this](Value key, Value value) { entry(key, value); });
}

void HeapWalk::look_at_module(const Module& module) noexcept {
  internal("name", module.name);
  internal("VM", module.realm);
  internal("path", module.path);
  walk_names(module.cells, [this](const Symbol* name, const GlobalCell* cell) {
    internal("name of a global", name);
    if (claim(cell, sizeof(GlobalCell))) property(name_of(name), cell->value.load());
  });
}

void HeapWalk::look_at_realm(const Realm& realm) noexcept {
  if (realm.main != nullptr) graph_.add_edge(EdgeType::property, "main", strong(realm.main));
  walk_names(realm.modules, [this](const Symbol* name, const Module* module) {
    internal("name of a module", name);
    graph_.add_edge(EdgeType::property, name_of(name), strong(module));
  });
  walk_names(realm.builtins, [this](const Symbol* name, Value value) {
    internal("name of a builtin", name);
    property(name_of(name), value);
  });
}

void HeapWalk::look_at_channel(const Channel& channel) noexcept {
  std::size_t index = 0;
  for (const auto* node = channel.first_; claim(node, sizeof(*node)); node = node->next)
    at(index++, node->value);
}

void HeapWalk::look_at_spawned(const SpawnedThread& thread) noexcept {
  internal("function", thread.callee_);
  if (thread.arguments_ != nullptr) elements(thread.arguments_, thread.count_, thread.arguments_);
  internal("result", thread.result_);
  internal("error", thread.thrown_);
  internal("trace", thread.trace_);
  internal("name in the error", thread.hint_name_);
  internal("receiver in the error", thread.hint_receiver_);
}

void HeapWalk::look_at_cleanup(const Cleanup& cleanup) noexcept {
  claim(cleanup.block, sizeof(gc::WeakBlock));
  property("action", cleanup.action);
  property("argument", cleanup.argument);
  internal("next", cleanup.next);
  internal("previous", cleanup.previous);
  weak("target", cleanup.block->cell.get_as<Object>());
}

}  // namespace interlox::vm
