// SPDX-License-Identifier: BSD-3-Clause
#include "vm/scope.hpp"

#include <algorithm>

namespace interlox::vm {

namespace {

// FNV-1a, folded so that its low bits, which choose the slot, depend on all of it.
std::uint64_t hash_name(std::string_view text) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash ^ hash >> 32;
}

}  // namespace

ast::Name* SourceNames::intern(std::string_view text) {
  const std::uint64_t hash = hash_name(text);
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = hash & mask;
  while (ast::Name* const name = slots_[i]) {
    if (name->hash == hash && name->text == text) return name;
    i = (i + 1) & mask;
  }
  ast::Name* const name = arena_.make<ast::Name>(text, hash, count_++);
  slots_[i] = name;
  if (std::size_t{count_} * 2 > slots_.size()) grow();
  return name;
}

void SourceNames::grow() {
  std::vector<ast::Name*> larger(slots_.size() * 2, nullptr);
  const std::size_t mask = larger.size() - 1;
  for (ast::Name* const name : slots_) {
    if (name == nullptr) continue;
    std::size_t i = name->hash & mask;
    while (larger[i] != nullptr) i = (i + 1) & mask;
    larger[i] = name;
  }
  slots_.swap(larger);
}

void Scopes::enter_function(ast::Function* function, ast::Name* receiver) {
  functions_.push_back({function, 0, locals_.size()});
  if (receiver != nullptr) {
    function->receiver = declare(receiver);
    mark_initialized(function->receiver);
  }
}

void Scopes::leave_function() {
  FunctionScope& scope = functions_.back();
  while (locals_.size() > scope.first_local) drop_last();
  scope.node->captures = arena_.take(scope.captures, 0);
  functions_.pop_back();
}

void Scopes::drop_last() noexcept {
  ast::Local* const local = locals_.back();
  local->name->innermost = local->shadowed;
  locals_.pop_back();
}

void Scopes::end_scope() {
  FunctionScope& scope = functions_.back();
  --scope.depth;
  while (locals_.size() > scope.first_local && locals_.back()->depth > scope.depth) drop_last();
}

bool Scopes::is_declared_here(const ast::Name* name) const noexcept {
  const ast::Local* const local = name->innermost;
  if (local == nullptr || local->function + 1 != functions_.size()) return false;
  return local->depth == ast::Local::kUninitialized || local->depth >= depth();
}

ast::Local* Scopes::declare(ast::Name* name) {
  const auto function = static_cast<std::uint32_t>(functions_.size() - 1);
  ast::Local* const local =
      arena_.make<ast::Local>(name, function, ast::Local::kUninitialized, name->innermost);
  name->innermost = local;
  locals_.push_back(local);
  return local;
}

ast::Reference Scopes::resolve(ast::Name* name, bool& uninitialized) {
  ast::Local* const local = name->innermost;
  if (local == nullptr) return {name};
  if (local->depth == ast::Local::kUninitialized) uninitialized = true;
  const std::size_t here = functions_.size() - 1;
  if (local->function == here) return {name, local};
  return {name, nullptr, capture(here, local)};
}

std::uint32_t Scopes::capture(std::size_t function, ast::Local* local) {
  // Outermost first: each function between takes the box from the one around it.
  local->captured = true;
  std::uint32_t upvalue = 0;
  for (std::size_t i = local->function + 1; i <= function; ++i) {
    FunctionScope& scope = functions_[i];
    const bool from_register = i == local->function + 1;
    // A Local's address is even, so the odd numbers are free for the captures of captures.
    const std::uintptr_t key =
        from_register ? reinterpret_cast<std::uintptr_t>(local) : std::uintptr_t{upvalue} * 2 + 1;
    const auto [index, added] = scope.capture_keys.add(key);
    if (added) scope.captures.push_back({from_register ? local : nullptr, from_register ? 0 : upvalue});
    upvalue = index;
  }
  return upvalue;
}

}  // namespace interlox::vm
