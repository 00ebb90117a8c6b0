// SPDX-License-Identifier: BSD-3-Clause
#include "vm/weak_table.hpp"

#include <new>

#include "gc/heap.hpp"
#include "gc/root.hpp"
#include "vm/symbol_table.hpp"
#include "vm/unique_table.hpp"

namespace interlox::vm {

WeakTable* WeakTable::make(std::uint32_t which) {
  return ::new (gc::allocate_pointer_free(sizeof(WeakTable))) WeakTable(which);
}

WeakTable* WeakTable::symbols() {
  static const gc::Root<WeakTable> root(make(kSymbols));
  return root.get();
}

WeakTable* WeakTable::handles() {
  static const gc::Root<WeakTable> root(make(kHandles));
  return root.get();
}

std::size_t WeakTable::count() const noexcept {
  return is_of_symbols() ? SymbolTable::instance().count() : UniqueTable::instance().count();
}

std::string WeakTable::dump() const {
  return is_of_symbols() ? SymbolTable::instance().dump() : UniqueTable::instance().dump();
}

std::string WeakTable::dot() const {
  return is_of_symbols() ? SymbolTable::instance().dot() : UniqueTable::instance().dot();
}

std::optional<std::string> WeakTable::check() const {
  return is_of_symbols() ? SymbolTable::instance().check() : UniqueTable::instance().check();
}

}  // namespace interlox::vm
