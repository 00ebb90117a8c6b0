// SPDX-License-Identifier: BSD-3-Clause
#include "gc/pause_helpers.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <exception>
#include <pthread.h>
#include <thread>

namespace interlox::gc::detail {

namespace {

constexpr unsigned kMostHelpers = 7;  // memory is the limit from there on

struct Work {
  ChunkFunction function = nullptr;
  void* context = nullptr;
};

constinit std::atomic<bool> helpers_started{false};
constinit Work work;                              // written while no chunk is left and none unfinished
constinit std::atomic<std::int64_t> left{0};      // chunks that nobody has taken
constinit std::atomic<std::int64_t> finished{0};  // chunks of this work
constinit std::atomic<std::uint32_t> calls{0};    // what helpers sleep on

void take_chunks() noexcept {
  std::int64_t chunk = left.load(std::memory_order_relaxed);  // relaxed: a guess for (2)
  while (chunk > 0) {
    // (2) acquire: pairs with (1), so that the chunk taken is of the work that is read (H3)
    if (!left.compare_exchange_weak(chunk, chunk - 1, std::memory_order_acquire, std::memory_order_relaxed))
      continue;
    work.function(work.context, static_cast<std::size_t>(chunk - 1));
    finished.fetch_add(1, std::memory_order_release);  // (3) pairs with (4)
    chunk = left.load(std::memory_order_relaxed);
  }
}

[[noreturn]] void help() noexcept {
  for (;;) {
    const std::uint32_t seen = calls.load(std::memory_order_acquire);
    take_chunks();
    calls.wait(seen, std::memory_order_acquire);
  }
}

}  // namespace

void start_pause_helpers() noexcept {
  if (helpers_started.load(std::memory_order_relaxed) || helpers_started.exchange(true)) return;
  const unsigned helpers = std::min(std::max(std::thread::hardware_concurrency(), 1U) - 1, kMostHelpers);
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are for the program's own threads
  try {
    for (unsigned i = 0; i < helpers; ++i) std::thread(help).detach();
  } catch (const std::exception&) {  // those that run are enough
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void forget_pause_helpers() noexcept { helpers_started.store(false); }

void run_in_pause(std::size_t chunks, ChunkFunction function, void* context) noexcept {
  work = {function, context};
  finished.store(0, std::memory_order_relaxed);                              // published by (1)
  left.store(static_cast<std::int64_t>(chunks), std::memory_order_release);  // (1) pairs with (2)
  calls.fetch_add(1, std::memory_order_release);
  calls.notify_all();
  take_chunks();
  while (finished.load(std::memory_order_acquire) !=
         static_cast<std::int64_t>(chunks)) {  // (4) pairs with (3)
  }
}

}  // namespace interlox::gc::detail
