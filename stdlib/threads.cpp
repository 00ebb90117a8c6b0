// SPDX-License-Identifier: BSD-3-Clause
// Threads, and what orders them: spawn(), Thread, Mutex.
#include <system_error>

#include "stdlib/builtins.hpp"
#include "vm/interpreter.hpp"
#include "vm/mutex.hpp"
#include "vm/spawned_thread.hpp"

namespace interlox::stdlib {
namespace {

using vm::Arguments;
using vm::Mutex;
using vm::SpawnedThread;
using vm::Value;

Value join(const Arguments& in) { return in.self<SpawnedThread>().join(in.thread()); }
Value id(const Arguments& in) { return Value::number(static_cast<double>(in.self<SpawnedThread>().id())); }
Value done(const Arguments& in) { return Value::boolean(in.self<SpawnedThread>().is_done()); }

constexpr vm::NativeMember kThreadMembers[] = {vm::method("join", 0, join), vm::property("id", id),
                                               vm::property("done", done)};

Value make_mutex(const Arguments& /*in*/) { return Value::object(Mutex::make()); }

/// nil, or absent with the thread's error set.
Value conclude(vm::Thread& thread, Mutex::Outcome outcome) {
  switch (outcome) {
    case Mutex::Outcome::done:
      return Value::nil();
    case Mutex::Outcome::is_owner:
      return thread.raise("This thread has locked the mutex already.");
    case Mutex::Outcome::is_not_owner:
      return thread.raise("Another thread has locked the mutex.");
    case Mutex::Outcome::is_free:
      return thread.raise("The mutex is not locked.");
    case Mutex::Outcome::interrupted:
      break;
  }
  return vm::raise_interrupted(thread);
}

Value lock(const Arguments& in) { return conclude(in.thread(), in.self<Mutex>().lock(in.thread())); }
Value unlock(const Arguments& in) { return conclude(in.thread(), in.self<Mutex>().unlock(in.thread())); }

/// with(f). The lock is given up whatever f does, also if f has done so itself.
Value with(const Arguments& in) {
  if (!in.callable(0, "action")) return Value::absent();
  auto& mutex = in.self<Mutex>();
  if (const Value locked = lock(in); locked.is_absent()) return locked;
  struct Unlock {
    Mutex& mutex;
    vm::Thread& thread;
    ~Unlock() { mutex.unlock(thread); }
  };
  const Unlock unlock{mutex, in.thread()};
  return vm::call_value(in.thread(), in[0], nullptr, 0);
}

constexpr vm::NativeMember kMutexMembers[] = {vm::method("lock", 0, lock),
                                              vm::method("unlock", 0, vm::NativeMethod(unlock)),
                                              vm::method("with", 1, with)};

}  // namespace

constinit const vm::NativeClassPlan thread_plan{"Thread", vm::ObjectKind::thread, 0, nullptr, kThreadMembers};
constinit const vm::NativeClassPlan mutex_plan{"Mutex", vm::ObjectKind::mutex, 0, make_mutex, kMutexMembers};

Value spawn(const Arguments& in) {
  if (!in.callable(0, "function")) return Value::absent();
  try {
    return Value::object(SpawnedThread::start(in.thread(), in[0], in.values() + 1, in.count() - 1));
  } catch (const std::system_error& error) {
    return in.thread().raise(std::string("Cannot start a thread: ") + error.code().message() + ".");
  }
}

}  // namespace interlox::stdlib
