// SPDX-License-Identifier: BSD-3-Clause
// Darts at a canonical set on the collected heap: threads make, find, hold, hand over and drop elements while
// the collector loops, until the time is up. While anybody holds an element, whoever asks for its key must
// get that one, whole; and what nobody holds must go. Between the steps of an operation, and between a weak
// read and its use above all, threads dawdle, or collect, so that what is rarely seen happens often.
//   interlox_weak_darts [--seconds=N] [--threads=N] [--seed=N] [--round=N]
// --round plays one round of the seed again and again. Ends with 0, with 1 after a fault, or with 64.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gc/clear_stack.hpp"
#include "gc/heap.hpp"
#include "gc/stats.hpp"
#include "gc/thread.hpp"
#include "gc/trie_policy.hpp"
#include "gc/weak.hpp"
#include "tests/stress/duel_keys.hpp"
#include "tests/support/holders.hpp"
#include "tests/support/options.hpp"
#include "trie/canonical_set.hpp"

namespace interlox::trie::darts {
namespace {

using duel::Hash;
using duel::HashShape;

class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept : state_(hash_integer(seed, 1) | 1) {}
  std::uint64_t next() noexcept {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }
  std::uint64_t below(std::uint64_t limit) noexcept { return (next() >> 16) % limit; }

 private:
  std::uint64_t state_;
};

/// What one round is played with.
struct Plan {
  unsigned number = 0;
  std::uint64_t seed = 0;
  HashShape shape;
  std::uint64_t keys = 0;
  std::uint64_t dawdle = 0;   // at one step of so many; 0: never
  std::uint64_t collect = 0;  // of these, at one of so many
  unsigned pause_us = 0;      // of the collector, after each collection

