// SPDX-License-Identifier: BSD-3-Clause
// A recording of all that maps do to their trees, change by change, and of what the collector then does to
// their nodes: so that each moment of it can be drawn again (docs/explore.md). Knows no trie: what it takes
// down it is told (trie/record.hpp), by addresses, which become the numbers of nodes here.
//
// Off, a place that would tell costs a relaxed load and a branch. On, changes wait for each other: the
// recording has them in the order in which they happened, and is a study of the maps and not of their speed.
//
// Invariants:
//   I1  Whoever has the recorder's lock holds it for one change and what is told of it, waits for nothing
//       meanwhile, and calls nothing that may collect.
//   I2  A node has a number from its first mention until the collector has reclaimed it, and its address
//       means that node meanwhile. Where nodes are not counted (HeapOptions::count_nodes), nobody learns that
//       one was reclaimed: an address means the same node then until that was retired.
//   I3  What the collector tells is queued by the one thread that holds the heap's lock, and taken out by the
//       one that has the recorder's, before it takes down anything else. So a node is reclaimed in the
//       recording before its address is used again.
//
// Atomic pairs: (1) an item of the queue is published with release, (2) read with acquire; (3) its place is
// given back with release, (4) seen free with acquire. (5) The recorder is made with release, (6) used with
// acquire. Recording is seen on with a relaxed load: the lock decides.
//
// Under the collector: what allocates here asks malloc only. The functions for the collector take no lock,
// allocate nothing, and never wait.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gc/trace.hpp"

namespace interlox::gc {

struct Collection;

/// A recording of all that maps do to their trees, change by change, and of what the collector then does to
/// their nodes.
namespace recording {

/// A map that was recorded.
struct MapFacts {
  const char* title;          ///< what it is: a literal of whoever made it
  std::uint64_t changes = 0;  ///< events that are about it
};

/// What was recorded. docs/explore.md has the form of the events.
struct Recording {
  std::string_view events;                  ///< one after the other
  const std::vector<std::string>& threads;  ///< their names, by their numbers in the events
  const std::vector<MapFacts>& maps;        ///< likewise
  std::uint64_t count;                      ///< of the events
  std::uint64_t dropped;                    ///< of those that there was no room for, the last ones
  std::uint64_t duration_us;                ///< from start() to stop(), in microseconds
  bool counts_nodes;  ///< HeapOptions::count_nodes: the nodes that were reclaimed are in it
};

/// How many handles there have been so far.
struct HandleCounts {
  std::uint64_t made = 0;  ///< in all
  std::uint64_t dead = 0;  ///< of these
};

/// What trees tell. One for the process. All but lock() needs the lock. A node is told before it is referred
/// to; null is one, too. What does not fit is counted as dropped, and all that follows.
class Recorder {
 public:
  /// Waits for its turn. False if recording is off by then, and there is no turn to give back.
  [[nodiscard]] bool lock() noexcept;
  /// Gives the turn back.
  void unlock() noexcept { mutex_.unlock(); }

  /// Whether the tree has been told.
  [[nodiscard]] bool knows_tree(const void* tree) const noexcept { return trees_.count(tree) != 0; }
  /// There is a tree; `title`, a literal, says what it is.
  void tree(const void* tree, const char* title) noexcept;
  /// Whether the node has been told, as one of that tree.
  [[nodiscard]] bool knows(const void* tree, const void* node) const noexcept;

  /// There is a node of a tree: a root of 2^bits slots, of which child(i) gives what the ith holds; a branch
  /// by a bit; a leaf; an entry, whose key and value each append their text to a string; a link of a chain.
  /// `slots` is where its slots begin.
  ///@{
  template <class Child>  // of the slot with that index
  void root(const void* tree, const void* node, unsigned bits, const void* slots,
            const Child& child) noexcept {
    event([&] {
      begin_birth(tree, node, kRoot, slots);
      put(bits);
      const std::size_t size = std::size_t{1} << bits;
      for (std::size_t i = 0, next = 0; i < size; i = next) {
        const void* const same = child(i);
        for (next = i + 1; next < size && child(next) == same;) ++next;
        put(next - i);
        put_node(same);
      }
    });
  }
  void branch(const void* tree, const void* node, unsigned bit, const void* slots, const void* zero,
              const void* one) noexcept;
  void leaf(const void* tree, const void* node, unsigned depth, const void* const (&cells)[7]) noexcept;
  template <class Key, class Value>  // each appends its text to a string
  void entry(const void* tree, const void* node, std::uint64_t hash, const Key& key,
             const Value& value) noexcept {
    event([&] {
      begin_birth(tree, node, kEntry, nullptr);
      for (int i = 0; i < 8; ++i) events_.push_back(static_cast<char>(hash >> (8 * i)));
      put_text(key);
      put_text(value);
    });
  }
  void new_link(const void* tree, const void* node, const void* entry, const void* next) noexcept;
  ///@}

