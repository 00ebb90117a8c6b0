// SPDX-License-Identifier: BSD-3-Clause
#include "vm/cli/ending.hpp"

#include <mutex>

#include "vm/cli/statistics.hpp"

namespace interlox::cli {
namespace {

constinit bool shows_statistics = false;
constinit std::mutex once;  // never given back

}  // namespace

void prepare_ending(const Options& options) { shows_statistics = options.stats; }

void conclude() noexcept {
  once.lock();
  if (shows_statistics) show_statistics();
}

}  // namespace interlox::cli
