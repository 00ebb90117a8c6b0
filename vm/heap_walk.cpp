// SPDX-License-Identifier: BSD-3-Clause
#include "vm/heap_walk.hpp"

#include <charconv>
#include <cstring>

#include "vm/realm.hpp"
#include "vm/symbol_table.hpp"
#include "vm/text.hpp"
#include "vm/thread_state.hpp"
#include "vm/unique_table.hpp"

namespace interlox::vm {

ShortText& ShortText::add(std::string_view text) noexcept {
  if (is_full_) return *this;
  if (size_ + text.size() > kMost) {
    is_full_ = true;
    std::size_t fits = kMost - size_;
    while (!is_character_boundary(text, fits)) --fits;
    text = text.substr(0, fits);
  }
  std::memcpy(bytes_ + size_, text.data(), text.size());
  size_ += text.size();
  if (!is_full_) return *this;
  std::memcpy(bytes_ + size_, kEllipsis.data(), kEllipsis.size());
  size_ += kEllipsis.size();
  return *this;
}

ShortText& ShortText::add(double number) noexcept {
  char digits[32];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  return error == std::errc() ? add(std::string_view(digits, static_cast<std::size_t>(end - digits))) : *this;
}

// Blocks.

void HeapWalk::add_block(const gc::LiveBlock& block) noexcept {
  has_memory_ = has_memory_ && blocks_.push({block.address, block.bytes, kNone, block.kind, false, false});
}

namespace {

std::size_t hash_of(const void* address) noexcept {
  const auto word = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(address));
  return static_cast<std::size_t>((word >> 4) * 0x9e3779b97f4a7c15u >> 20);
}

}  // namespace

bool HeapWalk::index_blocks() noexcept {
  std::size_t size = 1024;
  while (size < 2 * blocks_.size()) size *= 2;
  if (!index_.resize(size)) return false;
  const std::size_t mask = index_.size() - 1;
  for (std::uint32_t i = 0; i < blocks_.size(); ++i) {
    std::size_t at = hash_of(blocks_[i].address) & mask;
    while (index_[at] != 0) at = (at + 1) & mask;
    index_[at] = i + 1;
  }
  return true;
}

HeapWalk::Block* HeapWalk::find(const void* address) noexcept {
  const std::size_t mask = index_.size() - 1;
  for (std::size_t at = hash_of(address) & mask; index_[at] != 0; at = (at + 1) & mask) {
    Block& block = blocks_[index_[at] - 1];
    if (block.address == address) return &block;
  }
  return nullptr;
}

bool HeapWalk::is_readable(const void* address, std::size_t bytes) noexcept {
  const Block* const found = find(address);
  return found != nullptr && found->bytes >= bytes;
}

void HeapWalk::give(Block& block, Index node) noexcept {
  block.node = node;
  block.is_reached = true;
  graph_.node(node).self_size += block.bytes;
}

/// The block as a part of the current node, if it is one that is nobody's; whether it may be read.
bool HeapWalk::claim(const void* address, std::size_t bytes) noexcept {
  Block* const found = find(address);
  if (found == nullptr || found->bytes < bytes) return false;
  if (found->node == kNone) give(*found, current_);
  return true;
}

HeapWalk::Index HeapWalk::make_node(Block& block) noexcept {
  const auto& object = *static_cast<const Object*>(block.address);
  ShortText name;
  const NodeType type = describe(object, name);
  block.node = graph_.add_node(type, name, block.address, block.bytes);
  return block.node;
}

/// Of an object; kNone for all else.
HeapWalk::Index HeapWalk::node_of(const Object* object) noexcept {
  Block* const found = find(object);
  if (found == nullptr || !graph_.is_complete()) return kNone;
  if (found->node == kNone) return looks_like_object(*found) ? make_node(*found) : kNone;
  return graph_.node(found->node).address == object ? found->node : kNone;
}

HeapWalk::Index HeapWalk::strong(const Object* object) noexcept {
  const Index node = node_of(object);
  if (node != kNone) find(object)->is_reached = true;
  return node;
}

template <class Visit>
void HeapWalk::for_each_word(const Block& block, Visit visit) noexcept {
  if (block.kind == gc::LiveBlock::Kind::kPointerFree) return;
  const auto* const words = static_cast<const void* const*>(block.address);
  for (std::size_t i = 0; i < block.bytes / sizeof(void*); ++i) {
    if (words[i] != nullptr) visit(words[i]);
  }
}

// Roots.

void HeapWalk::run() noexcept {
  gc::for_each_live_block(
      [](void* self, const gc::LiveBlock& block) { static_cast<HeapWalk*>(self)->add_block(block); }, this);
  has_memory_ = has_memory_ && blocks_.size() < kNone && index_blocks();
  if (has_memory_) {
    add_roots();
    drain();
    settle_rest();
  }
  if (!has_memory_) graph_.give_up();
}

void HeapWalk::add_roots() noexcept {
  const auto add = [this](std::string_view name) {
    return graph_.add_node(NodeType::synthetic, name, nullptr, 0);
  };
  add("");
  add("(GC roots)");
  symbols_ = add("(Symbol table)");
  handles_ = add("(Handle table)");
  first_thread_ = handles_ + 1;
  for (const Thread* const thread : threads_) {
    graph_.add_node(NodeType::native, thread->description(), nullptr, 0);
  }
  native_roots_ = add("(Native roots)");
  graph_.set_late(add("(C++ stacks)"));
  other_memory_ = add("(Other memory of the runtime)");
}

