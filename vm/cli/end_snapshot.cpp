// SPDX-License-Identifier: BSD-3-Clause
#include "vm/cli/end_snapshot.hpp"

#include <cerrno>
#include <mutex>
#include <new>
#include <system_error>
#include <utility>

#include "gc/heap.hpp"
#include "gc/recording.hpp"
#include "vm/cli/options.hpp"
#include "vm/cli/sources.hpp"
#include "vm/heap_snapshot.hpp"

namespace interlox::cli {
namespace {

struct EndSnapshot {
  std::mutex mutex;  // several threads may end the program at once
  std::string file;
};

EndSnapshot& end_snapshot() {
  static auto* const only = new EndSnapshot();  // never destroyed: threads may run until the process ends
  return *only;
}

int try_to_write(const std::string& file) {
  try {
    return vm::write_heap_snapshot(file.c_str());
  } catch (const std::bad_alloc&) {
    return ENOMEM;
  }
}

}  // namespace

void set_end_snapshot(const std::string& file) { end_snapshot().file = file; }

int take_end_snapshot(int code) {
  // What the program has dropped is no part of its last state; and who looks at its maps sees it go.
  if (gc::recording::active() != nullptr) gc::collect();
  const std::lock_guard hold(end_snapshot().mutex);
  const std::string file = std::exchange(end_snapshot().file, {});
  const int error = file.empty() ? 0 : try_to_write(file);
  if (error == 0) return code;
  complain("interlox: cannot write heap snapshot '" + file + "': " + std::generic_category().message(error));
  return code == kOk ? kInputOutput : code;
}

}  // namespace interlox::cli
