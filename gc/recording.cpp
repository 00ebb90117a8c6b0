// SPDX-License-Identifier: BSD-3-Clause
#include "gc/recording.hpp"

#include <algorithm>
#include <pthread.h>
#include <sys/mman.h>

#include "gc/collection.hpp"
#include "gc/trace.hpp"
#include "gc/trie_policy.hpp"

namespace interlox::gc::recording {

namespace detail {

constinit std::atomic<bool> is_on{false};

constinit std::atomic<Recorder*> made{nullptr};  // never destroyed: threads may run on

}  // namespace detail

namespace {

// The recorder, made if need be.
Recorder& make_recorder() {
  static auto* const only = new Recorder();
  detail::made.store(only, std::memory_order_release);  // (5) pairs with (6)
  return *only;
}

constexpr std::size_t kMostText = 64;  // bytes of a key or value

// What the collector tells: items of two words, in a ring (I3). A collection is several of them.
struct Item {
  std::uint64_t time;
  std::uint64_t word;  // an address; 0: a collection, whose numbers follow
};
constexpr std::size_t kItems = std::size_t{1} << 21;
constexpr std::size_t kCollectionNumbers = 10;
constexpr std::size_t kCollectionItems = 1 + kCollectionNumbers / 2;

constinit Item* items = nullptr;                    // made by the first start(), and stays
constinit std::atomic<std::uint64_t> items_in{0};   // written by the holder of the heap's lock
constinit std::atomic<std::uint64_t> items_out{0};  // by the holder of the recorder's
constinit std::atomic<std::uint64_t> items_lost{0};
constinit std::atomic<HandleCounts (*)() noexcept> handle_counts{nullptr};

// Room for so many items, as an index into the ring; or nothing.
bool has_room(std::uint64_t in, std::size_t count) noexcept {
  const std::uint64_t out = items_out.load(std::memory_order_acquire);  // (4) pairs with (3)
  if (in + count - out <= kItems) return true;
  items_lost.fetch_add(1, std::memory_order_relaxed);  // relaxed: a count
  return false;
}

std::size_t boundary_before(const std::string& text, std::size_t at) noexcept {
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;  // inside a character
  return at;
}

}  // namespace

bool Recorder::lock() noexcept {
  mutex_.lock();
  if (is_on_) return true;
  mutex_.unlock();
  return false;
}

bool Recorder::knows(const void* tree, const void* node) const noexcept {
  const auto found = nodes_.find(reinterpret_cast<std::uintptr_t>(node));
  return found != nodes_.end() && !found->second.is_retired && found->second.map == map_of(tree);
}

std::uint32_t Recorder::id_of(const void* node) const noexcept {
  const auto found = nodes_.find(reinterpret_cast<std::uintptr_t>(node));
  return found == nodes_.end() ? 0 : found->second.id;
}

std::uint32_t Recorder::map_of(const void* tree) const noexcept {
  const auto found = trees_.find(tree);
  return found == trees_.end() ? 0 : found->second;
}

std::uint32_t Recorder::this_thread() {
  static constinit thread_local std::uint64_t known_session = 0;
  static constinit thread_local std::uint32_t number = 0;
  if (known_session != session_) {
    threads_.emplace_back(trace::thread_name());
    known_session = session_;
    number = static_cast<std::uint32_t>(threads_.size() - 1);
  }
  return number;
}

void Recorder::put(std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) events_.push_back(static_cast<char>(number | 0x80));
  events_.push_back(static_cast<char>(number));
}

void Recorder::put_cut_text() {
  const bool is_long = text_.size() > kMostText;
  if (is_long) text_.resize(boundary_before(text_, kMostText));
  if (is_long) text_ += "…";
  put(text_.size());
  events_ += text_;
}

void Recorder::begin(Kind kind, std::uint32_t thread, std::uint64_t time) {
  const std::uint64_t us = std::max(time > begin_ns_ ? (time - begin_ns_) / 1000 : 0, last_us_);
  put(kind);
  put(thread);
  put(us - last_us_);
  last_us_ = us;
}

void Recorder::begin(Kind kind, const void* node) {
  begin(kind, this_thread(), now_ns());
  const auto found = nodes_.find(reinterpret_cast<std::uintptr_t>(node));
  if (found != nodes_.end()) ++maps_[found->second.map].changes;
}

void Recorder::begin_birth(const void* tree, const void* node, Kind kind, const void* slots) {
  const std::uint32_t map = map_of(tree);
  begin(kind, this_thread(), now_ns());
  put(map);
  nodes_[reinterpret_cast<std::uintptr_t>(node)] = {++ids_, map, reinterpret_cast<std::uintptr_t>(slots),
                                                    false};
}