void HeapWalk::drain() noexcept {
  for (; graph_.is_complete() && next_ < graph_.node_count(); ++next_) look_at(next_);
}

void HeapWalk::look_at(Index node) noexcept {
  current_ = node;
  if (node == graph_.late()) return;  // its edges come from settle()
  graph_.begin(node);
  if (node == 0) {
    look_at_root();
  } else if (node < symbols_) {
    look_at_collector_roots();
  } else if (node == symbols_) {
    SymbolTable::instance().walk_memory(*this);
  } else if (node == handles_) {
    UniqueTable::instance().walk_memory(*this);
  } else if (node < native_roots_) {
    look_at_thread(*threads_[node - first_thread_]);
  } else if (node == native_roots_) {
    look_at_native_roots();
  } else if (node != other_memory_) {
    look_at_object(*static_cast<const Object*>(graph_.node(node).address));
  }
}

/// What a user looks for is close to the root: VMs with their modules, and threads.
void HeapWalk::look_at_root() noexcept {
  graph_.add_edge(EdgeType::internal, "(GC roots)", 1);
  for (Index i = first_thread_; i < native_roots_; ++i)
    graph_.add_edge(EdgeType::property, graph_.node(i).name, i);
  std::uint32_t machines = 0;
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    if (blocks_[i].kind != gc::LiveBlock::Kind::kUncollectable) continue;
    for_each_word(blocks_[i], [&](const void* word) {
      const auto* const object = static_cast<const Object*>(word);
      if (!has_header(object, ObjectKind::realm, sizeof(Realm)) || find(object)->is_reached) return;
      ShortText name("VM ");
      graph_.add_edge(EdgeType::property, name.add(++machines), strong(object));
    });
  }
}

void HeapWalk::look_at_collector_roots() noexcept {
  for (const Index node : {symbols_, handles_, native_roots_, graph_.late(), other_memory_}) {
    graph_.add_edge(EdgeType::internal, graph_.node(node).name, node);
  }
}

bool HeapWalk::block(const void* address, std::size_t bytes) { return claim(address, bytes); }

void HeapWalk::element(const Object& object) {
  ShortText name;
  weak(name.add(weak_count_++), &object);
}

/// The registers of the calls in progress, by the function that they are of; and an error on its way.
void HeapWalk::look_at_thread(const Thread& thread) noexcept {
  const Thread::State& state = thread.state();
  claim(&state, sizeof(state));
  const auto* frame = static_cast<const Frame*>(state.frames.base());
  const auto* const top = static_cast<const Frame*>(state.frames.top());
  for (const auto* f = frame; f != top; ++f) {
    ShortText name("call of ");
    internal(name.add(name_of(f->closure)), f->closure);
  }
  const auto* const end = static_cast<const Value*>(state.values.top());
  for (const auto* value = static_cast<const Value*>(state.values.base()); value < end; ++value) {
    if (!value->is_object()) continue;
    while (frame + 1 < top && frame[1].registers <= value) ++frame;
    ShortText name("register ");
    name.add(static_cast<double>(value - frame->registers)).add(" of ").add(name_of(frame->closure));
    graph_.add_edge(EdgeType::context, name, strong(value->as_object()));
  }
  internal("error", state.error.thrown);
  internal("trace of the error", state.error.encoded_trace);
  internal("name in the error", state.error.hint_name);
  internal("receiver in the error", state.error.hint_receiver);
}

/// Uncollectable blocks: what C++ code and scripts in Lua hold on to. VMs and threads have been looked at.
void HeapWalk::look_at_native_roots() noexcept {
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    Block& root = blocks_[i];
    if (root.kind != gc::LiveBlock::Kind::kUncollectable || root.node != kNone) continue;
    give(root, current_);
    for_each_word(root, [&](const void* word) {
      const Index to = strong(static_cast<const Object*>(word));
      if (to != kNone) graph_.add_edge(EdgeType::element, count++, to);
    });
  }
}

// What is left.

void HeapWalk::settle_rest() noexcept {
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    if (blocks_[i].is_reached) continue;
    for_each_word(blocks_[i], [&](const void* word) {
      Block* const other = find(word);
      if (other != nullptr && other != &blocks_[i]) other->is_referred_to = true;
    });
  }
  for (const bool all : {false, true}) {  // then those that go round in circles
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      if (!blocks_[i].is_reached && (all || !blocks_[i].is_referred_to)) settle(i);
    }
  }
}

/// Makes the block an object that a C++ stack holds; or, if it is none, a part of the runtime's memory, with
/// what it refers to.
void HeapWalk::settle(std::size_t first) noexcept {
  has_memory_ = has_memory_ && to_settle_.resize(0) && to_settle_.push(static_cast<std::uint32_t>(first));
  while (has_memory_ && graph_.is_complete() && to_settle_.size() != 0) {
    Block& block = blocks_[to_settle_[to_settle_.size() - 1]];
    has_memory_ = to_settle_.resize(to_settle_.size() - 1);
    if (block.is_reached) continue;
    const Index node = strong(static_cast<const Object*>(block.address));
    if (node != kNone) {
      graph_.add_late_edge(graph_.node(graph_.late()).edge_count, node);
      drain();
      continue;
    }
    give(block, other_memory_);
    for_each_word(block, [&](const void* word) {
      const Block* const other = find(word);
      if (other == nullptr || other->is_reached) return;
      has_memory_ = has_memory_ && to_settle_.push(static_cast<std::uint32_t>(other - blocks_.begin()));
    });
  }
}

}  // namespace interlox::vm
