// SPDX-License-Identifier: BSD-3-Clause
#include "vm/chunk.hpp"

#include <algorithm>
#include <new>

#include "gc/heap.hpp"
#include "vm/disasm.hpp"

namespace interlox::vm {

namespace {

// A copy of `from` in a pointer-free block; null for no elements. A byte more is asked for than is
// used: a pointer to the end must not be all that an optimiser keeps of the block (gc/heap.hpp).
template <class Vector>
typename Vector::value_type* copy_to_heap(const Vector& from) {
  using Element = typename Vector::value_type;
  if (from.empty()) return nullptr;
  Element* const copy = static_cast<Element*>(gc::allocate_pointer_free(from.size() * sizeof(Element) + 1));
  std::uninitialized_copy(from.begin(), from.end(), copy);
  return copy;
}

}  // namespace

void Chunk::clear() noexcept {
  code_.clear();
  lines_.clear();
  columns_.clear();
  jumps_.clear();
  handlers_.clear();
  constants_.clear();
  globals_.clear();
  cache_names_.clear();
  constant_keys_.clear();
  string_keys_.clear();
  word_numbers_.clear();
  string_numbers_.clear();
  global_keys_.clear();
  spine.clear();
  out_of_reach_ = false;
}

Chunk::Index Chunk::emit(Instruction instruction, Position at) {
  code_.push_back(instruction);
  lines_.push_back(at.line);
  columns_.push_back(at.column);
  return size() - 1;
}

std::uint32_t Chunk::constant(Value value) {
  const auto [index, added] = constant_keys_.add(value.bits());
  if (added) {
    word_numbers_.push_back(static_cast<std::uint32_t>(constants_.size()));
    constants_.push_back(value);
  }
  return word_numbers_[index];
}

std::uint32_t Chunk::string_constant(std::string_view text) {
  const auto [index, added] = string_keys_.add(text);
  if (added) {
    string_numbers_.push_back(static_cast<std::uint32_t>(constants_.size()));
    constants_.push_back(Value::object(String::make(text)));
  }
  return string_numbers_[index];
}

std::uint32_t Chunk::cache(const Symbol* name, Position at) {
  if (cache_names_.size() > kMaxCache)
    throw CodeLimit{at, "Too many properties and methods in one function."};
  cache_names_.push_back(name);
  return static_cast<std::uint32_t>(cache_names_.size() - 1);
}

void Chunk::add_jump(JumpList& list, Index index) {
  jumps_.push_back({index, list.last});
  list.last = static_cast<std::int64_t>(jumps_.size()) - 1;
}

void Chunk::patch(JumpList& list, Index target, const CodeLimits& limits) {
  for (std::int64_t i = list.last; i >= 0; i = jumps_[static_cast<std::size_t>(i)].next) {
    const Index index = jumps_[static_cast<std::size_t>(i)].index;
    const std::int64_t offset = std::int64_t{target} - (std::int64_t{index} + 1);
    Instruction& jump = code_[index];
    switch (opcode_format(opcode_of(jump))) {
      case Format::ab_jump:
      case Format::ak_jump:
        if (offset > limits.short_jump || offset < -limits.short_jump) out_of_reach_ = true;
        jump = (jump & 0xff'ffff'ffffu) | static_cast<std::uint64_t>(offset) << 40;
        break;
      default:
        jump = (jump & 0xff'ffffu) | static_cast<std::uint64_t>(offset) << 24;
    }
  }
  list.last = -1;
}

void Chunk::finish(Function& function) const {
  function.code_length = size();
  Instruction* const code = copy_to_heap(code_);
  for (std::size_t i = 1; i < code_.size(); ++i) code[i - 1] = paired(code_[i - 1], code_[i]);
  function.code = code;
  function.lines = copy_to_heap(lines_);
  function.columns = copy_to_heap(columns_);
  function.set_references({globals_.begin(), globals_.end()}, {constants_.begin(), constants_.end()},
                          {cache_names_.begin(), cache_names_.end()});
  function.handler_count = static_cast<std::uint32_t>(handlers_.size());
  function.handlers = copy_to_heap(handlers_);
}

}  // namespace interlox::vm
