// SPDX-License-Identifier: BSD-3-Clause
// A module: the globals of one source file, or of one of the standard library. What a VM runs itself, its
// scripts and its interactive lines, share one: the main module.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "gc/trie_policy.hpp"
#include "trie/hash_trie_map.hpp"
#include "vm/function.hpp"
#include "vm/object.hpp"
#include "vm/symbol.hpp"
#include "vm/waiting.hpp"

namespace interlox::vm {

struct Realm;
class Thread;

/// Names, which are symbols.
struct NameKeys : trie::KeyTraits<const Symbol*> {
  static constexpr const char* kTitle = "names";
  static void describe(std::string& text, const Symbol* name) { text += name->view(); }
};

/// What a collected object keeps by the names of globals.
template <class T>
using NameMap = trie::HashTrieMap<const Symbol*, T, NameKeys, gc::TriePolicy>;

/// How far a module has come. Each has one way to go: loading, then loaded or failed.
enum class ModuleState : std::uint8_t {
  loading,
  loaded,
  failed,  // its realm has dropped it; who has a reference to it, from a cycle, may keep that
};

/// The globals of one source over the builtins of its realm: a name has a cell of its own in each module
/// that mentions it, which starts with the builtin's value. So what one module makes of a builtin's name, no
/// other sees.
///
/// Invariants
///   I1  A name's cell never changes once it is in the map: compiled code holds it.
///   I2  `name`, `realm`, `path` and `is_standard` are set before the module is published.
///   I3  `state` and `waiters` are changed under the mutex of import.cpp; `loader` is the identity of the
///   thread
///       that runs the module, set before it is published. A load of `state` that gives `loaded` acquires all
///       that the module's code has done.
///
/// Progress: all members are lock-free but for the making of a cell, which locks one leaf of the map.
struct Module : Object {
  const Symbol* name;            // as programs see it printed
  Realm* realm;                  // never null
  const String* path = nullptr;  // the file's canonical path; null: the main module, or a standard one
  bool is_standard = false;      // sees the standard library only
  std::atomic<ModuleState> state{ModuleState::loaded};
  std::uint64_t loader = 0;
  WaiterList waiters;
  NameMap<GlobalCell*> cells;

  /// A loaded module without globals of its own. Throws gc::OutOfMemory.
  static Module* make(Realm& realm, const Symbol* name);

  /// The cell of the global `name`, made if need be; absent if there is no such builtin. For the compiler.
  /// Throws gc::OutOfMemory.
  GlobalCell* cell(const Symbol* name);
  /// Defines or overwrites a global, as a declaration in the module would. Throws gc::OutOfMemory.
  void define(const Symbol* name, Value value);

  /// What code of the module finds under the name, a builtin included; absent if it is undefined.
  Value global(const Symbol* name) const noexcept;
  /// What others find: what the module has declared, or assigned to the name of a builtin. A builtin that it
  /// merely uses is no member. Absent if there is none.
  Value member(const Symbol* name) const noexcept;

  /// Calls visit(name, value) for each member, in no order. Names that come meanwhile may be missed.
  template <class Visit>
  void for_each_member(Visit visit) const {
    cells.for_each([&](const Symbol* symbol, const GlobalCell* cell) {
      const Value value = visible(*cell);
      if (!value.is_absent()) visit(symbol, value);
    });
  }

 private:
  /// Throws gc::OutOfMemory, for the map.
  Module(Realm& r, const Symbol* n) : Object(ObjectKind::module), name(n), realm(&r) {}
  Value visible(const GlobalCell& cell) const noexcept;
};

// Collected: a destructor would never run.
static_assert(std::is_trivially_destructible_v<Module>);

/// Notes what a script declares at its top level: these names are members of its module from now on. For the
/// compiler, when the script's code is complete.
void mark_declared(const Function& script) noexcept;

}  // namespace interlox::vm
