// SPDX-License-Identifier: BSD-3-Clause
// A duel of trie::HashTrieMap with the reference map, on many threads: rounds drawn from a seed until the
// time is up. Each key is used by one thread alone on both maps, where every answer must be equal; or by all
// threads on the map under test, where laws hold; or not at all.
//   interlox_map_duel [--seconds=N] [--threads=N] [--seed=N] [--policy=std|gc|both] [--round=N]
// --round plays one round of the seed again and again. Ends with 0, with 1 after a difference, or with 64.
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>

#include "tests/stress/duel.hpp"
#include "tests/stress/duel_report.hpp"
#include "tests/support/options.hpp"

namespace interlox::trie::duel {
namespace {

#ifdef INTERLOX_DUEL_COLLECTOR
constexpr bool kCollector = true;
#else
constexpr bool kCollector = false;
#endif

constexpr int kUsage = 64;

struct Options {
  std::uint64_t seconds = 10;
  std::uint64_t threads = 8;
  std::uint64_t seed = random_seed();
  std::optional<std::uint64_t> round;
  bool std = true;
  bool gc = kCollector;
};

bool read_policy(std::string_view name, Options& options) {
  options.std = name == "std" || name == "both";
  options.gc = name == "gc" || name == "both";
  return (options.std || options.gc) && (kCollector || !options.gc);
}

bool read_option(std::string_view word, Options& options) {
  using interlox::test::read_number;
  using interlox::test::value_of;
  if (const auto value = value_of(word, "--seconds="))
    return read_number(*value, 1, 1'000'000, options.seconds);
  if (const auto value = value_of(word, "--threads="))
    return read_number(*value, 1, kMostThreads, options.threads);
  if (const auto value = value_of(word, "--seed=")) return read_number(*value, options.seed);
  if (const auto value = value_of(word, "--policy=")) return read_policy(*value, options);
  if (const auto value = value_of(word, "--round="))
    return read_number(*value, 0, ~0U, options.round.emplace());
  return false;
}

/// The round that is on, where a signal handler can read it.
class Announcement {
 public:
  void set(const std::string& text) {
    const std::size_t length = std::min(text.size(), text_.size());
    std::memcpy(text_.data(), text.data(), length);
    length_.store(length, std::memory_order_release);
  }
  /// Async-signal-safe.
  void write() const {
    const std::size_t length = length_.load(std::memory_order_acquire);
    if (::write(STDERR_FILENO, text_.data(), length) < 0) return;
  }

 private:
  std::array<char, 1000> text_{};
  std::atomic<std::size_t> length_{0};
};

Announcement announcement;

extern "C" void tell_round(int signal) {
  announcement.write();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

/// An assertion of the map that fails, or a crash, tells its round too. A sanitizer reports crashes itself.
void tell_round_when_killed() {
  std::signal(SIGABRT, tell_round);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  std::signal(SIGSEGV, tell_round);
#endif
}

/// Ends the process if for a long time no thread has begun an operation.
class Watch {
 public:
  Watch() : thread_([this](const std::stop_token& stop) { run(stop); }) {}

 private:
  static constexpr int kPatience = 30 * test::kScale;  // in seconds

  void run(const std::stop_token& stop) {
    std::uint64_t before = 0;
    int idle = 0;
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, stop, std::chrono::seconds(1), [&] { return stop.stop_requested(); })) {
      std::uint64_t now = 0;
      for (const Trace& trace : traces) now += trace.steps();
      idle = now == before ? idle + 1 : 0;
      before = now;
      if (idle == kPatience) give_up();
    }
  }

  static void give_up() {
    announcement.write();
    std::cerr << "FAILED: stuck. The last operations:\n";
    for (unsigned id = 0; id < kMostThreads; ++id) {
      const Trace& trace = traces.at(id);
      if (trace.steps() != 0) {
        std::cerr << "  thread " << id << ": " << trace.op() << " of key " << trace.key() << '\n';
      }
    }
    std::_Exit(1);
  }

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it uses the others
};

struct Tally {
  std::uint64_t rounds = 0;
  std::uint64_t operations = 0;
};

std::uint64_t operations() {
  std::uint64_t all = 0;
  for (const Trace& trace : traces) all += trace.steps();
  return all;
}

bool play(const Plan& plan, std::string_view policy, Tally& tally) {
  const std::string line = "policy " + std::string(policy) + ", " + plan.text() + "\n";
  announcement.set(line);
  const std::uint64_t before = operations();
  std::string wrong;
#ifdef INTERLOX_DUEL_COLLECTOR
  wrong = policy == "gc" ? play_on_collected_heap(plan) : play_on_std(plan);
#else
  wrong = play_on_std(plan);
#endif
  ++tally.rounds;
  tally.operations += operations() - before;
  if (wrong.empty()) return true;
  std::cerr << line << "FAILED: " << wrong << '\n';
  return false;
}

void summarise(const Options& options, const Tally& on_std, const Tally& on_gc) {
  const auto line = [](const char* policy, const Tally& tally) {
    std::cout << policy << ": " << tally.rounds << " rounds, " << tally.operations << " operations";
  };
  if (options.std) line("std", on_std);
  if (options.std && options.gc) std::cout << "; ";
#ifdef INTERLOX_DUEL_COLLECTOR
  if (options.gc) line("gc", on_gc);
  if (options.gc) std::cout << ", " << collections() << " collections";
#else
  static_cast<void>(on_gc);
#endif
  std::cout << '\n';
}

int run(const Options& options) {
  using Clock = std::chrono::steady_clock;
#ifdef INTERLOX_DUEL_COLLECTOR
  if (options.gc) start_collector();
#endif
  tell_round_when_killed();
  const Watch watch;
  Tally on_std;
  Tally on_gc;
  bool well = true;
  const auto end = Clock::now() + std::chrono::seconds(options.seconds);
  for (unsigned round = 0; well && Clock::now() < end; ++round) {
    const auto number = static_cast<unsigned>(options.round.value_or(round));
    const Plan plan = make_plan(options.seed, number, static_cast<unsigned>(options.threads));
    if (options.std) well = play(plan, "std", on_std);
    if (options.gc && well) well = play(plan, "gc", on_gc);
  }
  summarise(options, on_std, on_gc);
  return well ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace interlox::trie::duel

int main(int argc, char* argv[]) {
  namespace duel = interlox::trie::duel;
  duel::Options options;
  for (int i = 1; i < argc; ++i) {
    if (duel::read_option(argv[i], options)) continue;
    std::cerr << "usage: interlox_map_duel [--seconds=N] [--threads=1.." << duel::kMostThreads
              << "] [--seed=N] [--policy=" << (duel::kCollector ? "std|gc|both" : "std")
              << "] [--round=N]\nnot understood: " << argv[i] << '\n';
    return duel::kUsage;
  }
  std::cout << "seed " << options.seed << std::endl;
  return duel::run(options);
}
