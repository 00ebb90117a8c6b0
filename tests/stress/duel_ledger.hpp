// SPDX-License-Identifier: BSD-3-Clause
// The books of the keys that all threads share: every value is a token, made once, stored at most once.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "tests/stress/duel_plan.hpp"

namespace interlox::trie::duel {

/// What may be done with a shared key.
enum class Role : std::uint8_t {
  kToken,    // all operations that say which value they removed
  kSticky,   // those of these that never remove the key, once it is there
  kCounter,  // a number, not a token: only counted up, by compare_and_swap
  kLoose,    // store and erase too: they don't say what they removed
};

inline Role role_of(std::size_t shared_key) {
  constexpr std::array kRoles{Role::kToken, Role::kSticky, Role::kToken,   Role::kLoose,
                              Role::kToken, Role::kToken,  Role::kCounter, Role::kToken};
  return kRoles[shared_key % kRoles.size()];
}

/// Laws
///   A token is seen only at the key that it was made for, once it has been made, and not if its operation
///   said that it did not store it.
///   It comes out (replaced or deleted, by somebody who is told) at most once, and is not found by an
///   operation that begins after that. "After" is told by a clock that each coming out moves.
///   A key that was there, and that nobody has begun to remove since, is found.
///   One thread at a time computes the value of a key.
///   At rest, each token that was stored and has not come out is the value of its key; loose keys may have
///   lost one for each erase that found something, and at most one for each store.
///
/// Functions that return a string return an empty one, or what is wrong. Any thread, with its own number.
class Ledger {
 public:
  /// A moment on the clock.
  using Moment = std::uint64_t;

  Ledger(unsigned threads, std::size_t shared_keys, std::size_t tokens_per_thread)
      : capacity_(std::min(tokens_per_thread, kMostTokens)), accounts_(threads), keys_(shared_keys) {
    for (auto& account : accounts_) account.rows = std::make_unique<Row[]>(capacity_);
  }

  /// Whether this thread can make another token.
  [[nodiscard]] bool has_token(unsigned thread) const {
    return accounts_[thread].made.load(std::memory_order_relaxed) < capacity_;  // relaxed: its own number
  }

  /// A value that was never there, for this key.
  int make(unsigned thread, std::size_t key) {
    Account& account = accounts_[thread];
    const std::uint32_t number = account.made.load(std::memory_order_relaxed);  // relaxed: its own number
    account.rows[number].key = static_cast<std::uint32_t>(key);
    account.made.store(number + 1, std::memory_order_release);
    return static_cast<int>(number << kThreadBits | thread);
  }

  [[nodiscard]] Moment now() const { return clock_.load(std::memory_order_acquire); }

  /// What is known of a key before an operation begins.
  struct View {
    Moment began;
    std::uint64_t removals;  // that have begun
    bool calm;               // and all of them have ended
    bool present;            // since then it was there
    bool settled;            // who has begun to take a value out, by a removal or a swap, has said which
  };

  [[nodiscard]] View look(std::size_t key) const {
    const Key& known = keys_[key];
    const std::uint64_t there = known.there_after.load(std::memory_order_acquire);
    const std::uint64_t ended = known.removals_ended.load(std::memory_order_acquire);  // before those begun
    const std::uint64_t begun = known.removals_begun.load(std::memory_order_acquire);
    const std::uint64_t said = known.takes_ended.load(std::memory_order_acquire);  // before those begun
    const bool settled = known.takes_begun.load(std::memory_order_acquire) == said;
    return {now(), begun, begun == ended, begun == ended && there == begun + 1, settled};
  }

  /// An operation that began at `view` has found the key, or stored it.
  void was_there(std::size_t key, const View& view) {
    Key& known = keys_[key];
    if (!view.calm || known.removals_begun.load(std::memory_order_acquire) != view.removals) return;
    known.there_after.store(view.removals + 1, std::memory_order_release);
  }

  /// The same of a token that was seen before `view`, at a key of which every removal says what it took. It
  /// was still there at `view` if nobody had taken it by then who had not said so: a token that a swap has
  /// taken tells nothing of the key, whose next value may be gone as well.
  void was_seen(int token, std::size_t key, const View& view) {
    if (view.settled && row_of(token)->out.load(std::memory_order_acquire) == 0) was_there(key, view);
  }

  /// An operation that began at `view` and removes nothing has not found the key.
  [[nodiscard]] std::string was_absent(std::size_t key, const View& view) const {
    const bool same = keys_[key].removals_begun.load(std::memory_order_acquire) == view.removals;
    return view.present && same ? "found nothing, though the key was there all the time" : "";
  }

  /// Around each operation that may take a value out, and its entry here; outside of those of a removal.
  void begin_take(std::size_t key) { keys_[key].takes_begun.fetch_add(1, std::memory_order_acq_rel); }
  void end_take(std::size_t key) { keys_[key].takes_ended.fetch_add(1, std::memory_order_acq_rel); }

  /// Around each operation that may remove the key.
  void begin_removal(std::size_t key) { keys_[key].removals_begun.fetch_add(1, std::memory_order_acq_rel); }
  void end_removal(std::size_t key) { keys_[key].removals_ended.fetch_add(1, std::memory_order_acq_rel); }

  /// Around each computation of a value for the key. False if another one is on.
  [[nodiscard]] bool begin_computation(std::size_t key) {
    return !keys_[key].computing.exchange(true, std::memory_order_acq_rel);
  }
  void end_computation(std::size_t key) { keys_[key].computing.store(false, std::memory_order_release); }

