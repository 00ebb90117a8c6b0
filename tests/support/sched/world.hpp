// SPDX-License-Identifier: BSD-3-Clause
// One world of a few threads, of which one runs at a time: every access to an atomic (atomic.hpp) is a point
// where another one may go on instead, and every load may return an old value where the memory model
// (memory.hpp) says so. Who goes on and what is read is up to a Strategy (strategy.hpp, explore.hpp).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/sched/arena.hpp"
#include "tests/support/sched/fiber.hpp"
#include "tests/support/sched/memory.hpp"

namespace interlox::test::sched {

/// An access to a place that threads share.
struct Shared {
  std::size_t place = 0;  ///< a number of its own, from 1 on
  bool writes = false;
  bool stops = false;  ///< all threads, which conflicts with each access
  bool first = false;  ///< of its operation
};

/// The threads of which one goes on now. Where it is not forced, the first one is the one that runs.
struct Candidates {
  std::array<unsigned, kMostThreads> threads{};
  unsigned count = 0;
  bool forced = false;  // the one that ran waits, or has ended
  Shared access;        // that it is about to make, if there are just two threads and Bounds::reduce is set
  void add(unsigned thread) noexcept { threads[count++] = thread; }
};

/// Takes the decisions of one execution.
class Strategy {
 public:
  virtual ~Strategy() = default;
  /// The index of one of the candidates. `step`: how many accesses were begun so far.
  virtual unsigned pick_thread(const Candidates& candidates, std::uint32_t step) = 0;
  /// Which of several values a load returns: 0 is the newest, 1 the one before.
  virtual unsigned pick_record(unsigned visible, std::uint32_t step) = 0;
  /// Whether this allocation, of so many before, is refused.
  virtual bool pick_refusal(std::uint32_t step, unsigned allocation) = 0;
  /// A thread makes an access. Only if Bounds::reduce is set.
  virtual void accessed(unsigned /*thread*/, const Shared& /*access*/) {}
};

/// A decision that was not the usual one: at this step thread `number` went on (in the place of one that
/// could have, or not), a load returned a value `number` stores old, or allocation `number` was refused.
struct Decision {
  enum class Kind : char { kPreemption = 'p', kNext = 'n', kOldValue = 'r', kRefusal = 'a' };
  std::uint32_t step;
  Kind kind;
  unsigned number;
};

/// How an execution ended.
enum class Outcome {
  kDone,       ///< all threads are done
  kRedundant,  ///< it was given up: another one does the same
  kShared,     ///< it was given up: threads have met at a place that was not known to be shared
  kFault       ///< World::fault() says why
};

/// What an operation knew when it began and when it ended. By these alone one may have to come before
/// another.
struct Span {
  Clock begin;
  std::uint32_t begin_tick = 0;
  std::uint32_t end_tick = 0;
  std::uint32_t end = 0;  // on the clock of its thread
};

/// Threads and their memory. One a process; used by one system thread.
///
/// Three things keep explorations small, none of which hides a fault:
///
/// - Private places. Where only one thread accesses a place, or none changes it, its accesses are
///   no points of choice. (An operation that makes no others is one as a whole: it may come before
///   what others do, or after it.) Which places are shared is found out: an execution in which
///   threads meet at a new one is given up, and the exploration begins anew. What is found is kept.
/// - Late preemptions. A thread that was preempted before an access, and goes on before another one
///   has made a conflicting access, might as well have made it before: that schedule has no more
///   preemptions. So it does not go on then; nor does its load return what it could have returned
///   before. (Not before the first access of an operation: that would change what comes before
///   what.) Most of these depth_first.hpp sees before they are tried.
/// - Blocked loops. A thread that reads one place again and again, or changes nothing there, stands
///   still until somebody else does. A loop that waits for several places must be bounded.
class World {
 public:
  using Program = std::function<void()>;

  struct Bounds {
    unsigned deviations = ~0U;  // preemptions, old values and refusals together
    unsigned preemptions = ~0U;
    unsigned old_values = ~0U;  // loads an execution that return another value than the newest
    unsigned refusals = 0;      // allocations that fail
    bool symmetric = false;     // the threads do the same, so it does not matter which one is the first
    bool reduce = false;        // as above: for explorations that come to all other schedules
  };

  World();

  /// Memory to set up, outside of any execution; `clear` forgets what is there.
  void clear();
  void seal(const void* root) { arena_.seal(root); }

  /// Lets the programs run, a thread each, on the memory that was sealed.
  Outcome run(std::span<const Program> programs, Strategy& strategy, const Bounds& bounds);
  void forget_shared() noexcept;

  [[nodiscard]] const std::string& fault() const noexcept { return fault_; }
  [[nodiscard]] const std::vector<Decision>& decisions() const noexcept { return decisions_; }
  [[nodiscard]] bool read_old_values() const noexcept { return old_values_left_ != bounds_.old_values; }
  [[nodiscard]] std::uint32_t steps() const noexcept { return steps_; }
  Arena& arena() noexcept { return arena_; }
  /// While it is set, each access of an execution is told.
  std::function<void(const std::string&)> tell;

  // For the threads.

