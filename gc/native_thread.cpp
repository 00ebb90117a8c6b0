// SPDX-License-Identifier: BSD-3-Clause
// The system's part in starting a thread: a stack of a size, and nobody who joins. Knows no collector.
#include <algorithm>
#include <climits>
#include <cstddef>
#include <memory>
#include <pthread.h>
#include <system_error>
#include <unistd.h>

#include "gc/thread.hpp"

namespace interlox::gc::detail {

namespace {

struct NativeStart {
  void (*run)(void* body);
  void* body;
};

void* run_native(void* argument) {
  const NativeStart start = *std::unique_ptr<NativeStart>(static_cast<NativeStart*>(argument));
  start.run(start.body);
  return nullptr;
}

}  // namespace

void start_native_thread(std::size_t stack_bytes, void (*run)(void* body), void* body) {
  auto start = std::make_unique<NativeStart>(NativeStart{run, body});
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t least = std::max(stack_bytes, static_cast<std::size_t>(PTHREAD_STACK_MIN));
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, (least + page - 1) / page * page);
  pthread_t thread;
  const int error = pthread_create(&thread, &attributes, run_native, start.get());
  pthread_attr_destroy(&attributes);
  if (error != 0) throw std::system_error(error, std::generic_category(), "cannot start a thread");
  static_cast<void>(start.release());
}

}  // namespace interlox::gc::detail