void Recorder::tree(const void* tree, const char* title) noexcept try {
  maps_.push_back({title, 0});
  trees_[tree] = static_cast<std::uint32_t>(maps_.size() - 1);
} catch (const std::bad_alloc&) {
  ++dropped_;
}

void Recorder::branch(const void* tree, const void* node, unsigned bit, const void* slots, const void* zero,
                      const void* one) noexcept {
  event([&] {
    begin_birth(tree, node, kBranch, slots);
    put(bit);
    put_node(zero);
    put_node(one);
  });
}

void Recorder::leaf(const void* tree, const void* node, unsigned depth,
                    const void* const (&cells)[7]) noexcept {
  event([&] {
    begin_birth(tree, node, kLeaf, nullptr);
    put(depth);
    for (const void* cell : cells) put_node(cell);
  });
}

void Recorder::new_link(const void* tree, const void* node, const void* entry, const void* next) noexcept {
  event([&] {
    begin_birth(tree, node, kLink, nullptr);
    put_node(entry);
    put_node(next);
  });
}

void Recorder::top(const void* tree, const void* root) noexcept {
  event([&] {
    begin(kTop, root);
    put(map_of(tree));
    put_node(root);
  });
}

void Recorder::slot(const void* slot, const void* child) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(slot);
  const auto after = nodes_.upper_bound(address);
  if (after == nodes_.begin()) return;
  const auto& [node, facts] = *std::prev(after);
  if (facts.slots == 0) return;
  event([&, node = node, slots = facts.slots] {
    begin(kSlot, reinterpret_cast<const void*>(node));
    put_node(reinterpret_cast<const void*>(node));
    put((address - slots) / sizeof(std::uintptr_t));
    put_node(child);
  });
}

void Recorder::cell(const void* leaf, unsigned index, const void* child) noexcept {
  event([&] {
    begin(kCell, leaf);
    put_node(leaf);
    put(index);
    put_node(child);
  });
}

void Recorder::link(const void* node, const void* entry, const void* next) noexcept {
  event([&] {
    begin(kHold, node);
    put_node(node);
    put_node(entry);
  });
  event([&] {
    begin(kNext, node);
    put_node(node);
    put_node(next);
  });
}

void Recorder::dead(const void* leaf) noexcept {
  event([&] {
    begin(kDead, leaf);
    put_node(leaf);
  });
}

void Recorder::structure_changed(const void* tree, trace::Structure what, std::size_t slots) noexcept {
  event([&] {
    begin(kChange, this_thread(), now_ns());
    const std::uint32_t map = map_of(tree);
    if (map < maps_.size()) ++maps_[map].changes;
    put(map);
    put(static_cast<std::uint64_t>(what));
    put(slots);
  });
}

void Recorder::retired(const void* node) noexcept {
  drain();
  const auto found = nodes_.find(reinterpret_cast<std::uintptr_t>(node));
  if (found == nodes_.end() || found->second.is_retired) return;
  found->second.is_retired = true;
  append([&] {
    begin(kRetired, node);
    put(found->second.id);
  });
}

void Recorder::drain() noexcept {
  const std::uint64_t in = items_in.load(std::memory_order_acquire);  // (2) pairs with (1)
  std::uint64_t out = items_out.load(std::memory_order_relaxed);      // relaxed: this thread's
  if (in == out) return;
  while (out != in) {
    const Item& item = items[out % kItems];
    if (item.word == 0) {
      drain_collection(out);
      out += kCollectionItems;
      continue;
    }
    ++out;
    const auto found = nodes_.find(item.word);
    if (found == nodes_.end()) continue;
    append([&] {
      begin(kReclaimed, 0, item.time);
      put(found->second.id);
    });
    nodes_.erase(found);
  }
  items_out.store(out, std::memory_order_release);  // (3) pairs with (4)
}

void Recorder::drain_collection(std::uint64_t at) noexcept {
  std::array<std::uint64_t, kCollectionNumbers> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const Item& item = items[(at + 1 + i / 2) % kItems];
    numbers[i] = i % 2 == 0 ? item.time : item.word;
  }
  const std::uint64_t time = items[at % kItems].time;
  append([&] {
    begin(kCollection, 0, time);
    for (std::size_t i = 0; i < 8; ++i) put(numbers[i]);
  });
  append([&] {
    begin(kHandles, 0, time);
    put(numbers[8] - std::min(numbers[8], numbers[9]));  // live
    put(numbers[8]);
    put(numbers[9]);
  });
}

