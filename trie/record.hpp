// SPDX-License-Identifier: BSD-3-Clause
// What a policy is told that wants to see each change of a tree, so that every moment of it can be drawn
// again. Part of tree.hpp, whose pairs it names.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include "trie/key_traits.hpp"
#include "trie/node.hpp"
#include "trie/policy.hpp"

namespace interlox::trie::detail {

/// The tree's side of a recording: made before a change, told what has been changed. While it lives and a
/// recording is under way, no other change is made that is recorded: so the recording has the changes in
/// the order in which they happened. Takes no lock then, and calls no user code but the Traits' own describe.
///
/// Who makes one may hold leaves; it waits for others who record only, and these wait for nobody.
///
/// For a policy that does not record (RecordedPolicy) there is nothing of it.
template <class Tree, class P = typename Tree::PolicyType>
class Record {
 public:
  explicit Record(const Tree& /*tree*/) noexcept {}
  void born() noexcept {}
  void top(StructureEvent /*event*/, std::size_t /*slots*/) noexcept {}
  template <class Slot>
  void slot(const Slot& /*slot*/, Word /*now*/) noexcept {}
  template <class Leaf>
  void cell(const Leaf& /*leaf*/, unsigned /*index*/, Word /*now*/) noexcept {}
  template <class Link>
  void link(const Link& /*link*/) noexcept {}
  template <class Entry>
  void value(const Entry& /*entry*/) noexcept {}
  template <class Leaf>
  void dead(const Leaf& /*leaf*/) noexcept {}
  void structure(StructureEvent /*event*/) noexcept {}
};

/// What a Record does while a recording is under way: out of the functions that change a tree, and without
/// the address of a Record, which so stays in registers.
template <class Tree, RecordedPolicy P>
class TreeRecorder {
  using RootNode = typename Tree::RootNode;
  using BranchNode = typename Tree::BranchNode;
  using LeafNode = typename Tree::LeafNode;
  using EntryNode = typename Tree::EntryNode;
  using LinkNode = typename Tree::LinkNode;
  using Traits = typename Tree::TraitsType;
  using Recorder = std::remove_pointer_t<decltype(P::recorder())>;

 public:
  TreeRecorder(const Tree& tree, Recorder& recorder) noexcept : tree_(tree), recorder_(recorder) {}

  /// The recorder, locked; null if the recording has ended meanwhile. A tree that was there before it began
  /// is recorded as it stands when it is changed first.
  [[gnu::noinline, gnu::cold]] static Recorder* begin(const Tree& tree, Recorder* recorder) noexcept {
    if (!recorder->lock()) return nullptr;
    if (tree.root() != nullptr && !recorder->knows_tree(&tree)) TreeRecorder(tree, *recorder).tree();
    return recorder;
  }
  [[gnu::noinline, gnu::cold]] static void end(Recorder* recorder) noexcept { recorder->unlock(); }

  [[gnu::noinline, gnu::cold]] void tree() noexcept {
    recorder_.tree(&tree_, title<Traits>());
    root();
  }
  [[gnu::noinline, gnu::cold]] void top(StructureEvent event, std::size_t slots) noexcept {
    root();
    recorder_.structure(&tree_, event, slots);
  }
  [[gnu::noinline, gnu::cold]] void slot(const typename Tree::Slot& slot, Word now) noexcept {
    know(now);
    recorder_.slot(&slot, address(now));
  }
  [[gnu::noinline, gnu::cold]] void cell(const LeafNode& leaf, unsigned index, Word now) noexcept {
    know_cell(now);
    recorder_.cell(&leaf, index, address(now));
  }
  [[gnu::noinline, gnu::cold]] void link(const LinkNode& link) noexcept {
    const EntryNode* const entry = link.entry.load(std::memory_order_relaxed);  // relaxed: the lock orders it
    if (entry != nullptr) know(*entry);
    recorder_.link(&link, entry, link.next.load(std::memory_order_relaxed));  // relaxed: as above
  }
  [[gnu::noinline, gnu::cold]] void value(const EntryNode& entry) noexcept {
    recorder_.value(&entry, [&](std::string& text) { describe_value(text, entry); });
  }

 private:
  static const void* address(Word word) noexcept { return reinterpret_cast<const void*>(word & ~kTags); }

  void root() noexcept {
    RootNode* const root = tree_.root();
    for (std::size_t i = 0; i < root->size(); ++i) know(Tree::read(root->at(i)));
    recorder_.root(&tree_, root, root->bits(), &root->at(0),
                   [root](std::size_t i) noexcept { return address(Tree::read(root->at(i))); });
    recorder_.top(&tree_, root);
  }

  // Each of these makes a node known to the recorder, with all below it, before it is referred to.

