// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/threads_run.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <stdexcept>

#include "gc/heap.hpp"
#include "gc/stats.hpp"
#include "stdlib/natives.hpp"
#include "tests/bench/cat.hpp"
#include "vm/file.hpp"
#include "vm/thread.hpp"
#include "vm/vm.hpp"

namespace interlox::bench {
namespace {

constexpr double kMs = 1e6;  // nanoseconds
constexpr double kNoAnswer = std::numeric_limits<double>::quiet_NaN();

// A VM in which the program has run: its functions are there to be called.
void start_program(vm::VM& machine, const std::string& id) {
  const std::string path = cat(INTERLOX_BENCH_PROGRAMS, "/", id, ".lox");
  std::string source;
  if (vm::read_file(path.c_str(), source) != 0) throw std::runtime_error(cat("cannot read ", path));
  stdlib::install(machine);
  const vm::Result result = machine.run(source, path);
  if (result.status != vm::Status::ok) throw std::runtime_error(cat(path, ": ", result.error));
}

double call_work(vm::Value work, unsigned n, unsigned id) {
  const vm::Value arguments[] = {vm::Value::number(n), vm::Value::number(id)};
  const vm::Result result = vm::VM::call(work, arguments, 2);
  const bool answered = result.status == vm::Status::ok && result.value.is_number();
  return answered ? result.value.as_number() : kNoAnswer;
}

}  // namespace

void ThreadsRun::measure(const Load& load) {
  const unsigned n = quick_ ? load.quick_n : load.n;
  if (load.native != nullptr) {
    measure(load.id, [&](unsigned /*id*/) { return load.native(n); });
    return;
  }
  vm::VM machine;
  start_program(machine, load.id);
  const std::optional<vm::Value> work = machine.global("work");
  if (!work) throw std::runtime_error(cat(load.id, " has no function work"));
  measure(load.id, [&](unsigned id) { return call_work(*work, n, id); });
}

void ThreadsRun::measure(const std::string& id, const Work& work) {
  std::vector<unsigned> counts = thread_counts();
  const double right = work(next_id_++);
  for (int round = 0; round <= round_count(); ++round) {
    show_round(id, round, round_count());
    for (const unsigned threads : counts) {
      const Round found = measure_once(work, threads, right);
      if (!found.right) throw std::runtime_error(cat(id, " fails, or gives wrong answers"));
      if (round == 0) continue;
      add(id, threads, Quantity::kTime, found.time.wall_ns / kMs, found.time.cpu_ns / kMs);
      add(id, threads, Quantity::kStopped, 100 * found.stopped_ns / (found.time.wall_ns * threads));
      add(id, threads, Quantity::kCollections, found.collections / threads);
    }
    std::rotate(counts.begin(), counts.begin() + 1, counts.end());
  }
}

ThreadsRun::Round ThreadsRun::measure_once(const Work& work, unsigned threads, double right) {
  std::vector<double> answers(threads, kNoAnswer);
  const unsigned first_id = next_id_;
  next_id_ += threads;
  gc::collect();  // the garbage of what came before is no part of this
  const gc::Stats before = gc::stats();
  Round round;
  round.time = time_threads<vm::ThreadScope>(
      threads, 1, [&](unsigned thread) { answers[thread] = work(first_id + thread); });
  const gc::Stats after = gc::stats();
  round.stopped_ns = static_cast<double>(after.pause_ns_total - before.pause_ns_total);
  round.collections = static_cast<double>(after.collections - before.collections);
  round.right = std::all_of(answers.begin(), answers.end(), [&](double answer) { return answer == right; });
  return round;
}

}  // namespace interlox::bench
