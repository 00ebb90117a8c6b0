// SPDX-License-Identifier: BSD-3-Clause
// What gc/trace.cpp writes and gc/trace_json.cpp reads: events in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>

#include "gc/trace.hpp"

namespace interlox::gc::trace::detail {

enum class Kind : std::uint8_t {
  span,     // from `begin` to `end`
  instant,  // at `begin`
  counter,  // stands at `amount` from `begin` on
  name,     // of the thread: `text`
};

/// One event. A value.
struct Record {
  struct Facts {
    std::uint64_t end;
    std::uint64_t amount;
    const char* name;
    const char* amount_name;  // or null
  };
  static constexpr std::size_t kTextBytes = sizeof(Facts);

  std::uint64_t begin;   // both times are of now()
  std::uint32_t thread;  // 0: the collector
  Kind kind;
  Category category;
  union {
    Facts facts;
    char text[kTextBytes];  // ends with a zero
  };
};
static_assert(sizeof(Record) == 48);

/// Records of one writer at a time, and what it is in the middle of.
struct Chunk {
  static constexpr std::size_t kBytes = 8192;
  static constexpr std::size_t kRecords = (kBytes - 40) / sizeof(Record);

  std::uint32_t count;
  std::uint32_t thread;        // whose it is
  bool is_current;             // the thread has not left it
  const char* wait;            // what the thread waits for, or null
  std::uint64_t wait_begin;    //
  std::uint64_t thread_begin;  // of the thread
  Record records[kRecords];
};
static_assert(sizeof(Chunk) <= Chunk::kBytes);

/// A look at all that a session has recorded, once it is over; none starts while this lives.
class Session {
 public:
  Session();
  [[nodiscard]] bool is_over() const noexcept { return is_over_; }
  [[nodiscard]] std::size_t chunks() const noexcept { return chunks_; }
  [[nodiscard]] const Chunk& chunk(std::size_t index) const noexcept;
  [[nodiscard]] std::uint64_t begin() const noexcept { return begin_; }
  [[nodiscard]] std::uint64_t end() const noexcept { return end_; }

 private:
  std::unique_lock<std::mutex> hold_;
  bool is_over_;
  std::size_t chunks_;
  std::uint64_t begin_;
  std::uint64_t end_;
};

}  // namespace interlox::gc::trace::detail
