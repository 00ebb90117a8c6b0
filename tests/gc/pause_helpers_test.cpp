// SPDX-License-Identifier: BSD-3-Clause
#include "gc/pause_helpers.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "tests/support/catch.hpp"

namespace detail = interlox::gc::detail;

namespace {

constexpr std::size_t kMost = 300;

struct Counts {
  std::atomic<int> of_chunk[kMost]{};
  std::atomic<int> elsewhere{0};
  std::thread::id giver = std::this_thread::get_id();
};

void count(void* context, std::size_t chunk) noexcept {
  auto* const counts = static_cast<Counts*>(context);
  counts->of_chunk[chunk].fetch_add(1);
  if (std::this_thread::get_id() != counts->giver) counts->elsewhere.fetch_add(1);
  for (int i = 0; i < 200; ++i) std::atomic_signal_fence(std::memory_order_seq_cst);
}

// Whether one run after another did each chunk once. Each has counts of its own, so that a chunk of one run
// that is done within another shows.
bool each_once(int runs, std::size_t stride) {
  bool right = true;
  for (int run = 0; run < runs; ++run) {
    const auto counts = std::make_unique<Counts>();
    const std::size_t chunks = static_cast<std::size_t>(run) * stride % (kMost + 1);
    detail::run_in_pause(chunks, count, counts.get());
    for (std::size_t i = 0; i < kMost; ++i) right = right && counts->of_chunk[i] == (i < chunks ? 1 : 0);
  }
  return right;
}

}  // namespace

TEST_CASE("each chunk is done once, whether helpers are there or not") {
  CHECK(each_once(200, 7));
  detail::start_pause_helpers();
  detail::start_pause_helpers();
  CHECK(each_once(5000, 7));
  CHECK(each_once(5000, 1));
}

TEST_CASE("a helper takes chunks where there is a second core") {
  detail::start_pause_helpers();
  Counts counts;
  const auto begin = std::chrono::steady_clock::now();
  while (counts.elsewhere == 0 && std::chrono::steady_clock::now() - begin < std::chrono::seconds(20)) {
    detail::run_in_pause(kMost, count, &counts);
  }
  if (std::thread::hardware_concurrency() > 1) CHECK(counts.elsewhere > 0);
}

TEST_CASE("a child of fork does the chunks alone, and may start helpers of its own") {
  detail::start_pause_helpers();
  CHECK(each_once(100, 3));
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    bool right = each_once(200, 7);
    detail::forget_pause_helpers();
    detail::start_pause_helpers();
    right = each_once(2000, 7) && right;
    _exit(right ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
}
