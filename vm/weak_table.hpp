// SPDX-License-Identifier: BSD-3-Clause
// The process's tables of symbols and handles as objects of the runtime, for programs that study them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "vm/object.hpp"

namespace interlox::vm {

/// One of the two tables; there is one object for each.
struct WeakTable : Object {
  /// Throws gc::OutOfMemory when it is first asked for.
  static WeakTable* symbols();
  static WeakTable* handles();

  bool is_of_symbols() const noexcept { return capacity == kSymbols; }

  /// As those of SymbolTable and UniqueTable.
  std::size_t count() const noexcept;
  std::string dump() const;
  std::string dot() const;
  std::optional<std::string> check() const;

 private:
  static constexpr std::uint32_t kSymbols = 1;
  static constexpr std::uint32_t kHandles = 2;

  explicit WeakTable(std::uint32_t which) noexcept : Object(ObjectKind::weak_table) { capacity = which; }
  static WeakTable* make(std::uint32_t which);
};

}  // namespace interlox::vm