  void know(Word word) noexcept {
    if (address(word) == nullptr || recorder_.knows(&tree_, address(word))) return;
    if (is_branch(word)) {
      const BranchNode& branch = *Tree::branch_of(word);
      const Word below[2] = {Tree::read(branch.slots[0]), Tree::read(branch.slots[1])};
      for (const Word side : below) know(side);
      recorder_.branch(&tree_, &branch, static_cast<unsigned>(branch.base), &branch.slots[0],
                       address(below[0]), address(below[1]));
    } else if (is_direct(word)) {
      know(*Tree::entry_of(word));
    } else {
      know(*Tree::leaf_of(word));
    }
  }

  void know(const LeafNode& leaf) noexcept {
    const void* cells[Header::kCells];
    for (unsigned i = 0; i < Header::kCells; ++i) {
      const Word cell = leaf.cell(i);
      know_cell(cell);
      cells[i] = address(cell);
    }
    recorder_.leaf(&tree_, &leaf, leaf.header().depth(), cells);
  }

  void know_cell(Word cell) noexcept {
    if (address(cell) == nullptr) return;
    if ((cell & kChain) == 0) return know(*Tree::entry_of(cell));
    know(*Tree::link_of(cell));
  }

  // The last link first, in a loop: chains may be thousands long.
  void know(const LinkNode& first) noexcept {
    for (;;) {
      const LinkNode* last = nullptr;
      for (const LinkNode* link = &first; link != nullptr && !recorder_.knows(&tree_, link);
           link = link->next.load(std::memory_order_acquire)) {  // (10) of tree.hpp
        last = link;
      }
      if (last == nullptr) return;
      const EntryNode* const entry = last->entry.load(std::memory_order_acquire);  // (10) of tree.hpp
      if (entry != nullptr) know(*entry);
      recorder_.new_link(&tree_, last, entry, last->next.load(std::memory_order_acquire));  // (10)
    }
  }

  void know(const EntryNode& entry) noexcept {
    if (recorder_.knows(&tree_, &entry)) return;
    recorder_.entry(
        &tree_, &entry, entry.hash, [&](std::string& text) { describe_key(text, entry); },
        [&](std::string& text) { describe_value(text, entry); });
  }

  void describe_key(std::string& text, const EntryNode& entry) const {
    if constexpr (Described<Traits, decltype(entry.key())>) tree_.traits().describe(text, entry.key());
  }
  void describe_value(std::string& text, const EntryNode& entry) const {
    if constexpr (Described<Traits, decltype(entry.value.seen().value())>) {
      tree_.traits().describe(text, entry.value.seen().value());
    }
  }

  const Tree& tree_;
  Recorder& recorder_;
};

template <class Tree, RecordedPolicy P>
class Record<Tree, P> {
  using Told = TreeRecorder<Tree, P>;

 public:
  explicit Record(const Tree& tree) noexcept : tree_(tree), recorder_(P::recorder()) {
    if (recorder_ != nullptr) [[unlikely]]
      recorder_ = Told::begin(tree, recorder_);
  }
  ~Record() {
    if (recorder_ != nullptr) [[unlikely]]
      Told::end(recorder_);
  }
  Record(const Record&) = delete;
  Record& operator=(const Record&) = delete;

  /// The tree has its first root.
  void born() noexcept {
    if (recorder_ != nullptr) [[unlikely]]
      Told(tree_, *recorder_).tree();
  }
  /// The tree has another root, and why; `slots` as noted() is told them.
  void top(StructureEvent event, std::size_t slots) noexcept {
    if (recorder_ != nullptr) [[unlikely]]
      Told(tree_, *recorder_).top(event, slots);
  }
  /// A slot of a root or a branch holds `now`.
  void slot(const typename Tree::Slot& slot, Word now) noexcept {
    if (recorder_ != nullptr) [[unlikely]]
      Told(tree_, *recorder_).slot(slot, now);
  }
  void cell(const typename Tree::LeafNode& leaf, unsigned index, Word now) noexcept {
    if (recorder_ != nullptr) [[unlikely]]
      Told(tree_, *recorder_).cell(leaf, index, now);
  }
  /// A link has another entry, or another next one.
  void link(const typename Tree::LinkNode& link) noexcept {
    if (recorder_ != nullptr) [[unlikely]]
      Told(tree_, *recorder_).link(link);
  }
  void value(const typename Tree::EntryNode& entry) noexcept {
    if (recorder_ != nullptr) [[unlikely]]
      Told(tree_, *recorder_).value(entry);
  }
  void dead(const typename Tree::LeafNode& leaf) noexcept {
    if (recorder_ != nullptr) [[unlikely]]
      recorder_->dead(&leaf);
  }
  /// A split or a merge is done.
  void structure(StructureEvent event) noexcept {
    if (recorder_ != nullptr) [[unlikely]]
      recorder_->structure(&tree_, event, 0);
  }

 private:
  const Tree& tree_;
  decltype(P::recorder()) recorder_;
};

}  // namespace interlox::trie::detail