/// What turns the recorder on and off.
struct Control {
  static bool start(Recorder& recorder, std::size_t bytes) {
    const std::lock_guard hold(recorder.mutex_);
    if (recorder.is_on_) return false;
    survive_forks();
    if (items == nullptr) {
      void* const memory = mmap(nullptr, kItems * sizeof(Item), PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (memory == MAP_FAILED) throw std::bad_alloc();
      items = static_cast<Item*>(memory);
    }
    recorder.most_bytes_ = std::max(bytes, kLeastBytes);
    recorder.events_.clear();
    recorder.count_ = recorder.dropped_ = 0;
    recorder.ids_ = 0;
    recorder.nodes_.clear();
    recorder.trees_.clear();
    recorder.maps_.clear();
    recorder.threads_.assign(1, "Collector");
    recorder.begin_ns_ = now_ns();
    recorder.last_us_ = 0;
    ++recorder.session_;
    items_out.store(items_in.load());  // what was told to the recording before
    items_lost.store(0);
    recorder.is_on_ = true;
    detail::is_on.store(true);
    trace::detail::watching.fetch_or(trace::detail::kRecordingMaps);
    return true;
  }

  static bool stop(Recorder& recorder) noexcept {
    const std::lock_guard hold(recorder.mutex_);
    if (!recorder.is_on_) return false;
    turn_off(recorder);
    recorder.drain();
    recorder.end_us_ = (now_ns() - recorder.begin_ns_) / 1000;
    recorder.dropped_ += items_lost.load();
    return true;
  }

  static Recording recorded(Recorder& recorder) noexcept {
    return {recorder.events_, recorder.threads_,         recorder.maps_, recorder.count_, recorder.dropped_,
            recorder.end_us_, gc::detail::counting_nodes};
  }

  static void retired(Recorder& recorder, const void* node) noexcept {
    if (!recorder.lock()) return;
    recorder.retired(node);
    recorder.unlock();
  }

 private:
  static void turn_off(Recorder& recorder) noexcept {
    recorder.is_on_ = false;
    detail::is_on.store(false);
    trace::detail::watching.fetch_and(0xFF ^ trace::detail::kRecordingMaps);
  }

  // Once. A child of fork records nothing: the threads that would go on are not there.
  static void survive_forks() {
    static const int registered = pthread_atfork([] { detail::made.load()->mutex_.lock(); },
                                                 [] { detail::made.load()->mutex_.unlock(); },
                                                 [] {
                                                   turn_off(*detail::made.load());
                                                   detail::made.load()->mutex_.unlock();
                                                 });
    if (registered != 0) throw std::bad_alloc();
  }
};

void detail::node_retired(const void* node) noexcept {
  if (Recorder* const recorder = active()) Control::retired(*recorder, node);
}

void node_reclaimed(const void* node) noexcept {
  if (active() == nullptr) return;
  const std::uint64_t in =
      items_in.load(std::memory_order_relaxed);  // relaxed: this thread's, as all of these
  if (!has_room(in, 1)) return;
  items[in % kItems] = {now_ns(), reinterpret_cast<std::uintptr_t>(node)};
  items_in.store(in + 1, std::memory_order_release);  // (1) pairs with (2)
}

void collection_ended(const Collection& c, std::uint64_t retired, std::uint64_t reclaimed) noexcept {
  if (active() == nullptr) return;
  const std::uint64_t in = items_in.load(std::memory_order_relaxed);
  if (!has_room(in, kCollectionItems)) return;
  HandleCounts handles;
  if (auto* const counts = handle_counts.load(std::memory_order_relaxed)) handles = counts();
  const std::array<std::uint64_t, kCollectionNumbers> numbers = {
      c.number,
      c.at(Event::kPostStartWorld) - c.at(Event::kPreStopWorld),
      c.at(Event::kMarkEnd) - c.at(Event::kMarkStart),
      c.heap_bytes,
      c.used_after,
      c.weak_cleared,
      retired,
      reclaimed,
      handles.made,
      handles.dead};
  items[in % kItems] = {c.at(Event::kEnd), 0};
  for (std::size_t i = 0; i < numbers.size(); i += 2) {
    items[(in + 1 + i / 2) % kItems] = {numbers[i], numbers[i + 1]};
  }
  items_in.store(in + kCollectionItems, std::memory_order_release);  // (1) pairs with (2)
}

void count_handles_by(HandleCounts (*counts)() noexcept) noexcept {
  handle_counts.store(counts, std::memory_order_relaxed);  // relaxed: a function has nothing to publish
}

bool start(std::size_t bytes) { return Control::start(make_recorder(), bytes); }
bool stop() noexcept {
  Recorder* const recorder = detail::made.load();
  return recorder != nullptr && Control::stop(*recorder);
}
Recording recorded() { return Control::recorded(make_recorder()); }

}  // namespace interlox::gc::recording
