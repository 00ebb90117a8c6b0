// SPDX-License-Identifier: BSD-3-Clause
// Symbols: names that are one object however often they are written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "vm/object.hpp"

namespace interlox::vm {

/// An interned name. Two symbols of one process have equal names only if they are the same
/// object, so names are compared and hashed by address or by the stored hash.
struct Symbol : Object {
  std::uint32_t length;  // in bytes
  std::uint64_t hash;    // of the bytes, with the symbol table's seed
  char bytes[1];         // length bytes and a NUL that is not counted

  std::string_view view() const noexcept { return {bytes, length}; }

 private:
  friend class SymbolTable;
  static constexpr std::size_t kHeaderBytes = 24;  // before the bytes
  explicit Symbol(std::uint32_t n, std::uint64_t h) noexcept
      : Object(ObjectKind::symbol), length(n), hash(h), bytes{} {}
};

}  // namespace interlox::vm
