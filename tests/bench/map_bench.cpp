// SPDX-License-Identifier: BSD-3-Clause
// The benchmark that proves the map.
//
//     ./dev bench [map] [--quick]
//     interlox_bench_map [--quick] [--out DIRECTORY] [--commit NAME]
//
// It measures the whole table of map_table.cpp in one process, in interleaved rounds: ours, the seed layout
// under the same collector, locked std::unordered_maps, TBB, libcuckoo, liburcu's cds_lfht, and an unlocked
// flat map. Then it prints every figure with its spread, how many times better ours is, and each target, met
// or missed; the last line is "targets: N met, M missed". A missed target is a finding, not a failure: the
// exit status is 0. A contender that answers wrongly ends the run with 1.
//
// With --out, the figures go to DIRECTORY/parts/map.json, and DIRECTORY/index.html is made anew of all the
// parts that are there. --quick takes about a minute instead of ten: three rounds, less of everything, and
// 500,000 keys where it would be 2,000,000.
//
// Where to look: map_table.cpp has the targets; contenders.hpp and peers.hpp say who is measured;
// map_loads.cpp, map_changes.cpp and map_memory.cpp how. A further part of the report is a program like this
// one: it makes a Part (results.hpp) for run_part() (options.hpp), and bench() of ./dev knows it by name.
#include "gc/heap.hpp"
#include "tests/bench/map_part.hpp"
#include "tests/bench/map_run.hpp"
#include "tests/bench/options.hpp"

int main(int argc, char* argv[]) {
  using namespace interlox;
  return bench::run_part(argc, argv, [](const bench::Options& options) {
    gc::initialize();
    bench::MapRun run(bench::Plan::make(options.quick));
    run_memory(run);
    run_changes(run);
    run_loads(run);
    run_sizes(run);
    run_large_changes(run);
    run_collections(run);
    return map_part(run, options.commit);
  });
}
