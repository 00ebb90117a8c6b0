// SPDX-License-Identifier: BSD-3-Clause
#include "vm/symbol_table.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <stdexcept>

#include "gc/heap.hpp"
#include "gc/trie_policy.hpp"
#include "trie/hash_trie_map.hpp"

namespace interlox::vm {
namespace {

/// Keys are symbols; a text finds the symbol of that name without being copied.
struct SymbolKeys : trie::PlainKeys<const Symbol*> {
  static std::uint64_t hash(std::string_view name, std::uint64_t seed) noexcept {
    return trie::hash_bytes(name, seed);
  }
  static std::uint64_t hash(const Symbol* symbol, std::uint64_t /*seed*/) noexcept { return symbol->hash; }
  static bool equal(const Symbol* stored, std::string_view name) noexcept { return stored->view() == name; }
  static bool equal(const Symbol* stored, const Symbol* symbol) noexcept {
    return stored->hash == symbol->hash && stored->view() == symbol->view();
  }
};

}  // namespace

/// The value is the key once more: a load hands out values.
struct SymbolTable::Map {
  trie::HashTrieMap<const Symbol*, const Symbol*, SymbolKeys, gc::TriePolicy> symbols;
};

SymbolTable& SymbolTable::instance() {
  static SymbolTable table;
  return table;
}

SymbolTable::SymbolTable() : map_(::new (gc::allocate_uncollectable(sizeof(Map))) Map()) {}

const Symbol* SymbolTable::intern(std::string_view name) {
  const auto wanted = map_->symbols.hashed(name);
  if (const auto symbol = map_->symbols.load(wanted)) return *symbol;
  if (name.size() > String::kMaxLength) throw std::length_error("a symbol's name is too long");
  static_assert(sizeof(Symbol) == Symbol::kHeaderBytes + 8);  // bytes, and padding
  void* const memory =
      gc::allocate_pointer_free(std::max(Symbol::kHeaderBytes + name.size() + 1, sizeof(Symbol)));
  auto* const fresh = ::new (memory) Symbol(static_cast<std::uint32_t>(name.size()), wanted.hash);
  if (!name.empty()) std::memcpy(fresh->bytes, name.data(), name.size());
  fresh->bytes[name.size()] = '\0';
  return map_->symbols.load_or_store(static_cast<const Symbol*>(fresh), fresh).value;
}

const Symbol* SymbolTable::find(std::string_view name) const {
  return map_->symbols.load(name).value_or(nullptr);
}

std::size_t SymbolTable::count() const { return map_->symbols.count(); }

trie::Stats SymbolTable::stats() const { return map_->symbols.stats(); }

void SymbolTable::for_each(const std::function<void(const Symbol&)>& visit) const {
  map_->symbols.for_each([&](const Symbol* symbol, const Symbol*) { visit(*symbol); });
}

}  // namespace interlox::vm
