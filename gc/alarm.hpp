// SPDX-License-Identifier: BSD-3-Clause
// Waking a thread when a collection has left it something to do.
#pragma once

#include <semaphore.h>

#include "gc/events.hpp"

namespace interlox::gc {

/// A bell that the collector rings at the end of a collection, if there is something to be done. Must not
/// move; lives as long as the process, or until nobody waits.
class Alarm {
 public:
  /// Asked at the end of each collection, under the rules of a listener (events.hpp), though the world runs
  /// again: is there something to be done?
  using Due = bool (*)(void* context) noexcept;

  /// Throws std::length_error when the collector has no room for another listener. Any thread; locks the
  /// heap.
  Alarm(Due due, void* context);
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  /// Returns once the bell has been rung since the last return, perhaps with nothing left to be done. The
  /// calling thread must be registered. Collections neither wait for it meanwhile nor stop it; they do see
  /// what is on its stack.
  void wait() noexcept;

  /// Rings. Any thread, listeners to the collector too; takes no lock.
  void ring() noexcept;

 private:
  static void on_event(void* self, Event event) noexcept;

  const Due due_;
  void* const context_;
  sem_t bell_;
};

}  // namespace interlox::gc
