// SPDX-License-Identifier: BSD-3-Clause
#include "gc/collection.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace interlox::gc {

namespace {

// A number with three decimals, as text that lives as long as the object.
class Thousandths {
 public:
  explicit Thousandths(std::uint64_t thousandths) noexcept : text_() {
    std::snprintf(text_, sizeof text_, "%llu.%03llu", static_cast<unsigned long long>(thousandths / 1000),
                  static_cast<unsigned long long>(thousandths % 1000));
  }
  [[nodiscard]] const char* text() const noexcept { return text_; }

 private:
  char text_[32];
};

Thousandths milliseconds(std::uint64_t from, std::uint64_t to) noexcept {
  return Thousandths((to - from) / 1000);
}

unsigned long long megabytes(std::uint64_t bytes) noexcept { return bytes >> 20; }

}  // namespace

std::uint64_t now_ns() noexcept {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

std::size_t describe_collection(const Collection& c, std::uint64_t elapsed, std::uint64_t paused,
                                std::span<char> line) noexcept {
  const int length = std::snprintf(
      line.data(), line.size(),
      "gc %llu @%ss %llu%%: %s+%s+%s+%s+%s ms clock, %llu->%llu MB, %llu MB heap, %llu weak cleared\n",
      static_cast<unsigned long long>(c.number), Thousandths(elapsed / 1'000'000).text(),
      static_cast<unsigned long long>(elapsed == 0 ? 0 : paused * 100 / elapsed),
      milliseconds(c.at(Event::kPreStopWorld), c.at(Event::kMarkStart)).text(),
      milliseconds(c.at(Event::kMarkStart), c.at(Event::kMarkEnd)).text(),
      milliseconds(c.weak_begin, c.weak_end).text(),
      milliseconds(c.at(Event::kPreStartWorld), c.at(Event::kPostStartWorld)).text(),
      milliseconds(c.at(Event::kReclaimStart), c.at(Event::kReclaimEnd)).text(), megabytes(c.used_before),
      megabytes(c.used_after), megabytes(c.heap_bytes), static_cast<unsigned long long>(c.weak_cleared));
  return length < 0 ? 0 : std::min(static_cast<std::size_t>(length), line.size());
}

}  // namespace interlox::gc
