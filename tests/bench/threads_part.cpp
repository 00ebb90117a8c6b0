// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/threads_part.hpp"

#include "tests/bench/cat.hpp"
#include "tests/bench/machine.hpp"

namespace interlox::bench {
namespace {

constexpr unsigned kJudged = 2;  // threads; more of them are shown

Role role_of(unsigned threads) {
  return threads == 1 ? Role::kBaseline : threads == kJudged ? Role::kOurs : Role::kVariant;
}

double time_of(const ThreadsRun& run, const Load& load, unsigned threads) {
  return run.cost(load.id, threads, Quantity::kTime).median;
}

/// How many times as much so many threads do as one, in the same time.
double gain(const ThreadsRun& run, const Load& load, unsigned threads) {
  return time_of(run, load, 1) / time_of(run, load, threads);
}

// One chart a load: how often its work is done in a second.
BarChart speed_chart(const ThreadsRun& run, const Load& load) {
  const auto per_second = [](double ms) { return 1000 / ms; };
  BarChart chart;
  chart.id = load.id;
  chart.title = load.title;
  chart.unit = "times a second, of all threads together";
  chart.extra_title = "CPU ms each time";
  BarGroup group;
  for (const unsigned threads : run.threads_of(load.id)) {
    const Figure ms = run.cost(load.id, threads, Quantity::kTime);
    group.bars.push_back({threads_text(threads),
                          role_of(threads),
                          {per_second(ms.median), per_second(ms.highest), per_second(ms.lowest)},
                          short_number(run.cpu(load.id, threads, Quantity::kTime).median)});
  }
  if (load.target != 0) {
    group.marks.push_back(
        {load.target * per_second(time_of(run, load, 1)), gain(run, load, kJudged) >= load.target});
  }
  chart.groups.push_back(group);
  return chart;
}

// What the collector has to do with it.
BarChart collector_chart(const ThreadsRun& run) {
  BarChart chart;
  chart.id = "stopped";
  chart.title = "The share of the time in which a collection had stopped the world";
  chart.unit = "percent";
  chart.note = "Loads without collections are left out.";
  chart.extra_title = "collections each time";
  chart.more_is_better = false;
  for (const Load& load : loads()) {
    if (run.cost(load.id, kJudged, Quantity::kCollections).median == 0) continue;
    BarGroup group;
    group.title = load.title;
    for (const unsigned threads : run.threads_of(load.id)) {
      group.bars.push_back({threads_text(threads), role_of(threads),
                            run.cost(load.id, threads, Quantity::kStopped),
                            short_number(run.cost(load.id, threads, Quantity::kCollections).median)});
    }
    chart.groups.push_back(group);
  }
  return chart;
}

LineChart scaling_chart(const ThreadsRun& run) {
  LineChart chart;
  chart.title = "Scaling";
  chart.x_title = "threads";
  chart.y_title = "speed, of that on one thread";
  chart.ideal = true;
  for (const Load& load : loads()) {
    Line line{load.id, load.target == 0 ? Role::kCeiling : Role::kVariant, {}};
    for (const unsigned threads : run.threads_of(load.id)) {
      const Figure ms = run.cost(load.id, threads, Quantity::kTime);
      const double one = time_of(run, load, 1);
      line.points.push_back(
          {static_cast<double>(threads), {one / ms.median, one / ms.highest, one / ms.lowest}});
    }
    chart.lines.push_back(line);
  }
  return chart;
}

std::vector<Target> targets(const ThreadsRun& run) {
  std::vector<Target> all;
  for (const Load& load : loads()) {
    if (load.target == 0) continue;
    all.push_back({load.id, load.title, "one thread", "x",
                   cat("2 threads; the machine gives ", with_unit(gain(run, loads().front(), kJudged), "x")),
                   true, load.target, gain(run, load, kJudged)});
  }
  return all;
}

// The literals below are broken by hand, at 100 columns.
// clang-format off
std::vector<Fact> contenders() {
  return {
      {"1 thread",
       "One thread does the work once. What the others are measured against."},
      {"2 threads",
       "Two threads do the same work at the same time, once each. What the targets judge."},
      {"4 threads and more",
       "Likewise, on machines that have the cores. Shown, not judged."},
      {"C++",
       "Two loads that are no programs: what the machine itself gives threads that share nothing, in "
       "registers and in main memory."},
  };
}

std::vector<std::string> notes(const ThreadsRun& run) {
  return {
      cat("Everything is a ratio of figures of one run. A round measures every number of threads once; which "
          "is first moves on each round; a round before the first only warms up. A figure is the median of ",
          std::to_string(run.round_count()), " rounds, with the lowest and the highest."),
      "The programs are those of tests/bench/programs/threads: a VM runs one once, and then its function "
      "work(n, id) is called by VM::call on new threads, all at the same time. They share the VM, its "
      "globals and its code with the inline caches; the heap, the symbol table and the collector are the "
      "whole process's. Time is wall time, from the first thread's begin to the last one's end. CPU time is "
      "that of these threads, without the collector's helpers; where it grows with the number of threads, "
      "they wait for memory or for each other's cache lines; where it does not but the gain is small, they "
      "wait for a lock, for a collection, or for a core.",
      "A collection is made before each measurement; those that fall into it are part of its time. bdwgc "
      "marks on all cores, so one thread that makes garbage uses the others while the world is stopped. "
      "Every thread's answer is checked.",
  };
}
// clang-format on

}  // namespace

Part threads_part(const ThreadsRun& run, const std::string& commit) {
  Part part;
  part.name = "threads";
  part.title = "Threads";
  part.intro =
      "Programs of the language on one thread and on two, each doing as much work: what the second one "
      "gains.";
  part.date = date_now();
  part.order = 4;
  part.quick = run.quick();
  part.rounds = run.round_count();
  part.targets = targets(run);
  for (const Load& load : loads()) part.bar_charts.push_back(speed_chart(run, load));
  part.bar_charts.push_back(collector_chart(run));
  if (thread_counts().back() > kJudged) part.line_charts.push_back(scaling_chart(run));
  part.contenders = contenders();
  part.notes = notes(run);
  part.machine = machine_facts();
  if (!commit.empty()) part.machine.push_back({"Commit", commit});
  part.machine.push_back({"bdwgc", INTERLOX_BENCH_BDWGC});
  return part;
}

}  // namespace interlox::bench