  [[nodiscard]] std::string text() const {
    std::ostringstream out;
    out << "round " << number << ": hash " << shape.kind << ", " << keys << " keys, dawdles at 1 of "
        << dawdle << " steps, collects at 1 of " << collect << " of these, collector pauses for " << pause_us
        << " us";
    return out.str();
  }
};

Plan make_plan(std::uint64_t seed, unsigned number) {
  Random random(hash_integer(number, seed));
  Plan plan;
  plan.number = number;
  plan.seed = random.next();
  plan.shape.kind = static_cast<Hash>(random.below(duel::kHashes));
  plan.shape.buckets = 1 + static_cast<std::uint32_t>(random.below(100));
  if (random.below(2) == 0) plan.shape.kind = Hash::kGood;
  constexpr std::array<std::uint64_t, 5> kKeys{4, 16, 64, 500, 10'000};
  plan.keys = kKeys[random.below(plan.shape.kind == Hash::kConstant ? 3 : kKeys.size())];
  constexpr std::array<std::uint64_t, 4> kDawdles{0, 3, 20, 200};
  plan.dawdle = kDawdles[random.below(kDawdles.size())];
  constexpr std::array<std::uint64_t, 3> kCollects{50, 500, 5000};
  plan.collect = kCollects[random.below(kCollects.size())];
  constexpr std::array<unsigned, 3> kPauses{0, 100, 2000};
  plan.pause_us = kPauses[random.below(kPauses.size())];
  return plan;
}

/// The place where threads dawdle: spinning, giving way, sleeping, or collecting.
class Dawdling {
 public:
  static void begin(const Plan& plan) {
    one_of_steps = plan.dawdle;
    one_of_dawdles = plan.collect;
  }
  static void enter(std::uint64_t seed) { random = Random(seed); }
  static void here() noexcept {
    if (one_of_steps == 0 || random.below(one_of_steps) != 0) return;
    if (random.below(one_of_dawdles) == 0) {
      gc::collect();
      return;
    }
    const std::uint64_t what = random.below(16);
    if (what == 0) {
      std::this_thread::sleep_for(std::chrono::microseconds(random.below(100)));
    } else if (what < 8) {
      std::this_thread::yield();
    } else {
      for (std::uint64_t spins = random.below(1000); spins != 0; --spins)
        std::atomic_signal_fence(std::memory_order_seq_cst);
    }
  }

 private:
  static inline std::uint64_t one_of_steps = 0;  // changed while no thread plays
  static inline std::uint64_t one_of_dawdles = 1;
  static inline thread_local Random random{1};
};

/// Knows what it is: memory that was given away is noticed.
struct Element {
  Element(std::uint64_t k, std::uint64_t n, Element* s) noexcept
      : key(k), serial(n), second(s), sum(sum_of(k, n, s)) {}
  [[nodiscard]] bool is(std::uint64_t wanted) const noexcept {
    return key == wanted && sum == sum_of(key, serial, second);
  }
  [[nodiscard]] bool is_whole() const noexcept {
    return is(key) && (second == nullptr || second->is(second->key));
  }
  static std::uint64_t sum_of(std::uint64_t k, std::uint64_t n, const Element* s) noexcept {
    return hash_integer(k ^ hash_integer(n, reinterpret_cast<std::uintptr_t>(s)), 0x5eed);
  }
  const std::uint64_t key;
  const std::uint64_t serial;
  Element* const second;  // of another key, kept by this one; or null
  const std::uint64_t sum;
};

struct ElementTraits {
  HashShape shape;

  [[nodiscard]] std::uint64_t hash(std::uint64_t key, std::uint64_t seed) const {
    Dawdling::here();
    return shape(hash_integer(key, seed));
  }
  [[nodiscard]] std::uint64_t hash(const Element& element, std::uint64_t seed) const {
    return hash(element.key, seed);
  }
  static bool equal(const Element& stored, std::uint64_t key) {
    Dawdling::here();
    return stored.key == key;
  }
  static bool equal(const Element& stored, const Element& other) { return equal(stored, other.key); }
};

/// The policy of collected sets, slower.
class SlowPolicy : public gc::WeakTriePolicy {
 public:
  struct WeakCell : gc::WeakCell {
    [[nodiscard]] void* get() const noexcept {
      void* const target = gc::WeakCell::get();
      Dawdling::here();
      return target;
    }
  };

  using gc::WeakTriePolicy::WeakTriePolicy;
  [[nodiscard]] static void* allocate(std::size_t bytes, bool may_hold_pointers) {
    Dawdling::here();
    void* const block = gc::WeakTriePolicy::allocate(bytes, may_hold_pointers);
    Dawdling::here();
    return block;
  }
  void watch(WeakCell& cell, void* target) {
    Dawdling::here();
    gc::WeakTriePolicy::watch(cell, target);
    Dawdling::here();
  }
  [[nodiscard]] std::size_t take_dead(std::span<std::uint64_t> hashes) noexcept {
    const std::size_t count = gc::WeakTriePolicy::take_dead(hashes);
    Dawdling::here();
    return count;
  }
  static void yield_point() noexcept { Dawdling::here(); }
};

using Set = CanonicalSet<Element, ElementTraits, SlowPolicy>;

struct Totals {
  std::uint64_t rounds = 0;
  std::uint64_t made = 0;
  std::uint64_t died = 0;
  std::uint64_t held = 0;
};

/// What went wrong first.
class Faults {
 public:
  void add(const std::string& what) {
    const std::lock_guard lock(mutex_);
    if (first_.empty()) first_ = what;
    any_.store(true);
  }
  [[nodiscard]] bool any() const noexcept { return any_.load(); }
  [[nodiscard]] const std::string& first() const noexcept { return first_; }

 private:
  std::mutex mutex_;
  std::atomic<bool> any_{false};
  std::string first_;
};

/// One round: the set and its players.
class Round {
 public:
  Round(const Plan& plan, unsigned threads)
      : plan_(plan),
        threads_(threads),
        holders_(plan.keys),
        set_(::new (gc::allocate_uncollectable(sizeof(Set)))
                 Set(SlowPolicy(registry_), ElementTraits{plan.shape}, plan.seed)),
        table_(static_cast<std::atomic<Element*>*>(
            gc::allocate_uncollectable(kTable * sizeof(std::atomic<Element*>)))) {}
  ~Round() {
    set_->~Set();
    gc::free_uncollectable(set_);
    gc::free_uncollectable(table_);
  }
  Round(const Round&) = delete;
  Round& operator=(const Round&) = delete;

  /// What failed, or nothing.
  std::string play(Totals& totals) {
    Dawdling::begin(plan_);
    run_threads();
    Plan calm = plan_;
    calm.dawdle = 0;
    Dawdling::begin(calm);
    if (!faults_.any()) look_over(false);
    for (std::size_t i = 0; i < kTable; ++i) table_[i].store(nullptr);
    for (int i = 0; i < 5 && set_->count() > plan_.keys / 20; ++i) {
      gc::clear_stack();
      gc::collect();
    }
    if (!faults_.any()) look_over(true);
    const CanonicalStats stats = set_->stats();
    ++totals.rounds;
    totals.made += stats.misses;
    totals.died += stats.cleared;
    totals.held += held_;
    return faults_.first();
  }

 private:
  static constexpr std::size_t kTable = 32;  // where threads hand elements over
  static constexpr std::size_t kHeld = 12;   // on a thread's stack
  static constexpr std::size_t kMore = 40;   // in an array of its own
  static constexpr std::chrono::milliseconds kLength{400};

  void run_threads() {
    std::vector<std::jthread> players;
    for (unsigned id = 0; id < threads_; ++id) {
      players.push_back(gc::start_thread([this, id] { play_alone(id); }));
    }
    const auto end = std::chrono::steady_clock::now() + kLength;
    while (std::chrono::steady_clock::now() < end && !faults_.any()) {
      gc::collect();
      if (plan_.pause_us != 0) std::this_thread::sleep_for(std::chrono::microseconds(plan_.pause_us));
    }
    stop_.store(true);
  }

  [[gnu::noinline]] void play_alone(unsigned id) {
    Random random(plan_.seed + id + 1);
    Dawdling::enter(plan_.seed * 31 + id);
    std::array<Element*, kHeld> stack{};
    auto** const array = static_cast<Element**>(gc::allocate(kMore * sizeof(Element*)));
    std::uint64_t held = 0;
    while (!stop_.load(std::memory_order_relaxed) && !faults_.any()) {
      Element*& place = random.below(2) == 0 ? stack[random.below(kHeld)] : array[random.below(kMore)];
      if (place != nullptr) {
        leave(place, random);
      } else if (Element* const element = get(random)) {
        place = element;
        ++held;
      }
      if (random.below(100) == 0) set_->prune(1 + random.below(8));
      if (random.below(1000) == 0) walk();
    }
    for (Element*& place : stack) drop(place);
    for (std::size_t i = 0; i < kMore; ++i) drop(array[i]);
    held_.fetch_add(held);
  }

  Element* make(std::uint64_t key, Random& random, int depth = 0) {
    return set_->make(key, [&](std::uint64_t hash) {
      Dawdling::here();
      if (hash != set_key_hash(key)) faults_.add("create() was told another hash");
      // The set may be used meanwhile; what is made there is kept by the new element alone.
      Element* const second =
          depth < 3 && random.below(4) == 0 ? make(random.below(plan_.keys), random, depth + 1) : nullptr;
      const std::uint64_t serial = serials_.fetch_add(1);
      void* const memory =
          second == nullptr ? gc::allocate_pointer_free(sizeof(Element)) : gc::allocate(sizeof(Element));
      auto* const element = ::new (memory) Element(key, serial, second);
      Dawdling::here();
      return element;
    });
  }
  [[nodiscard]] std::uint64_t set_key_hash(std::uint64_t key) const {
    return plan_.shape(hash_integer(key, set_->seed()));
  }

  // An element that is entered as held, or null.
  Element* get(Random& random) {
    const std::uint64_t what = random.below(8);
    if (what == 0) {
      Element* const element = table_[random.below(kTable)].exchange(nullptr);
      if (element != nullptr) expect(element->is_whole(), "handed over, but not whole", element);
      return element;  // entered by who put it there
    }
    const std::uint64_t key = random.below(plan_.keys);
    Element* const element = what < 4 ? set_->find(key) : make(key, random);
    if (element == nullptr) return nullptr;
    expect(element->is(key) && element->is_whole(), "got another element, or a broken one", element);
    expect(holders_.hold(key, element), "two elements of one key", element);
    return element;
  }

  void leave(Element*& place, Random& random) {
    Element* const element = place;
    expect(element->is_whole(), "held, but not whole", element);
    const std::uint64_t what = random.below(8);
    if (what == 0) {
      expect(set_->find(element->key) == element, "held, but another one is found", element);
    } else if (what == 1) {
      expect(set_->find(*element) == element, "held, but not found by itself", element);
    } else if (what == 2) {
      place = table_[random.below(kTable)].exchange(element);
    } else {
      drop(place);
    }
  }

  void drop(Element*& place) {
    if (place == nullptr) return;
    expect(place->is_whole(), "dropped, but not whole", place);
    holders_.let_go(place->key);  // before the last reference goes
    gc::keep_alive(place);
    place = nullptr;
  }

  void walk() {
    set_->for_each([&](const Element& element) {
      expect(element.key < plan_.keys && element.is_whole(), "met on a walk, but not whole", &element);
    });
  }

  // With no other thread in the set.
  void look_over(bool empty) {
    set_->prune_all();
    if (const auto fault = set_->check()) return faults_.add(*fault);
    walk();
    // The collector has gone on meanwhile if the heap wants it: what dies between two figures looks wrong.
    for (int i = 0; i < 5; ++i) {
      set_->prune_all();
      const CanonicalStats stats = set_->stats();
      std::ostringstream out;
      out << "figures: " << stats.entries << " entries, " << stats.live << " live, " << stats.dead
          << " dead, " << stats.misses << " made, " << stats.pruned << " pruned, " << stats.cleared
          << " cleared";
      wrong_figures_ = out.str();
      const bool right = stats.dead == 0 && stats.live == stats.entries &&
                         stats.misses == stats.live + stats.pruned && stats.cleared == stats.pruned;
      if (right && empty && plan_.keys >= 500 && stats.live > plan_.keys / 20) continue;
      if (right) return;
    }
    faults_.add(wrong_figures_);
  }

  void expect(bool right, const char* what, const Element* element) {
    if (right) return;
    std::ostringstream out;
    out << what << ": key " << element->key << ", element " << element->serial;
    faults_.add(out.str());
  }

  const Plan plan_;
  const unsigned threads_;
  gc::WeakRegistry registry_{gc::WeakRegistry::Tokens::kKeep};
  test::Holders holders_;
  Set* const set_;
  std::atomic<Element*>* const table_;
  std::atomic<std::uint64_t> serials_{0};
  std::atomic<std::uint64_t> held_{0};
  std::atomic<bool> stop_{false};
  std::string wrong_figures_;
  Faults faults_;
};

struct Options {
  std::uint64_t seconds = 10;
  std::uint64_t threads = 4;
  std::uint64_t seed = random_seed();
  std::optional<std::uint64_t> round;
};

bool read_option(std::string_view word, Options& options) {
  using test::read_number;
  using test::value_of;
  if (const auto value = value_of(word, "--seconds="))
    return read_number(*value, 1, 1'000'000, options.seconds);
  if (const auto value = value_of(word, "--threads=")) return read_number(*value, 1, 64, options.threads);
  if (const auto value = value_of(word, "--seed=")) return read_number(*value, options.seed);
  if (const auto value = value_of(word, "--round="))
    return read_number(*value, 0, ~0U, options.round.emplace());
  return false;
}

int run(const Options& options) {
  gc::initialize();
  std::cout << "seed " << options.seed << std::endl;
  Totals totals;
  std::string fault;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(options.seconds);
  for (unsigned number = 0; fault.empty() && std::chrono::steady_clock::now() < end; ++number) {
    const Plan plan = make_plan(options.seed, static_cast<unsigned>(options.round.value_or(number)));
    // In malloc's memory: whatever lies in it keeps nothing.
    fault = std::make_unique<Round>(plan, static_cast<unsigned>(options.threads))->play(totals);
    if (!fault.empty()) std::cerr << plan.text() << "\nFAILED: " << fault << '\n';
  }
  std::cout << totals.rounds << " rounds, " << gc::stats().collections << " collections, " << totals.made
            << " elements made, " << totals.died << " died, held " << totals.held << " times\n";
  return fault.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace interlox::trie::darts

int main(int argc, char* argv[]) {
  namespace darts = interlox::trie::darts;
  darts::Options options;
  for (int i = 1; i < argc; ++i) {
    if (darts::read_option(argv[i], options)) continue;
    std::cerr << "usage: interlox_weak_darts [--seconds=N] [--threads=1..64] [--seed=N] [--round=N]\n"
              << "not understood: " << argv[i] << '\n';
    return 64;
  }
  return darts::run(options);
}
