// SPDX-License-Identifier: BSD-3-Clause
// Threads that stand still at chosen moments of an operation on a map: every access that the map makes to an
// atomic is such a moment. What the tests of single races and of all preemptions share.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <condition_variable>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace interlox::trie::test {

/// What a test is doing, in words, for as long as this lives.
class Schedule {
 public:
  explicit Schedule(std::function<std::string()> text) : text_(std::move(text)) { current_ = this; }
  ~Schedule() { current_ = nullptr; }
  Schedule(const Schedule&) = delete;
  Schedule& operator=(const Schedule&) = delete;

  [[nodiscard]] std::string text() const { return text_(); }
  static const Schedule* current() noexcept { return current_; }

 private:
  static inline const Schedule* current_ = nullptr;
  std::function<std::string()> text_;
};

/// While this lives, a crash in the map (a failed assertion, a stray pointer) says in which schedule it came.
class CrashReport {
 public:
  CrashReport() {
    struct sigaction action {};
    action.sa_handler = report;
    for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &action, &outer_[i]);
  }
  ~CrashReport() { leave(); }
  CrashReport(const CrashReport&) = delete;
  CrashReport& operator=(const CrashReport&) = delete;

 private:
  static constexpr std::array kSignals{SIGABRT, SIGSEGV};

  static void leave() noexcept {
    for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &outer_[i], nullptr);
  }
  // Not what a signal handler may do, but all is lost anyway.
  static void report(int signal) noexcept {
    leave();
    if (const Schedule* const schedule = Schedule::current()) {
      std::fprintf(stderr, "a crash in this schedule: %s\n", schedule->text().c_str());
    }
    std::raise(signal);
  }

  static inline std::array<struct sigaction, kSignals.size()> outer_{};
};

/// Ends the program, on any thread and in the middle of any operation: there is no way back from there.
[[noreturn]] inline void give_up(std::string_view why) noexcept {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(why.size()), why.data());
  std::abort();
}

/// Whoever is told of each access that its thread makes to a map. A thread without one runs as always.
class Witness {
 public:
  Witness() {
    const std::lock_guard guard(lot_);
    all_.push_back(this);
  }
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;

  /// The access of this thread that comes next; null is a yield point.
  static void tell(const void* address) noexcept {
    if (mine_ != nullptr) mine_->before(address);
  }

  /// std::atomic's wait() of this thread: returns once the value has changed, which it notices only when it
  /// is notified. So a wake-up that a map forgets is a thread that never goes on.
  template <class Changed>
  void wait(const void* address, const Changed& changed) noexcept {
    for (;;) {
      before(address);
      set_parked_on(address);
      if (changed()) return set_parked_on(nullptr);
      park();
    }
  }
  static void notify_all(const void* address) noexcept {
    const std::lock_guard guard(lot_);
    for (Witness* const one : all_) {
      if (one->parked_on_ == address) one->parked_on_ = nullptr;
    }
  }
  [[nodiscard]] bool is_parked() const noexcept {
    const std::lock_guard guard(lot_);
    return parked_on_ != nullptr;
  }

  static Witness* mine() noexcept { return mine_; }

 protected:
  ~Witness() {
    const std::lock_guard guard(lot_);
    std::erase(all_, this);
  }
  virtual void before(const void* address) noexcept = 0;
  /// Returns when the thread is no longer parked.
  virtual void park() noexcept = 0;

  static inline thread_local Witness* mine_ = nullptr;

 private:
  void set_parked_on(const void* address) noexcept {
    const std::lock_guard guard(lot_);
    parked_on_ = address;
  }

  static inline std::mutex lot_;
  static inline std::vector<Witness*> all_;
  const void* parked_on_ = nullptr;
};

/// A std::atomic that tells the thread's witness.
template <class T>
class WatchedAtomic {
 public:
  WatchedAtomic() noexcept = default;
  WatchedAtomic(T value) noexcept : value_(value) {}  // NOLINT: converts, as std::atomic does

  T load(std::memory_order order) const noexcept { return told().load(order); }
  void store(T value, std::memory_order order) noexcept { told().store(value, order); }
  T exchange(T value, std::memory_order order) noexcept { return told().exchange(value, order); }
  bool compare_exchange_strong(T& expected, T value, std::memory_order order) noexcept {
    return told().compare_exchange_strong(expected, value, order);
  }
  bool compare_exchange_strong(T& expected, T value, std::memory_order success,
                               std::memory_order failure) noexcept {
    return told().compare_exchange_strong(expected, value, success, failure);
  }
  T fetch_add(T value, std::memory_order order) noexcept { return told().fetch_add(value, order); }
  T fetch_sub(T value, std::memory_order order) noexcept { return told().fetch_sub(value, order); }
  T fetch_or(T value, std::memory_order order) noexcept { return told().fetch_or(value, order); }
  T fetch_and(T value, std::memory_order order) noexcept { return told().fetch_and(value, order); }
  void wait(T old, std::memory_order order) const noexcept {
    Witness* const witness = Witness::mine();
    if (witness == nullptr) return value_.wait(old, order);
    witness->wait(this, [&] { return value_.load(order) != old; });
  }
  void notify_all() noexcept {
    told().notify_all();
    Witness::notify_all(this);
  }

 private:
  std::atomic<T>& told() noexcept {
    Witness::tell(this);
    return value_;
  }
  const std::atomic<T>& told() const noexcept {
    Witness::tell(this);
    return value_;
  }

