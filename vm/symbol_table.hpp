// SPDX-License-Identifier: BSD-3-Clause
// The symbol table: one weak canonical set for the whole process, in which every VM, compiler and script
// interns the names it uses.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "trie/stats.hpp"
#include "vm/symbol.hpp"
#include "vm/table_visitor.hpp"

namespace interlox::vm {

/// The process's table of symbols, which keeps none of them: a symbol lives as long as something that the
/// collector scans refers to it. All functions may be called by any registered thread.
class SymbolTable {
 public:
  /// The one table. Made by the first call (thread-safe); needs an initialised collector.
  static SymbolTable& instance();

  SymbolTable(const SymbolTable&) = delete;
  SymbolTable& operator=(const SymbolTable&) = delete;

  /// The symbol named `name` (any bytes), made if it is new. Lock-free when it exists, else
  /// locks one node of the trie; linearizes as trie::CanonicalSet::make() does.
  /// Throws gc::OutOfMemory, and std::length_error if the name is longer than a string can be.
  const Symbol* intern(std::string_view name);

  /// The symbol named `name`, or null. Never makes one. Lock-free.
  const Symbol* find(std::string_view name) const;

  /// How many symbols live, as far as the last collection knows; exact when nobody interns meanwhile.
  std::size_t count() const noexcept;

  /// The figures of the set behind the table.
  trie::CanonicalStats stats() const;

  /// Those that need no walk, of the table if there is one, all 0 else. Any thread, even one that is unknown
  /// to the collector, and listeners to it; wait-free.
  static trie::CanonicalStats counts() noexcept;

  /// Calls `visit` for each living symbol; no snapshot, no order.
  void for_each(const std::function<void(const Symbol&)>& visit) const;

  /// The table as text, one node a line (see trie/dump.hpp), and as a Graphviz graph. Any time; beside
  /// writers the picture may mix moments. Throws std::bad_alloc.
  std::string dump() const;
  std::string dot() const;

  /// What is broken (lasting_fault.hpp), as a sentence that begins with the number of an invariant of
  /// trie/tree.hpp. Throws std::bad_alloc.
  std::optional<std::string> check() const;

  /// Shows the table's memory, and the living symbols.
  void walk_memory(TableVisitor& visitor) const;

 private:
  SymbolTable();
  struct Set;
  Set* set_;                      // uncollectable
  static std::atomic<Set*> made;  // the one table's
};

/// SymbolTable::instance().intern(name).
inline const Symbol* intern(std::string_view name) { return SymbolTable::instance().intern(name); }

}  // namespace interlox::vm
