// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/map_part.hpp"

#include <absl/base/config.h>
#include <oneapi/tbb/version.h>

#include "tests/bench/cat.hpp"
#include "tests/bench/machine.hpp"
#include "tests/bench/map_table.hpp"

namespace interlox::bench {
namespace {

constexpr Who kAll[] = {Who::kOurs, Who::kOursStd, Who::kSeedLayout, Who::kMutex, Who::kSharedMutex,
                        Who::kTbb,  Who::kCuckoo,  Who::kUrcu,       Who::kFlat,  Who::kFloor};

std::string bar_name(const Workload& workload, Who who) {
  // Where bytes are counted there is no lock to tell apart.
  if (!workload.speed && who == Who::kMutex) return "unordered_map";
  return name_of(who).text;
}

BarChart bar_chart(const MapRun& run, const Workload& workload) {
  BarChart chart;
  chart.id = workload.id;
  chart.title = workload.title;
  chart.unit = workload.unit;
  chart.note = workload.note;
  chart.more_is_better = workload.speed;
  if (workload.speed) chart.extra_title = "CPU ns an operation";
  for (const unsigned threads : run.threads_of(workload.id)) {
    BarGroup group;
    if (workload.speed) group.title = threads_text(threads);
    for (const Who who : kAll) {
      if (!run.has(workload.id, threads, who)) continue;
      Bar bar{bar_name(workload, who), name_of(who).role,
              shown(workload, run.cost(workload.id, threads, who)), ""};
      if (workload.speed) bar.extra = short_number(run.cpu(workload.id, threads, who).median);
      group.bars.push_back(bar);
    }
    group.marks = marks(run, workload, threads);
    chart.groups.push_back(group);
  }
  return chart;
}

LineChart size_chart(const MapRun& run) {
  LineChart chart;
  chart.title = "Cost of a load against the size of the map";
  chart.x_title = "keys";
  chart.y_title = "ns a load, one thread";
  chart.note = "Present keys, shuffled.";
  for (const Who who : kAll) {
    Line line{name_of(who).text, name_of(who).role, {}};
    for (const std::size_t keys : sizes(run.plan().largest_of_sizes)) {
      if (!run.has(size_id(keys), 1, who)) continue;
      line.points.push_back({static_cast<double>(keys), run.cost(size_id(keys), 1, who)});
    }
    if (!line.points.empty()) chart.lines.push_back(line);
  }
  return chart;
}

// How many times as fast as on one thread, from the workload's figures.
LineChart scaling_chart(const MapRun& run, const char* id, const std::string& what) {
  LineChart chart;
  chart.title = cat("Scaling of ", what);
  chart.x_title = "threads";
  chart.y_title = "speed, of that on one thread";
  chart.ideal = true;
  for (const Who who : kAll) {
    const auto threads = run.threads_of(id);
    if (!run.has(id, threads.back(), who)) continue;
    Line line{name_of(who).text, name_of(who).role, {}};
    const double one = run.cost(id, 1, who).median;
    for (const unsigned count : threads) {
      const Figure cost = run.cost(id, count, who);
      line.points.push_back(
          {static_cast<double>(count), {one / cost.median, one / cost.highest, one / cost.lowest}});
    }
    chart.lines.push_back(line);
  }
  return chart;
}

// The literals below are broken by hand, at 100 columns.
// clang-format off
std::vector<Fact> contenders() {
  return {
      {"Interlox",
       "trie::HashTrieMap on the collected heap (gc::TriePolicy). What the targets judge."},
      {"no collector",
       "The same map on trie::StdPolicy, an arena. Shown, not judged."},
      {"seed layout",
       "The 16-way trie of tests/support/reference, on the same collected heap."},
      {"mutex, shared_mutex",
       "std::unordered_map, its nodes keeping the hash, behind one std::mutex, or behind one "
       "std::shared_mutex that loads take shared. The better of the two in a workload is \"the best "
       "locked map\"."},
      {"TBB",
       "tbb::concurrent_hash_map with TBB's allocator: loads through a const_accessor, rehash() after "
       "filling."},
      {"libcuckoo",
       "libcuckoo::cuckoohash_map, begun with no capacity."},
      {"cds_lfht",
       "liburcu's lock-free hash table in the QSBR flavour: its read side inline, a quiescent state "
       "after each operation, the key's bytes inside of its nodes, deleted nodes freed through "
       "call_rcu. It is told to double when keys outnumber buckets. The best of TBB, libcuckoo and "
       "cds_lfht in a workload is \"the best concurrent peer\"."},
      {"flat, no lock",
       "absl::flat_hash_map with no lock, on one thread only: the ceiling."},
      {"one miss",
       "An array of 48-byte entries, keys inside, at the places that their hashes name; filled by one "
       "thread, then only read. What is left of a load when everything but the hash and one dependent "
       "cache miss is taken away."},
  };
}

std::vector<std::string> notes(const Plan& plan) {
  return {
      cat("Everything is a ratio of figures of one run. A round measures every contender of a workload "
          "once, in turn; who is first moves on each round; a round before the first only warms up. A "
          "figure is the median of ", std::to_string(plan.rounds), " rounds, with the lowest and the "
          "highest. Time is wall time, from the first thread's begin to the last one's end; a speed is "
          "that of all threads together."),
      "A target is judged by the worse of one and two threads where it names none; contention by the "
      "worst of 1, 2 and 8 threads.",
      "All contenders have the same hash and seed and 64-bit values, and own their keys: in a "
      "std::string, or inside of the entry (Interlox, the seed layout, cds_lfht). None is told beforehand "
      "how many keys to expect.",
      cat("Keys are the binary text of 0, 1, 2, ..., as in the seed's benchmarks: up to 17 bytes at ",
          grouped(kMedium), " keys. Loads walk them in a shuffled order; the query strings were copied "
          "in that order, so they are read from the first to the last. Each thread does ",
          grouped(plan.loads), " loads a measurement (half of it for cost against size), round and "
          "round from a place of its own, after a first lap that is not timed. Absent keys are the "
          "binary text of the numbers that follow. Every answer is checked."),
      "In load_or_store from empty, every thread offers all keys: with two threads half of the "
      "operations store and half find. Each measurement has a map of its own. A collection is made "
      "before each measurement; those that fall into it are part of its time.",
      "Bytes are measured: in use on the collected heap after a full collection, free cells of used "
      "pages included, or handed out by malloc. For that, TBB is on std::allocator, and cds_lfht has its "
      "buckets in malloc's memory.",
  };
}
// clang-format on

std::vector<Fact> facts(const std::string& commit) {
  std::vector<Fact> all = machine_facts();
  if (!commit.empty()) all.push_back({"Commit", commit});
  all.push_back({"bdwgc", INTERLOX_BENCH_BDWGC});
  all.push_back({"oneTBB", TBB_VERSION_STRING});
  all.push_back({"libcuckoo", INTERLOX_BENCH_LIBCUCKOO});
  all.push_back({"liburcu", INTERLOX_BENCH_LIBURCU});
  all.push_back({"Abseil", std::to_string(ABSL_LTS_RELEASE_VERSION)});
  return all;
}

}  // namespace

Part map_part(const MapRun& run, const std::string& commit) {
  Part part;
  part.name = "map";
  part.title = "The map";
  part.intro =
      "A concurrent hash-trie map with string keys, against the layout it replaced, locked tables, and the "
      "concurrent tables of three libraries.";
  part.date = date_now();
  part.order = 1;
  part.quick = run.plan().quick;
  part.rounds = run.plan().rounds;
  part.targets = judge(run);
  for (const Workload& workload : workloads(run.plan())) part.bar_charts.push_back(bar_chart(run, workload));
  part.line_charts.push_back(size_chart(run));
  part.line_charts.push_back(scaling_chart(run, kLoadMedium, "load, " + grouped(kMedium) + " keys"));
  if (thread_counts().back() > 2) {
    part.line_charts.push_back(
        scaling_chart(run, kFillMedium, "load_or_store from empty, " + grouped(kMedium) + " keys"));
    part.line_charts.push_back(
        scaling_chart(run, kChurn, "delete and re-insert, " + grouped(kMedium) + " keys"));
  }
  part.contenders = contenders();
  part.notes = notes(run.plan());
  part.machine = facts(commit);
  return part;
}

}  // namespace interlox::bench
