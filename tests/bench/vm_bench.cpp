// SPDX-License-Identifier: BSD-3-Clause
// The benchmark of the interpreter.
//
//     ./dev bench vm [--quick]
//     interlox_bench_vm [--quick] [--out DIRECTORY] [--commit NAME]
//
// Each program of tests/bench/programs/vm is run by this VM, by lua5.4 and by luajit without its compiler, in
// turn; they must print the same. Options, output and the report are those of map_bench.cpp.
//
// Where to look: vm_table.cpp has the programs and their targets; vm_run.cpp measures; vm_part.cpp makes the
// report.
#include "gc/heap.hpp"
#include "tests/bench/options.hpp"
#include "tests/bench/vm_part.hpp"
#include "tests/bench/vm_run.hpp"
#include "vm/thread.hpp"

int main(int argc, char* argv[]) {
  using namespace interlox;
  return bench::run_part(argc, argv, [](const bench::Options& options) {
    gc::initialize();
    const vm::ThreadScope scope;
    bench::VmRun run(options.quick);
    for (const bench::Program& program : bench::programs()) run.measure(program);
    run.measure_start();
    run.measure_compiler();
    return vm_part(run, options.commit);
  });
}
