// SPDX-License-Identifier: BSD-3-Clause
// The benchmark of weak references.
//
//     ./dev bench weak [--quick]
//     interlox_bench_weak [--quick] [--out DIRECTORY] [--commit NAME]
//
// It measures, in one process and in interleaved rounds, what a weak cell costs to read and to register and
// what many of them add to a collection, beside bdwgc's own disappearing links and beside a plain pointer;
// and what the weak tables of the VM cost, beside a map. Options, output and the report are those of
// map_bench.cpp.
//
// Where to look: weak_part.cpp has the targets and says who is measured; weak_reads.cpp, weak_handles.cpp and
// weak_pauses.cpp measure.
#include "gc/heap.hpp"
#include "tests/bench/options.hpp"
#include "tests/bench/weak_part.hpp"
#include "tests/bench/weak_run.hpp"

int main(int argc, char* argv[]) {
  using namespace interlox;
  return bench::run_part(argc, argv, [](const bench::Options& options) {
    gc::initialize();
    bench::WeakRun run(bench::WeakPlan::make(options.quick));
    run_weak_reads(run);
    run_registrations(run);
    run_present(run);
    run_new(run);
    run_handle_memory(run);
    run_left_behind(run);
    run_pauses(run);
    return weak_part(run, options.commit);
  });
}
