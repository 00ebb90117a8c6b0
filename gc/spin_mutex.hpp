// SPDX-License-Identifier: BSD-3-Clause
// A mutex for sections of some nanoseconds.
#pragma once

#include <mutex>

namespace interlox::gc::detail {

/// A std::mutex that looks again for a moment before it parks the thread: to park and to be woken costs some
/// hundred times what such a section takes, and whoever is parked holds up the next one, too.
///
/// Progress: try_lock() and unlock() are wait-free; lock() blocks. Not reentrant. Meets Lockable.
class SpinMutex {
 public:
  void lock() {
    for (int i = 0; i < kSpins; ++i) {
      if (mutex_.try_lock()) return;
      relax();
    }
    mutex_.lock();
  }
  [[nodiscard]] bool try_lock() noexcept { return mutex_.try_lock(); }
  void unlock() noexcept { mutex_.unlock(); }

 private:
  static constexpr int kSpins = 64;

  static void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

  std::mutex mutex_;
};

}  // namespace interlox::gc::detail