  /// A load, or an operation that changed nothing, has found this value; it began at `began`.
  std::string found(int token, std::size_t key, Moment began) const {
    const Row* const row = row_of(token);
    if (row == nullptr || row->key != key) return "a value that nobody stored there" + origin(token);
    const Moment out = row->out.load(std::memory_order_acquire);
    if (out == kNeverIn) return "a value whose operation did not store it" + origin(token);
    if (out != 0 && out <= began) return "a value that had gone before the operation began" + origin(token);
    return {};
  }

  /// An operation has replaced or deleted this value.
  std::string came_out(int token, std::size_t key) {
    Row* const row = row_of(token);
    if (row == nullptr || row->key != key) return "took a value that nobody stored there" + origin(token);
    const Moment moment = clock_.fetch_add(1, std::memory_order_acq_rel) + 1;
    const Moment before = row->out.exchange(moment, std::memory_order_acq_rel);
    if (before == kNeverIn) return "took a value whose operation did not store it" + origin(token);
    if (before != 0) return "took a value that another operation took as well" + origin(token);
    return {};
  }

  /// The operation that was to store this value did not.
  std::string not_stored(int token) {
    if (row_of(token)->out.exchange(kNeverIn, std::memory_order_acq_rel) == 0) return {};
    return "a value came out though its operation says that it was not stored" + origin(token);
  }

  void erased(std::size_t key) { keys_[key].erases.fetch_add(1, std::memory_order_relaxed); }
  void stored(std::size_t key) { keys_[key].stores.fetch_add(1, std::memory_order_relaxed); }
  void counted(std::size_t key) { keys_[key].steps.fetch_add(1, std::memory_order_relaxed); }

  /// Compares with the values of all shared keys (-1: none), when no other thread is in the map.
  [[nodiscard]] std::string audit(const std::vector<int>& values) const {
    std::vector<std::uint32_t> inside(keys_.size(), 0);
    for (const Account& account : accounts_) {
      for (std::uint32_t i = 0; i < account.made.load(std::memory_order_acquire); ++i) {
        const Row& row = account.rows[i];
        if (row.out.load(std::memory_order_relaxed) == 0) ++inside[row.key];  // relaxed: all is at rest
      }
    }
    for (std::size_t key = 0; key < keys_.size(); ++key) {
      std::string wrong = audit(key, values[key], inside[key]);
      if (!wrong.empty()) return "shared key " + std::to_string(key) + ": " + wrong;
    }
    return {};
  }

 private:
  static constexpr unsigned kThreadBits = 5;
  static_assert(kMostThreads <= 1U << kThreadBits);
  static constexpr std::size_t kMostTokens = std::size_t{1} << (31 - kThreadBits);
  static constexpr Moment kNeverIn = std::numeric_limits<Moment>::max();

  struct Row {
    std::atomic<Moment> out{0};  // when it came out; 0: it is in, or on its way
    std::uint32_t key = 0;
  };
  struct alignas(64) Account {
    std::unique_ptr<Row[]> rows;
    std::atomic<std::uint32_t> made{0};
  };
  struct Key {
    std::atomic<std::uint32_t> erases{0};
    std::atomic<std::uint32_t> stores{0};
    std::atomic<std::uint32_t> steps{0};
    std::atomic<bool> computing{false};
    std::atomic<std::uint64_t> takes_begun{0};
    std::atomic<std::uint64_t> takes_ended{0};
    std::atomic<std::uint64_t> removals_begun{0};
    std::atomic<std::uint64_t> removals_ended{0};
    std::atomic<std::uint64_t> there_after{0};  // one more than the removals that had begun when it was there
  };

  [[nodiscard]] Row* row_of(int token) const {
    if (token < 0) return nullptr;
    const unsigned thread = static_cast<unsigned>(token) & ((1U << kThreadBits) - 1);
    const unsigned number = static_cast<unsigned>(token) >> kThreadBits;
    if (thread >= accounts_.size()) return nullptr;
    const Account& account = accounts_[thread];
    return number < account.made.load(std::memory_order_acquire) ? &account.rows[number] : nullptr;
  }

  [[nodiscard]] static std::string origin(int token) {
    if (token < 0) return " (" + std::to_string(token) + ")";
    const auto bits = static_cast<unsigned>(token);
    return " (" + std::to_string(token) + ", number " + std::to_string(bits >> kThreadBits) + " of thread " +
           std::to_string(bits & ((1U << kThreadBits) - 1)) + ")";
  }

  [[nodiscard]] std::string audit(std::size_t key, int value, std::uint32_t inside) const {
    const Key& sums = keys_[key];
    const std::uint32_t steps = sums.steps.load(std::memory_order_relaxed);  // relaxed, all: at rest
    const std::uint32_t erases = sums.erases.load(std::memory_order_relaxed);
    const std::uint32_t stores = sums.stores.load(std::memory_order_relaxed);
    std::ostringstream text;
    if (role_of(key) == Role::kCounter) {
      const bool untouched = steps == 0 && value == -1;
      if (!untouched && value != static_cast<int>(steps)) {
        text << "the counter is " << value << " after " << steps << " steps";
      }
      return text.str();
    }
    if (value >= 0) {
      if (std::string wrong = found(value, key, now()); !wrong.empty()) return wrong;
    }
    const std::uint32_t lost = inside - (value >= 0 ? 1 : 0);
    if (lost < erases || lost > erases + stores) {
      text << "its value is " << value << ", and " << inside << " values were stored and have not come out ("
           << erases << " erased, " << stores << " stores)";
    }
    return text.str();
  }

  const std::size_t capacity_;
  std::vector<Account> accounts_;
  std::vector<Key> keys_;
  std::atomic<Moment> clock_{0};
};

}  // namespace interlox::trie::duel
