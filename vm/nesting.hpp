// SPDX-License-Identifier: BSD-3-Clause
// How deep C++ code that recurses over a program may go.
#pragma once

#include <cstddef>
#include <cstdint>

namespace interlox::vm {

/// Bounds a recursion twice: by a number of levels, which is the same on every machine, and by the room
/// that is really left on the calling thread's stack, which is what keeps a small one from overflowing.
/// Used by one thread, on one stack.
class Nesting {
 public:
  static constexpr std::uint32_t kMaxLevels = 4000;
  /// What is left untouched of the stack, for whatever is called at the deepest level.
  static constexpr std::size_t kReserve = 128 * 1024;

  /// One level more or less, as a scope.
  class Level {
   public:
    explicit Level(Nesting& nesting) noexcept : nesting_(nesting) { ++nesting_.levels_; }
    ~Level() { --nesting_.levels_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

    /// False if this level is too deep: its code must return at once.
    [[nodiscard]] bool fits() noexcept {
      return nesting_.levels_ <= kFreeLevels || (nesting_.levels_ <= kMaxLevels && nesting_.stack_has_room());
    }

   private:
    Nesting& nesting_;
  };

 private:
  static constexpr std::uint32_t kFreeLevels = 32;  // not worth asking the system about the stack
  bool stack_has_room() noexcept;

  std::uint32_t levels_ = 0;
  std::uintptr_t stack_limit_ = 0;  // the lowest address to go to; 0: not known yet
};

}  // namespace interlox::vm
