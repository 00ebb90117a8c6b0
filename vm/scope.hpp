// SPDX-License-Identifier: BSD-3-Clause
// Which variable a name means: clox's scope analysis, done while parsing, in constant time a name.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "vm/ast.hpp"
#include "vm/index_map.hpp"

namespace interlox::vm {

/// The names of one source text. Open addressing; never shrinks. One thread.
class SourceNames {
 public:
  explicit SourceNames(ast::Arena& arena) : arena_(arena), slots_(kInitialSlots, nullptr) {}

  /// The one Name spelt `text`, whose bytes must outlive the arena.
  ast::Name* intern(std::string_view text);

  /// How many names there are; their ids are below it.
  std::uint32_t size() const noexcept { return count_; }

 private:
  static constexpr std::size_t kInitialSlots = 256;
  void grow();

  ast::Arena& arena_;
  std::vector<ast::Name*> slots_;
  std::uint32_t count_ = 0;
};

/// The functions and scopes that are open at the point where the parser is.
///
/// Invariants
///   I1  name->innermost is the last declared of the name's locals that are in scope, in whichever function,
///       and each local's `shadowed` the one before: a name is resolved without a search.
///   I2  Scopes are left in the reverse order in which they were entered.
class Scopes {
 public:
  explicit Scopes(ast::Arena& arena) : arena_(arena) {}

  /// Enters a function: it starts at depth 0. `receiver` (the name `this`) is null where there is none.
  void enter_function(ast::Function* function, ast::Name* receiver);
  /// Leaves it, and fills in the function's captures.
  void leave_function();
  ast::Function* function() const noexcept { return functions_.back().node; }

  void begin_scope() noexcept { ++functions_.back().depth; }
  void end_scope();
  /// 0 where declarations are global (or, in a function, before its parameters).
  std::int32_t depth() const noexcept { return functions_.back().depth; }

  /// Whether the current scope has a variable of this name already.
  bool is_declared_here(const ast::Name* name) const noexcept;
  /// Adds an uninitialised variable to the current scope.
  ast::Local* declare(ast::Name* name);
  /// From here on `local` may be read.
  void mark_initialized(ast::Local* local) noexcept { local->depth = depth(); }

  /// What `name` means here. `uninitialized` is set if that is a local variable in its own initialiser.
  ast::Reference resolve(ast::Name* name, bool& uninitialized);

 private:
  struct FunctionScope {
    ast::Function* node;
    std::int32_t depth = 0;
    std::size_t first_local = 0;
    IndexMap<std::uintptr_t> capture_keys = {};
    std::vector<ast::Capture> captures = {};
  };

  std::uint32_t capture(std::size_t function, ast::Local* local);
  void drop_last() noexcept;

  ast::Arena& arena_;
  std::vector<FunctionScope> functions_;
  std::vector<ast::Local*> locals_;  // of all open functions, in the order of declaration
};

}  // namespace interlox::vm
