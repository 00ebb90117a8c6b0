// SPDX-License-Identifier: BSD-3-Clause
// A histogram of durations in memory of a fixed size.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace interlox::gc {

/// Counts values in buckets that are a sixteenth of the value wide, and those below sixteen exactly, so that
/// a quantile is too high by at most that much, whatever the values are. A value: not for several threads.
/// Source: the bucketing of G. Tene's HdrHistogram.
class Histogram {
 public:
  /// Counts a value. Wait-free; touches no other memory.
  void add(std::uint64_t value) noexcept {
    ++buckets_[bucket_of(value)];
    ++count_;
    max_ = value > max_ ? value : max_;
  }

  /// How many values were added.
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// The largest of them, exactly; 0 if there are none.
  [[nodiscard]] std::uint64_t max() const noexcept { return max_; }

  /// What `share` (from 0 to 1) of the values do not exceed; 0 if there are none.
  [[nodiscard]] std::uint64_t quantile(double share) const noexcept {
    const double wanted = share * static_cast<double>(count_);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      seen += buckets_[i];
      if (seen != 0 && static_cast<double>(seen) >= wanted) return last_of(i) < max_ ? last_of(i) : max_;
    }
    return max_;
  }

 private:
  static constexpr unsigned kBits = 4;
  static constexpr std::size_t kParts = std::size_t{1} << kBits;  // of the values of one bit width
  static constexpr std::size_t kBuckets = (64 - kBits + 1) * kParts;

  static constexpr std::size_t bucket_of(std::uint64_t value) noexcept {
    if (value < kParts) return static_cast<std::size_t>(value);
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kBits;
    return (shift + 1) * kParts + static_cast<std::size_t>((value >> shift) & (kParts - 1));
  }
  static constexpr std::uint64_t last_of(std::size_t bucket) noexcept {
    if (bucket < kParts) return bucket;
    const std::size_t shift = bucket / kParts - 1;
    return ((std::uint64_t{kParts + bucket % kParts} + 1) << shift) - 1;
  }

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace interlox::gc
