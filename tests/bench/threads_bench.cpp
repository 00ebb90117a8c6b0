// SPDX-License-Identifier: BSD-3-Clause
// The benchmark of threads: what a program of the language gains by a second one.
//
//     ./dev bench threads [--quick]
//     interlox_bench_threads [--quick] [--out DIRECTORY] [--commit NAME]
//
// Each program of tests/bench/programs/threads has a function `work(n, id)`. One thread calls it, then two
// (and four, ... as there are cores) call it at the same time, each for as much work; what counts is how much
// more is done in the same time. Options, output and the report are those of map_bench.cpp.
//
// Where to look: threads_table.cpp has the programs and their targets; threads_run.cpp measures;
// threads_part.cpp makes the report.
#include "gc/heap.hpp"
#include "tests/bench/options.hpp"
#include "tests/bench/threads_part.hpp"
#include "tests/bench/threads_run.hpp"
#include "vm/thread.hpp"

int main(int argc, char* argv[]) {
  using namespace interlox;
  return bench::run_part(argc, argv, [](const bench::Options& options) {
    gc::initialize();
    const vm::ThreadScope scope;
    bench::ThreadsRun run(options.quick);
    for (const bench::Load& load : bench::loads()) run.measure(load);
    return threads_part(run, options.commit);
  });
}
