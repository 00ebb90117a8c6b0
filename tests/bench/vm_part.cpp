// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/vm_part.hpp"

#include <functional>

#include "tests/bench/cat.hpp"
#include "tests/bench/machine.hpp"

namespace interlox::bench {
namespace {

constexpr double kMs = 1e6;  // nanoseconds
constexpr double kMiB = 1 << 20;

double time_of(const VmRun& run, const std::string& workload, Engine engine) {
  return run.cost(workload, 1, engine).median;
}

/// Our speed, of the other engine's.
double ratio(const VmRun& run, const std::string& workload, Engine other) {
  return time_of(run, workload, other) / time_of(run, workload, Engine::kInterlox);
}

/// The geometric mean of it, over the programs with targets or over all.
double mean_ratio(const VmRun& run, Engine other, bool judged) {
  std::vector<double> ratios;
  for (const Program& program : programs()) {
    if (!judged || program.floor != 0) ratios.push_back(ratio(run, program.id, other));
  }
  return geometric_mean(ratios);
}

Figure scaled(const Figure& figure, double by) {
  return {figure.median / by, figure.lowest / by, figure.highest / by};
}

// A bar for each engine that has figures.
BarGroup engines(const VmRun& run, const std::string& workload,
                 const std::function<Figure(const Figure&)>& shown) {
  BarGroup group;
  for (const Engine engine : kEngines) {
    if (!run.has(workload, 1, engine)) continue;
    group.bars.push_back(
        {name_of(engine).text, name_of(engine).role, shown(run.cost(workload, 1, engine)), ""});
  }
  return group;
}

// The same of times, with CPU time beside them.
BarGroup timed_engines(const VmRun& run, const std::string& workload,
                       const std::function<Figure(const Figure&)>& shown) {
  BarGroup group = engines(run, workload, shown);
  for (std::size_t i = 0; i < group.bars.size(); ++i) {
    group.bars[i].extra = short_number(run.cpu(workload, 1, kEngines[i]).median / kMs);
  }
  return group;
}

// How often a program runs in a second, with marks at the floor and at the goal.
BarChart speed_chart(const VmRun& run, const Program& program) {
  BarChart chart;
  chart.id = program.id;
  chart.title = program.title;
  chart.unit = "runs a second";
  chart.extra_title = "CPU ms";
  BarGroup group = timed_engines(run, program.id, [](const Figure& ns) {
    return Figure{1e9 / ns.median, 1e9 / ns.highest, 1e9 / ns.lowest};
  });
  if (program.floor != 0) {
    const double lua = 1e9 / time_of(run, program.id, Engine::kLua);
    for (const double target : {program.floor, program.goal}) {
      group.marks.push_back({target * lua, ratio(run, program.id, Engine::kLua) >= target});
    }
  }
  chart.groups.push_back(group);
  return chart;
}

// One group a program, of a size in MiB or of a count.
BarChart programs_chart(const VmRun& run, const std::string& title, const std::string& unit, double divisor,
                        std::string (*workload)(const Program&)) {
  BarChart chart;
  chart.title = title;
  chart.unit = unit;
  chart.more_is_better = false;
  for (const Program& program : programs()) {
    BarGroup group =
        engines(run, workload(program), [&](const Figure& figure) { return scaled(figure, divisor); });
    group.title = program.id;
    chart.groups.push_back(group);
  }
  return chart;
}

BarChart start_chart(const VmRun& run) {
  BarChart chart;
  chart.id = kStart;
  chart.title = "an empty program, from its start to its end";
  chart.unit = "ms";
  chart.extra_title = "CPU ms";
  chart.more_is_better = false;
  chart.groups.push_back(timed_engines(run, kStart, [](const Figure& ns) { return scaled(ns, kMs); }));
  return chart;
}

BarChart compile_chart(const VmRun& run) {
  BarChart chart;
  chart.id = kCompile;
  chart.title = "compiling the programs' sources";
  chart.unit = "MB of source a second";
  // A byte a nanosecond is a thousand megabytes a second.
  BarGroup group = engines(run, kCompile, [](const Figure& ns) {
    return Figure{1e3 / ns.median, 1e3 / ns.highest, 1e3 / ns.lowest};
  });
  group.marks.push_back({kCompileSpeed, group.bars.front().figure.median >= kCompileSpeed});
  chart.groups.push_back(group);
  return chart;
}

std::string beside(double goal, double luajit) {
  return cat("goal ", with_unit(goal, "x"), "; of luajit -joff ", with_unit(luajit, "x"));
}

std::vector<Target> targets(const VmRun& run) {
  std::vector<Target> all;
  for (const Program& program : programs()) {
    if (program.floor == 0) continue;
    all.push_back({program.id, program.id, "lua5.4", "x",
                   beside(program.goal, ratio(run, program.id, Engine::kLuaJit)), true, program.floor,
                   ratio(run, program.id, Engine::kLua)});
  }
  const double mean = mean_ratio(run, Engine::kLua, true);
  const double luajit = mean_ratio(run, Engine::kLuaJit, true);
  all.push_back({"", "geometric mean: the floors'", "lua5.4", "x",
                 cat("of luajit -joff ", with_unit(luajit, "x")), true, mean_target(&Program::floor), mean});
  all.push_back({"", "geometric mean: the goals'", "lua5.4", "x",
                 cat("of luajit -joff ", with_unit(luajit, "x")), true, mean_target(&Program::goal), mean});
  all.push_back({kStart, "CPU time of an empty program", "", "ms", "all threads", false, kStartMs,
                 run.cpu(kStart, 1, Engine::kInterlox).median / kMs});
  all.push_back({kCompile, "compiling", "", "MB a second", "one thread", true, kCompileSpeed,
                 1e3 / time_of(run, kCompile, Engine::kInterlox)});
  return all;
}

// The literals below are broken by hand, at 100 columns.
// clang-format off
std::vector<Fact> contenders() {
  return {
      {"interlox", "This VM, its release build. What the targets judge."},
      {"lua5.4", "Debian's lua5.4: a register machine of the same kind, in C, with a collector of its own."},
      {"luajit -joff", "Debian's luajit with its compiler off: an interpreter written in assembly."},
  };
}

std::vector<std::string> notes(const VmRun& run) {
  return {
      cat("Everything is a ratio of figures of one run. A round runs a program once with every engine, in turn; "
          "who is first moves on each round; a round before the first only warms up. A figure is the median of ",
          std::to_string(run.round_count()), " rounds, with the lowest and the highest. The start is measured three "
          "times as often."),
      "The programs are those of tests/bench/programs/vm, each written twice, in Lox and in Lua, by the same "
      "algorithm. In those that have targets, what is a global variable in one is a global in the other; in the "
      "others, the Lua ones keep in locals what can be one. All engines must print the same. A run is a process of "
      "its own, from before it is started until it has ended; CPU time is of all its threads, those of the collector "
      "too.",
      cat("Of the mean of all programs, those without targets too, the speed is ",
          with_unit(mean_ratio(run, Engine::kLua, false), "x"), " that of lua5.4 and ",
          with_unit(mean_ratio(run, Engine::kLuaJit, false), "x"), " that of luajit -joff."),
      "Peak memory is what the kernel counted of a process, code and libraries too; it counts what the benchmark itself "
      "had when it started the process, so about 5 MiB may be less. Our heap begins with a fixed size, so as to collect "
      "seldom; its bytes and its collections are those after one more run of the program.",
      "The compiler gets the sources of all programs, one by one, again and again; its time includes what collecting "
      "the code takes that it made before.",
  };
}
// clang-format on

}  // namespace

Part vm_part(const VmRun& run, const std::string& commit) {
  Part part;
  part.name = "vm";
  part.title = "The interpreter";
  part.intro = "Programs in our language and in Lua, step by step the same.";
  part.date = date_now();
  part.order = 3;
  part.quick = run.quick();
  part.rounds = run.round_count();
  part.targets = targets(run);
  for (const Program& program : programs()) part.bar_charts.push_back(speed_chart(run, program));
  part.bar_charts.push_back(programs_chart(run, "Peak memory of the process", "MiB", kMiB, peak_id));
  part.bar_charts.push_back(programs_chart(run, "The heap at the end", "MiB", kMiB, heap_id));
  part.bar_charts.push_back(programs_chart(run, "Collections", "collections in a run", 1, collections_id));
  part.bar_charts.push_back(start_chart(run));
  part.bar_charts.push_back(compile_chart(run));
  part.contenders = contenders();
  part.notes = notes(run);
  part.machine = machine_facts();
  if (!commit.empty()) part.machine.push_back({"Commit", commit});
  part.machine.push_back({"bdwgc", INTERLOX_BENCH_BDWGC});
  part.machine.push_back({"Lua", lua_version()});
  part.machine.push_back({"LuaJIT", luajit_version()});
  return part;
}

}  // namespace interlox::bench
