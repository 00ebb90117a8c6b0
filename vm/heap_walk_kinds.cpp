// SPDX-License-Identifier: BSD-3-Clause
// What blocks are objects of the runtime to the walk, and what they are called.
#include <cstddef>
#include <cstdint>

#include "vm/channel.hpp"
#include "vm/cleanup.hpp"
#include "vm/concurrent_map.hpp"
#include "vm/heap_walk.hpp"
#include "vm/instance.hpp"
#include "vm/interchange.hpp"
#include "vm/list.hpp"
#include "vm/mutex.hpp"
#include "vm/native_class.hpp"
#include "vm/range.hpp"
#include "vm/realm.hpp"
#include "vm/spawned_thread.hpp"
#include "vm/unique.hpp"

namespace interlox::vm {

// Whether a block is an object. A word of a stack may be anything, so all that is read here is checked.

bool HeapWalk::has_header(const Object* object, ObjectKind kind, std::size_t bytes) noexcept {
  return is_readable(object, bytes) && object->is(kind);
}

bool HeapWalk::is_symbol(const Symbol* symbol) noexcept {
  return has_header(symbol, ObjectKind::symbol, sizeof(Symbol)) &&
         is_readable(symbol, offset_of(symbol->bytes, symbol) + symbol->length + 1) &&
         symbol->bytes[symbol->length] == '\0';
}

bool HeapWalk::looks_like_instance(const Block& block) noexcept {
  const auto& instance = *static_cast<const Instance*>(block.address);
  const std::size_t header = offset_of(instance.cells, &instance);
  if (instance.capacity > Class::kMaxCapacity || block.bytes < header + instance.capacity * sizeof(Cell)) {
    return false;
  }
  const Object* const tail = instance.tail.load(std::memory_order_acquire);
  if (has_header(tail, ObjectKind::klass, sizeof(Class))) return true;
  return has_header(tail, ObjectKind::overflow, sizeof(Overflow)) &&
         has_header(static_cast<const Overflow*>(tail)->klass, ObjectKind::klass, sizeof(Class));
}

bool HeapWalk::looks_like_object(const Block& block) noexcept {
  const auto& object = *static_cast<const Object*>(block.address);
  const bool is_scanned = block.kind == gc::LiveBlock::Kind::kScanned;
  const auto has = [&block](std::size_t bytes) { return block.bytes >= bytes; };
  if (block.kind == gc::LiveBlock::Kind::kUncollectable) return false;
  switch (object.kind()) {
    case ObjectKind::string: {
      const auto& string = static_cast<const String&>(object);
      return !is_scanned && has(sizeof(String)) &&
             has(offset_of(string.bytes, &string) + string.length + 1) && string.bytes[string.length] == '\0';
    }
    case ObjectKind::symbol:
      return !is_scanned && is_symbol(static_cast<const Symbol*>(&object));
    case ObjectKind::integer:
    case ObjectKind::weak_ref:
    case ObjectKind::collector:
    case ObjectKind::weak_table:
      return !is_scanned;
    case ObjectKind::range:
      return !is_scanned && has(sizeof(Range));
    case ObjectKind::unique:
      return true;
    case ObjectKind::box:
    case ObjectKind::atomic:
      return is_scanned;
    case ObjectKind::function:
      return is_scanned && has(sizeof(Function));
    case ObjectKind::closure:
      return is_scanned &&
             has_header(static_cast<const Closure&>(object).function, ObjectKind::function, sizeof(Function));
    case ObjectKind::native:
      return is_scanned && has(sizeof(Native)) && is_symbol(static_cast<const Native&>(object).name);
    case ObjectKind::bound_method:
      return is_scanned && has(sizeof(BoundMethod)) &&
             has_header(static_cast<const BoundMethod&>(object).method, ObjectKind::closure, sizeof(Closure));
    case ObjectKind::native_class:
      return is_builtin_class(&object);
    case ObjectKind::bound_native:
      return is_scanned && has(sizeof(BoundNative));
    case ObjectKind::klass:
      return is_scanned && has(sizeof(Class)) && is_symbol(static_cast<const Class&>(object).name);
    case ObjectKind::class_template:
      return is_scanned && has(sizeof(ClassTemplate)) &&
             is_symbol(static_cast<const ClassTemplate&>(object).name);
    case ObjectKind::list: {
      if (!is_scanned || !has(sizeof(List))) return false;
      const auto* const found = static_cast<const List&>(object).elements_.load(std::memory_order_acquire);
      return found == List::Elements::none() || is_readable(found, sizeof(List::Elements));
    }
    case ObjectKind::map: {
      if (!is_scanned || !has(sizeof(Map))) return false;
      const auto* const table = static_cast<const Map&>(object).table();
      return table == Map::Table::none() || is_readable(table, sizeof(Map::Table));
    }
    case ObjectKind::tuple: {
      const auto& tuple = static_cast<const Tuple&>(object);
      return has(offset_of(tuple.elements, &tuple) + tuple.count * sizeof(Value));
    }
    case ObjectKind::cleanup:
      return is_scanned && has(sizeof(Cleanup)) &&
             is_readable(static_cast<const Cleanup&>(object).block, sizeof(gc::WeakBlock));
    case ObjectKind::concurrent_map:
      return is_scanned && has(sizeof(ConcurrentMap));
    case ObjectKind::channel:
      return is_scanned && has(sizeof(Channel));
    case ObjectKind::thread:
      return is_scanned && has(sizeof(SpawnedThread));
    case ObjectKind::mutex:
      return is_scanned && has(sizeof(Mutex));
    case ObjectKind::module: {
      if (!is_scanned || !has(sizeof(Module))) return false;
      const auto& module = static_cast<const Module&>(object);
      return is_symbol(module.name) && has_header(module.realm, ObjectKind::realm, sizeof(Realm));
    }
    case ObjectKind::host:
      return is_scanned;
    case ObjectKind::realm:
      return is_scanned && has(sizeof(Realm));
    case ObjectKind::table_copy:
      return is_scanned && has(sizeof(TableCopy));
    case ObjectKind::instance:
      return is_scanned && looks_like_instance(block);
    case ObjectKind::number:
    case ObjectKind::overflow:
      return false;
  }
  return false;
}

// Names.

std::string_view HeapWalk::name_of(const Symbol* symbol) noexcept {
  return is_symbol(symbol) ? symbol->view() : std::string_view("?");
}

std::string_view HeapWalk::name_of(const Closure* closure) noexcept {
  if (!has_header(closure, ObjectKind::closure, sizeof(Closure))) return "?";
  const Function* const function = closure->function;
  if (!has_header(function, ObjectKind::function, sizeof(Function))) return "?";
  if (function->name != nullptr) return name_of(function->name);
  return function->code == nullptr ? "(native)" : "(script)";
}

NodeType HeapWalk::describe(const Object& object, ShortText& name) noexcept {
  switch (object.kind()) {
    case ObjectKind::string:
      name.add(static_cast<const String&>(object).view());
      return NodeType::string;
    case ObjectKind::symbol:
      name.add(static_cast<const Symbol&>(object).view());
      return NodeType::symbol;
    case ObjectKind::integer:
      name.add("integer");
      return NodeType::bigint;
    case ObjectKind::box:
      name.add("captured variable");
      return NodeType::object;
    case ObjectKind::function: {
      const auto& function = static_cast<const Function&>(object);
      name.add(function.name != nullptr ? name_of(function.name) : "(script)");
      return NodeType::code;
    }
    case ObjectKind::closure:
      name.add(name_of(static_cast<const Closure*>(&object)));
      return NodeType::closure;
    case ObjectKind::native:
      name.add(name_of(static_cast<const Native&>(object).name));
      return NodeType::closure;
    case ObjectKind::bound_method:
      name.add("bound ").add(name_of(static_cast<const BoundMethod&>(object).method));
      return NodeType::closure;
    case ObjectKind::bound_native:
      name.add("bound native method");
      return NodeType::closure;
    case ObjectKind::native_class:
      name.add("class ").add(static_cast<const NativeClass&>(object).plan->name);
      return NodeType::native;
    case ObjectKind::klass:
      name.add("class ").add(name_of(static_cast<const Class&>(object).name));
      return NodeType::object;
    case ObjectKind::class_template:
      name.add("declaration of ").add(name_of(static_cast<const ClassTemplate&>(object).name));
      return NodeType::code;
    case ObjectKind::list:
      name.add("List");
      return NodeType::array;
    case ObjectKind::tuple:
      name.add("tuple");
      return NodeType::array;
    case ObjectKind::module:
      name.add("module ").add(name_of(static_cast<const Module&>(object).name));
      return NodeType::object;
    case ObjectKind::thread:
      name.add("Thread ").add(static_cast<double>(static_cast<const SpawnedThread&>(object).id()));
      return NodeType::object;
    case ObjectKind::instance: {
      const Object* const tail = static_cast<const Instance&>(object).tail.load(std::memory_order_acquire);
      const Class* const klass = tail->is(ObjectKind::klass) ? static_cast<const Class*>(tail)
                                                             : static_cast<const Overflow*>(tail)->klass;
      name.add(name_of(klass->name));
      return NodeType::object;
    }
    case ObjectKind::map:
      name.add("Map");
      return NodeType::object;
    case ObjectKind::range:
      name.add("Range");
      return NodeType::object;
    case ObjectKind::unique:
      name.add("Unique");
      return NodeType::object;
    case ObjectKind::weak_ref:
      name.add("WeakRef");
      return NodeType::object;
    case ObjectKind::cleanup:
      name.add("Cleanup");
      return NodeType::object;
    case ObjectKind::collector:
      name.add("GC");
      return NodeType::object;
    case ObjectKind::weak_table:
      name.add("WeakTable");
      return NodeType::object;
    case ObjectKind::concurrent_map:
      name.add("ConcurrentMap");
      return NodeType::object;
    case ObjectKind::channel:
      name.add("Channel");
      return NodeType::object;
    case ObjectKind::mutex:
      name.add("Mutex");
      return NodeType::object;
    case ObjectKind::atomic:
      name.add("Atomic");
      return NodeType::object;
    case ObjectKind::host:
      name.add("object of the host");
      return NodeType::native;
    case ObjectKind::realm:
      name.add("VM");
      return NodeType::object;
    case ObjectKind::table_copy:
      name.add("copy of a Lua table");
      return NodeType::array;
    case ObjectKind::number:
    case ObjectKind::overflow:
      break;
  }
  return NodeType::hidden;
}

void HeapWalk::describe_key(Value key, ShortText& name) noexcept {
  if (key.is_number()) {
    name.add(key.as_number());
  } else if (key.is_boolean() || key.is_nil()) {
    name.add(key.is_nil() ? "nil" : key.as_boolean() ? "true" : "false");
  } else if (const Index node = node_of(key.as_object()); node != kNone) {
    name.add(graph_.texts().at(graph_.node(node).name));
  }
}

}  // namespace interlox::vm
