// SPDX-License-Identifier: BSD-3-Clause
// The code of one function while it is being written.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "gc/root.hpp"
#include "vm/ast.hpp"
#include "vm/function.hpp"
#include "vm/index_map.hpp"

namespace interlox::vm {

/// A limit of the instruction format that a function has run into.
struct CodeLimit {
  Position at;
  std::string_view message;
};

/// The numbers that instructions can hold. Tests make them smaller.
struct CodeLimits {
  std::int64_t short_jump = kMaxShortJump;
  std::uint64_t constant_b = kMaxConstantB;
  std::uint64_t constant_c = kMaxConstantC;
};

/// Jumps whose target is not known yet: the last of a list inside the chunk.
struct JumpList {
  std::int64_t last = -1;

  bool empty() const noexcept { return last < 0; }
};

/// Collects the instructions of a function, and what they refer to, each thing once. Collected references
/// are in scanned memory all the time. May be used again after clear(). One thread.
class Chunk {
 public:
  using Index = std::uint32_t;

  void clear() noexcept;

  /// Where the next instruction goes.
  Index size() const noexcept { return static_cast<Index>(code_.size()); }
  Index emit(Instruction instruction, Position at);

  /// The number of a constant; equal words, and equal string literals, have one number.
  std::uint32_t constant(Value value);
  /// Likewise for the string `text`, which must outlive the chunk's use. Throws gc::OutOfMemory.
  std::uint32_t string_constant(std::string_view text);
  /// The number of a global's cell. `make(name)` gives the cell of a new one.
  template <class Make>
  std::uint32_t global(const ast::Name* name, Make make) {
    const auto [index, added] = global_keys_.add(name);
    if (added) globals_.push_back(make(name));
    return index;
  }
  /// A new inline cache for `name`. Throws CodeLimit when there are too many.
  std::uint32_t cache(const Symbol* name, Position at);

  /// Adds the jump at `index` to `list`.
  void add_jump(JumpList& list, Index index);
  /// Lets all jumps of the list go to `target`, and empties it. Sets out_of_reach() if one can't.
  void patch(JumpList& list, Index target, const CodeLimits& limits);
  void patch_here(JumpList& list, const CodeLimits& limits) { patch(list, size(), limits); }
  bool out_of_reach() const noexcept { return out_of_reach_; }

  /// Adds a handler, for instructions that none added before covers.
  void add_handler(const Handler& handler) {
    if (handler.begin != handler.end) handlers_.push_back(handler);
  }

  /// Copies all that was collected into `function`. Throws gc::OutOfMemory.
  void finish(Function& function) const;

  /// Scratch space for the code generator, kept here so that it is allocated once: the expressions on the
  /// left spine of the ones it is working on.
  std::vector<const ast::Expr*> spine;

 private:
  struct Jump {
    Index index;
    std::int64_t next;
  };

  std::vector<Instruction> code_;
  std::vector<std::uint32_t> lines_;
  std::vector<std::uint32_t> columns_;
  std::vector<Jump> jumps_;
  std::vector<Handler> handlers_;
  gc::RootVector<Value> constants_;
  gc::RootVector<GlobalCell*> globals_;
  gc::RootVector<const Symbol*> cache_names_;
  IndexMap<std::uint64_t> constant_keys_;  // the words of those that are not strings
  IndexMap<std::string_view> string_keys_;
  std::vector<std::uint32_t> word_numbers_;    // the number in constants_ of each of constant_keys_
  std::vector<std::uint32_t> string_numbers_;  // and of string_keys_
  IndexMap<const ast::Name*> global_keys_;
  bool out_of_reach_ = false;
};

}  // namespace interlox::vm