  [[nodiscard]] bool running() const noexcept { return running_ != nullptr; }
  void* allocate(std::size_t bytes, bool may_hold_pointers);
  /// Whether an allocation that the thread is about to make fails.
  [[nodiscard]] bool refuses();
  void retired(const void* node, Arena::Account account = Arena::Account::kTree) noexcept {
    arena_.retired(node, account);
  }
  /// Ends the execution.
  [[noreturn]] void fail(const std::string& what);
  void expect(bool held, std::string_view what) {
    if (!held) fail(std::string(what));
  }
  /// Around what the judgement of an execution takes for one operation.
  void begin_operation() noexcept { running_->begun = false; }
  Span end_operation();

  // For atomic.hpp. What is called on a History comes right after the enter() that has returned it.

  enum class Access : std::uint8_t { kRead, kWrite };
  /// Before an access: may let others run first. Null if the place is private.
  History* enter(const void* place, const char* what, Access access, std::uint64_t newest);
  /// False if the thread has waited, and has to enter again.
  bool load(History& history, std::memory_order order, std::uint64_t& value);
  void store(History& history, std::uint64_t value, std::memory_order order);
  bool exchange(History& history, std::uint64_t value, std::memory_order order);
  /// A compare-exchange that fails.
  bool refuse(History& history, std::memory_order order);
  void stored(const void* place, std::uint64_t word) noexcept { arena_.stored(place, word); }
  void made(const void* place, std::uint64_t value);
  void fence(std::memory_order order);
  /// Stops all other threads, wherever they are, and lets them go on: what the thread does in between happens
  /// at one moment, before and after which each thread knows what any of them had done. It conflicts with
  /// every access, and is a point of choice. `place`: an atomic of value 0 that stands for such moments.
  void stop(const void* place);
  void let_go() noexcept;
  /// Until somebody notifies.
  void park(const void* place);
  void notify(const void* place, bool all);
  [[nodiscard]] const View& view() const noexcept { return running_->view; }

 private:
  static constexpr std::uint32_t kMostSteps = 20'000;
  // So often a thread reads the same, or changes it to what it is, before it is taken for waiting.
  static constexpr unsigned kReads = 20;
  static constexpr unsigned kChanges = 3;

  static constexpr std::size_t kNowhere = ~std::size_t{0};  // no granule

  enum class State : std::uint8_t { kReady, kSpinning, kParked, kDone };

  struct Thread {
    Thread(World* owner, unsigned number)
        : world(owner), index(number), fiber([](void* self) { play(*static_cast<Thread*>(self)); }, this) {}

    World* world;
    unsigned index;
    Fiber fiber;
    const Program* program = nullptr;
    State state = State::kDone;
    View view;
    std::size_t pending = kNowhere;  // the granule that it accesses next
    bool pending_writes = false;
    bool pending_stop = false;    // of all threads
    bool preempted = false;       // before that access
    bool disturbed = false;       // and then others made a conflicting one
    bool resumed = false;         // and now it goes on
    std::size_t newest_then = 0;  // record when it was preempted
    std::size_t last = 0;         // granule, record: what it read last
    std::size_t last_record = 0;
    unsigned repeats = 0;
    bool begun = false;
    Span span;
  };

  // What is known of a granule in this execution.
  struct Shadow {
    std::uint32_t execution = 0;
    std::uint8_t readers = 0;
    std::uint8_t writers = 0;
    bool has_history = false;
    std::uint32_t history = 0;
  };

  static void play(Thread& thread);

  Shadow& shadow(std::size_t granule) noexcept;
  void note(std::size_t granule, Access access);
  [[noreturn]] void share(std::size_t granule);
  void enter_shared(const void* place, const char* what, Access access);
  /// Lets every thread know what any of them knows.
  void join_all() noexcept;
  History& history(std::size_t granule, std::uint64_t newest);
  void consider_preemption(Thread& thread, const Shared& access, std::uint64_t newest);
  /// Lets another thread go on, since this one can't; null: at the beginning.
  void block(Thread* thread);
  [[nodiscard]] bool is_redundant(const Thread& thread) const noexcept {
    return bounds_.reduce && thread.preempted && !thread.disturbed && thread.begun;
  }
  void switch_to(Thread* from, Thread& to);
  void wake_spinning(std::size_t granule) noexcept;
  bool spins(Thread& thread, std::size_t record, unsigned most);
  [[noreturn]] void leave(Outcome outcome);
  void use(std::uint64_t value);
  void trace(const char* what, std::uint64_t value, std::memory_order order, std::size_t age = 0);

  Arena arena_;
  Fiber outside_;
  std::array<Thread, kMostThreads> threads_;
  unsigned count_ = 0;
  Thread* running_ = nullptr;
  Strategy* strategy_ = nullptr;
  Bounds bounds_;
  unsigned deviations_left_ = 0;
  unsigned preemptions_left_ = 0;
  unsigned old_values_left_ = 0;
  unsigned refusals_left_ = 0;
  unsigned allocations_ = 0;
  bool stopped_ = false;
  std::uint32_t steps_ = 0;
  std::uint32_t ticks_ = 0;  // of the begins and ends of operations
  std::uint32_t execution_ = 0;
  Outcome outcome_ = Outcome::kDone;
  Clock fences_;
  std::string fault_;
  std::vector<Decision> decisions_;
  std::vector<Shadow> shadows_;
  std::vector<History> histories_;
  std::size_t histories_used_ = 0;
  std::vector<std::uint32_t> shared_;  // by granule: 0, or the how manieth in shared_list_
  std::vector<std::size_t> shared_list_;
  const void* place_ = nullptr;  // of the access that is being made, and its name
  const char* what_ = "";
};

extern World world;

}  // namespace interlox::test::sched