  std::atomic<T> value_;
};

enum class State { kDone, kStopped, kParked };

/// A thread that stands still but while the thread that owns it waits in one of the functions below: only one
/// of the two runs at a time, so what they do together is the same every time.
class Actor final : public Witness {
 public:
  /// Whether the actor is to stop before it makes this access (null: at a yield point).
  using Stop = std::function<bool(const void* address)>;

  Actor() : thread_([this] { play(); }) { actors_.push_back(this); }
  explicit Actor(std::function<void()> operation) : Actor() { start(std::move(operation)); }
  /// Lets the operation, and any that it waits for, come to its end: a test that has failed may leave it
  /// anywhere.
  ~Actor() {
    while (finish() != State::kDone) {
      const auto helps = [](Actor* other) {
        return other->can_go_on() && other->finish() != State::kStopped;
      };
      if (!std::any_of(actors_.begin(), actors_.end(), helps)) give_up("a deadlock: every thread waits");
    }
    std::erase(actors_, this);
    operation_ = nullptr;
    give(true);
    thread_.join();
  }

  /// Begins an operation: stops before its first access. The actor must be done with the last one.
  void start(std::function<void()> operation) {
    assert(state_ == State::kDone);
    operation_ = std::move(operation);
    state_ = State::kStopped;
  }

  /// Goes on until the operation is done, or parks, or `stop` says so.
  State go_on(Stop stop) {
    if (!can_go_on()) return state_;
    stop_ = std::move(stop);
    run();
    return state_;
  }
  [[nodiscard]] bool can_go_on() const noexcept { return state_ != State::kDone && !is_parked(); }
  State finish() {
    return go_on([made = 0](const void*) mutable {
      if (++made > kMostAccesses) give_up("an operation goes on for ever");
      return false;
    });
  }
  /// Until it has made so many accesses more.
  State step(std::size_t accesses) {
    std::size_t left = accesses - (pending_ ? 1 : 0);
    return go_on([left](const void*) mutable { return left-- == 0; });
  }
  /// Until it is about to access the atomic at this address.
  State stop_before(const void* atomic) {
    return go_on([atomic](const void* next) { return next == atomic; });
  }
  State stop_at_yield_point() { return stop_before(nullptr); }
  /// Until `holds`, which is asked between any two accesses.
  State stop_when(const std::function<bool()>& holds) {
    return go_on([&holds](const void*) { return holds(); });
  }

 private:
  static constexpr int kMostAccesses = 100'000;

  void before(const void* address) noexcept override {
    mine_ = nullptr;  // what `stop_` looks at are no accesses of the operation
    const bool stop = stop_(address);
    mine_ = this;
    if (!stop) return;
    pending_ = true;
    pause(State::kStopped);
    pending_ = false;
  }
  void park() noexcept override { pause(State::kParked); }

  void play() {
    for (;;) {
      wait_for(true);
      if (operation_ == nullptr) return;
      mine_ = this;
      operation_();
      mine_ = nullptr;
      state_ = State::kDone;
      give(false);
    }
  }

  void pause(State state) noexcept {
    state_ = state;
    give(false);
    wait_for(true);
  }
  void run() noexcept {
    give(true);
    wait_for(false);
  }

  // The turn of the actor, or of its owner.
  void give(bool to_actor) noexcept {
    {
      const std::lock_guard guard(mutex_);
      actors_turn_ = to_actor;
    }
    turn_.notify_one();  // the other one is all that can be waiting
  }
  void wait_for(bool actors_turn) noexcept {
    std::unique_lock lock(mutex_);
    turn_.wait(lock, [&] { return actors_turn_ == actors_turn; });
  }

  static inline std::vector<Actor*> actors_;  // all belong to one thread

  std::mutex mutex_;
  std::condition_variable turn_;
  bool actors_turn_ = false;
  State state_ = State::kDone;
  bool pending_ = false;  // stopped before an access that is made when it goes on
  std::function<void()> operation_;
  Stop stop_;
  std::thread thread_;  // last: it uses the others
};

/// Makes this thread run an operation and do something else before one of its accesses.
class Interrupted final : public Witness {
 public:
  /// `there` runs before the nth access, unless the operation makes fewer. Where the operation has to wait,
  /// `help` makes other threads go on, and says whether any did.
  Interrupted(std::size_t nth, std::function<void()> there, std::function<bool()> help)
      : countdown_(nth), there_(std::move(there)), help_(std::move(help)) {}

  /// Returns whether the interruption has taken place.
  template <class F>
  bool run(const F& operation) {
    mine_ = this;
    operation();
    mine_ = nullptr;
    return there_ == nullptr;
  }

 private:
  static constexpr std::size_t kMostAccesses = 1'000'000;

  void before(const void* /*address*/) noexcept override {
    if (++made_ > kMostAccesses) give_up("an interrupted operation goes on for ever");
    if (--countdown_ != 0) return;
    mine_ = nullptr;
    std::exchange(there_, nullptr)();
    mine_ = this;
  }
  void park() noexcept override {
    mine_ = nullptr;
    while (is_parked()) {
      if (!help_()) give_up("a deadlock: every thread waits");
    }
    mine_ = this;
  }

  std::size_t countdown_;
  std::size_t made_ = 0;
  std::function<void()> there_;
  std::function<bool()> help_;
};

}  // namespace interlox::trie::test
