// SPDX-License-Identifier: BSD-3-Clause
#include "vm/symbol_table.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>
#include <ostream>
#include <sstream>
#include <stdexcept>

#include "gc/heap.hpp"
#include "gc/trace.hpp"
#include "gc/trie_policy.hpp"
#include "gc/weak.hpp"
#include "trie/canonical_set.hpp"
#include "vm/concurrent_map.hpp"
#include "vm/lasting_fault.hpp"
#include "vm/pruner.hpp"

namespace interlox::vm {
namespace {

struct SymbolTraits {
  static std::uint64_t hash(std::string_view name, std::uint64_t seed) noexcept {
    return trie::hash_bytes(name, seed);
  }
  static std::uint64_t hash(const Symbol& symbol, std::uint64_t /*seed*/) noexcept { return symbol.hash; }
  static bool equal(const Symbol& stored, std::string_view name) noexcept { return stored.view() == name; }
  static bool equal(const Symbol& stored, const Symbol& symbol) noexcept {
    return stored.hash == symbol.hash && stored.view() == symbol.view();
  }

  static constexpr const char* kTitle = "symbols";
  static void describe(std::string& text, const Symbol& symbol) { text += symbol.view(); }
};

}  // namespace

struct SymbolTable::Set {
  gc::WeakRegistry registry{gc::WeakRegistry::Tokens::kKeep};
  trie::CanonicalSet<Symbol, SymbolTraits, gc::WeakTriePolicy> symbols{gc::WeakTriePolicy(registry)};
};

constinit std::atomic<SymbolTable::Set*> SymbolTable::made{nullptr};

SymbolTable& SymbolTable::instance() {
  static SymbolTable table;
  return table;
}

SymbolTable::SymbolTable() : set_(::new (gc::allocate_uncollectable(sizeof(Set))) Set()) {
  made.store(set_, std::memory_order_release);  // (1) pairs with (2)
  gc::trace::add_gauge("symbols", "live", []() noexcept -> std::uint64_t { return counts().live; });
  keep_pruned(set_->symbols);
}

const Symbol* SymbolTable::intern(std::string_view name) {
  if (name.size() > String::kMaxLength) throw std::length_error("a symbol's name is too long");
  return set_->symbols.make(name, [name](std::uint64_t hash) {
    static_assert(sizeof(Symbol) == Symbol::kHeaderBytes + 8);  // bytes, and padding
    void* const memory =
        gc::allocate_pointer_free(std::max(Symbol::kHeaderBytes + name.size() + 1, sizeof(Symbol)));
    auto* const fresh = ::new (memory) Symbol(static_cast<std::uint32_t>(name.size()), hash);
    if (!name.empty()) std::memcpy(fresh->bytes, name.data(), name.size());
    fresh->bytes[name.size()] = '\0';
    return fresh;
  });
}

const Symbol* SymbolTable::find(std::string_view name) const { return set_->symbols.find(name); }

std::size_t SymbolTable::count() const noexcept { return set_->symbols.count(); }

trie::CanonicalStats SymbolTable::stats() const { return set_->symbols.stats(); }

trie::CanonicalStats SymbolTable::counts() noexcept {
  const Set* const set = made.load(std::memory_order_acquire);  // (2) pairs with (1)
  return set == nullptr ? trie::CanonicalStats() : set->symbols.counts();
}

void SymbolTable::for_each(const std::function<void(const Symbol&)>& visit) const {
  set_->symbols.for_each(visit);
}

namespace {

void print_symbol(std::ostream& out, const Symbol& symbol) {
  out << describe(Lookup::of_text(symbol.view()));
}

}  // namespace

std::string SymbolTable::dump() const {
  std::ostringstream out;
  set_->symbols.dump(out, print_symbol);
  return out.str();
}

std::string SymbolTable::dot() const {
  std::ostringstream out;
  set_->symbols.dot(out, print_symbol);
  return out.str();
}

std::optional<std::string> SymbolTable::check() const {
  return lasting_fault([this] { return set_->symbols.check(); });
}

void SymbolTable::walk_memory(TableVisitor& visitor) const {
  detail::SetVisitor inner{visitor};
  set_->symbols.walk_memory(inner);
}

}  // namespace interlox::vm
