// SPDX-License-Identifier: BSD-3-Clause
// The table of unique handles: one weak canonical set for the whole process, after Go's package unique.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "trie/stats.hpp"
#include "vm/interchange.hpp"
#include "vm/table_visitor.hpp"
#include "vm/unique.hpp"

namespace interlox::vm {

/// The process's table of handles, which keeps none of them: a handle, with all that it holds, lives as long
/// as something that the collector scans refers to it. All functions may be called by any registered thread.
///
/// Contents are equal as same() of interchange.hpp has it (1 and 1.0 are, "1" is not), symbols and handles by
/// identity, tuples by their elements.
class UniqueTable {
 public:
  /// The one table. Made by the first call (thread-safe); needs an initialised collector.
  static UniqueTable& instance();

  UniqueTable(const UniqueTable&) = delete;
  UniqueTable& operator=(const UniqueTable&) = delete;

  /// The handle of `content`, made if there is none: from a copy of a string, with a Tuple as it is. The
  /// first form of a number is kept. `content` is no NaN, and nothing that a handle can't hold (can_hold()).
  /// Lock-free when the handle exists, else locks one node of the trie; linearizes as
  /// trie::CanonicalSet::make() does. Throws gc::OutOfMemory, and std::length_error for too long a string.
  Unique* make(const Lookup& content);

  /// The handle of `content`, or null. Never makes one. Lock-free.
  Unique* find(const Lookup& content) const;

  /// Whether a handle, or an element of a tuple in one, may be `content`. NaN may not.
  static bool can_hold(const Lookup& content) noexcept;

  /// How many handles live, as far as the last collection knows; exact when nobody makes any meanwhile.
  std::size_t count() const noexcept;

  /// The figures of the set behind the table.
  trie::CanonicalStats stats() const;

  /// Those that need no walk, of the table if there is one, all 0 else. Any thread, even one that is unknown
  /// to the collector, and listeners to it; wait-free.
  static trie::CanonicalStats counts() noexcept;

  /// Calls `visit` for each living handle; no snapshot, no order.
  void for_each(const std::function<void(Unique&)>& visit) const;

  /// The table as text, one node a line (see trie/dump.hpp), and as a Graphviz graph. Any time; beside
  /// writers the picture may mix moments. Throws std::bad_alloc.
  std::string dump() const;
  std::string dot() const;

  /// What is broken (lasting_fault.hpp), as a sentence that begins with the number of an invariant of
  /// trie/tree.hpp. Throws std::bad_alloc.
  std::optional<std::string> check() const;

  /// Shows the table's memory, and the living handles.
  void walk_memory(TableVisitor& visitor) const;

 private:
  UniqueTable();
  struct Set;
  Set* set_;                      // uncollectable
  static std::atomic<Set*> made;  // the one table's
};

}  // namespace interlox::vm