  /// What was told has changed: the root of a tree; what a slot holds, or a cell of a leaf; the entry and the
  /// next one of a link; the value of an entry; or a leaf has died.
  ///@{
  void top(const void* tree, const void* root) noexcept;
  void slot(const void* slot, const void* child) noexcept;
  void cell(const void* leaf, unsigned index, const void* child) noexcept;
  void link(const void* node, const void* entry, const void* next) noexcept;
  template <class Value>
  void value(const void* node, const Value& value) noexcept {
    event([&] {
      begin(kValue, node);
      put_node(node);
      put_text(value);
    });
  }
  void dead(const void* leaf) noexcept;
  ///@}
  /// What the trie has done, as NotedPolicy has it.
  template <class StructureEvent>  // the trie's, whose names are known here
  void structure(const void* tree, StructureEvent event, std::size_t slots) noexcept {
    structure_changed(tree, trace::structure_of(event), slots);
  }

 private:
  friend struct Control;

  enum Kind : std::uint8_t {
    kRoot = 1,
    kBranch,
    kLeaf,
    kEntry,
    kLink,
    kTop,
    kSlot,
    kCell,
    kHold,
    kNext,
    kValue,
    kDead,
    kRetired,
    kReclaimed,
    kCollection,
    kChange,
    kHandles,
  };
  struct Node {
    std::uint32_t id;
    std::uint32_t map;
    std::uintptr_t slots;  // where they begin; 0: none
    bool is_retired;
  };

  /// Takes down what `put_it` puts, or counts it as dropped. What the collector has told comes first.
  template <class Put>
  void event(const Put& put_it) noexcept {
    drain();
    append(put_it);
  }
  template <class Put>
  void append(const Put& put_it) noexcept {
    const std::size_t before = events_.size();
    try {
      if (dropped_ == 0) {
        put_it();
        if (events_.size() <= most_bytes_) {
          ++count_;
          return;
        }
      }
    } catch (const std::bad_alloc&) {  // the text of a key may want memory, too
    }
    events_.resize(before);
    ++dropped_;
  }

  void begin(Kind kind, std::uint32_t thread, std::uint64_t time);
  void begin(Kind kind, const void* node);  // of a map that has changed now, by this thread
  void begin_birth(const void* tree, const void* node, Kind kind, const void* slots);
  void put(std::uint64_t number);
  void put_node(const void* node) { put(id_of(node)); }
  template <class Text>
  void put_text(const Text& append_to) {
    text_.clear();
    append_to(text_);
    put_cut_text();
  }
  void put_cut_text();
  [[nodiscard]] std::uint32_t id_of(const void* node) const noexcept;
  [[nodiscard]] std::uint32_t map_of(const void* tree) const noexcept;
  std::uint32_t this_thread();
  void structure_changed(const void* tree, trace::Structure what, std::size_t slots) noexcept;
  void retired(const void* node) noexcept;
  void drain() noexcept;
  void drain_collection(std::uint64_t time) noexcept;

  std::mutex mutex_;
  bool is_on_ = false;
  std::uint64_t session_ = 0;
  std::uint64_t begin_ns_ = 0;
  std::uint64_t last_us_ = 0;
  std::uint64_t end_us_ = 0;
  std::size_t most_bytes_ = 0;
  std::string events_;
  std::uint64_t count_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint32_t ids_ = 0;
  std::map<std::uintptr_t, Node> nodes_;  // by address: a slot is found in the node that begins before it
  std::unordered_map<const void*, std::uint32_t> trees_;
  std::vector<MapFacts> maps_;
  std::vector<std::string> threads_;
  std::string text_;
};

namespace detail {
extern constinit std::atomic<bool> is_on;
extern constinit std::atomic<Recorder*> made;  // null before the first start()
void node_retired(const void* node) noexcept;
}  // namespace detail

/// The recorder, or null while recording is off. Any thread; wait-free.
[[nodiscard]] inline Recorder* active() noexcept {
  // relaxed: the recorder's lock decides
  if (!detail::is_on.load(std::memory_order_relaxed)) [[likely]]
    return nullptr;
  return detail::made.load(std::memory_order_acquire);  // (6) pairs with (5); perhaps not seen yet
}

/// For gc/trie_policy.cpp and gc/events.cpp, with the heap's lock held: a node has been swept; a collection
/// has come to its end, and how many nodes have been retired and reclaimed so far.
///@{
void node_reclaimed(const void* node) noexcept;
void collection_ended(const Collection& collection, std::uint64_t retired, std::uint64_t reclaimed) noexcept;
///@}

/// What counts the handles of the process, as a gauge of gc/trace.hpp does.
void count_handles_by(HandleCounts (*counts)() noexcept) noexcept;

/// What start() takes for events if it is not told.
inline constexpr std::size_t kDefaultBytes = 64u << 20;
/// What it takes at least.
inline constexpr std::size_t kLeastBytes = 4096;

/// Forgets what was recorded and records from now on, up to so many bytes of events (at least kLeastBytes).
/// A map that exists is recorded from its next change on, as it stands then. False if recording was on
/// already. Throws std::bad_alloc. Any thread.
bool start(std::size_t bytes = kDefaultBytes);

/// Ends recording; false if it was off. What was recorded stays until the next start(). Any thread.
bool stop() noexcept;

/// What was recorded; valid until the next start(). Recording must be off. Throws std::bad_alloc.
[[nodiscard]] Recording recorded();

}  // namespace recording
}  // namespace interlox::gc
