// SPDX-License-Identifier: BSD-3-Clause
// Says which scenario was being played when the process dies or nothing goes on.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <thread>
#include <unistd.h>

namespace interlox::lin {

/// One a process. Ends it when nothing has begun for some minutes.
class Watch {
 public:
  Watch() : thread_([this](const std::stop_token& stop) { run(stop); }) {
    std::signal(SIGABRT, &die);  // an assertion of what is tested
    std::signal(SIGTERM, &die);
#ifndef __SANITIZE_THREAD__  // which tells of a crash itself
    std::signal(SIGSEGV, &die);
#endif
  }

  /// Some runs of a scenario begin.
  static void begin(std::string_view words) noexcept {
    length_.store(0, std::memory_order_relaxed);
    const std::size_t length = std::min(words.size(), kMost);
    std::memcpy(words_, words.data(), length);
    length_.store(length, std::memory_order_release);
    begun_.fetch_add(1, std::memory_order_relaxed);
  }

 private:
  static constexpr std::size_t kMost = 500;
  static constexpr int kPatience = 300;  // in seconds in which this process has run

  static void tell(std::string_view what) noexcept {
    const std::string_view parts[]{
        "FAILED: ", what, " while it played\n", {words_, length_.load(std::memory_order_acquire)}, "\n"};
    for (const std::string_view part : parts) {
      if (write(STDOUT_FILENO, part.data(), part.size()) < 0) return;
    }
  }

  static void die(int signal) {
    tell("the process was ended by a signal");
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }

  void run(const std::stop_token& stop) {
    std::uint64_t before = 0;
    int idle = 0;
    std::unique_lock lock(mutex_);
    // Second by second: a process that somebody has stopped is not stuck.
    while (!wake_.wait_for(lock, stop, std::chrono::seconds(1), [&] { return stop.stop_requested(); })) {
      const std::uint64_t now = begun_.load(std::memory_order_relaxed);
      idle = now == before ? idle + 1 : 0;
      before = now;
      if (idle < kPatience) continue;
      tell("the process was stuck");
      std::_Exit(EXIT_FAILURE);
    }
  }

  static inline char words_[kMost];
  static inline std::atomic<std::size_t> length_{0};
  static inline std::atomic<std::uint64_t> begun_{0};
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace interlox::lin
