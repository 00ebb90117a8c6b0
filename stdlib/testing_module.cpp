// SPDX-License-Identifier: BSD-3-Clause
// testing: where results go, and which thread is inside a test. The rest is in testing.lox.
//
// Under the collector: the sink is called under a lock, so it must not allocate in the collected heap or run
// code of a program; a holder that is stopped delays other tests' ends only.
#include <mutex>
#include <utility>

#include "stdlib/modules.hpp"
#include "stdlib/testing.hpp"
#include "vm/native_arguments.hpp"

namespace interlox::stdlib {
namespace {

using vm::Arguments;
using vm::Value;

struct Sink {
  std::mutex mutex;
  TestSink take;
};

// Never destroyed: threads may run tests until the process ends.
Sink& sink() {
  static auto* const instance = new Sink();
  return *instance;
}

constinit thread_local bool inside_test = false;

/// _report(verdict, name, why): whether somebody took it.
Value report(const Arguments& in) {
  const vm::String* const verdict = in.string(0, "verdict");
  if (verdict == nullptr) return Value::absent();
  const vm::String* const name = in.string(1, "name");
  if (name == nullptr) return Value::absent();
  const vm::String* const why = in.string(2, "reason");
  if (why == nullptr) return Value::absent();
  const std::lock_guard guard(sink().mutex);
  if (!sink().take) return Value::boolean(false);
  sink().take(verdict->view(), name->view(), why->view());
  return Value::boolean(true);
}

/// _enter(): whether this thread was in no test; now it is in one.
Value enter(const Arguments& /*in*/) { return Value::boolean(!std::exchange(inside_test, true)); }

/// _leave(): it no longer is.
Value leave(const Arguments& /*in*/) {
  inside_test = false;
  return Value::nil();
}

constexpr vm::NativeMember kMembers[] = {
    vm::method("_report", 3, report),
    vm::method("_enter", 0, enter),
    vm::method("_leave", 0, leave),
};

}  // namespace

void set_test_sink(TestSink take) {
  const std::lock_guard guard(sink().mutex);
  sink().take = std::move(take);
}

constinit const std::span<const vm::NativeMember> testing_members(kMembers);

}  // namespace interlox::stdlib
