// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/weak_part.hpp"

#include <algorithm>
#include <functional>

#include "tests/bench/cat.hpp"
#include "tests/bench/machine.hpp"

namespace interlox::bench {
namespace {

constexpr Form kAll[] = {Form::kCell, Form::kPlain, Form::kLink, Form::kHandle, Form::kSymbol, Form::kMap};
constexpr std::size_t kMost = kPauseSizes.back();
constexpr double kReadOverPlain = 1.5;
constexpr double kReadUnderLink = 10;
constexpr double kMakeOverLoad = 0.8;
constexpr double kHandleByteLimit = 112;
constexpr double kPauseMs = 25;
constexpr double kPauseOverLink = 1.0 / 3;

std::string dead_text(unsigned dead) {
  return dead == 0 ? "all live" : dead == 100 ? "all dead" : cat(std::to_string(dead), "% dead");
}

std::string order_text(Order order) {
  return order == Order::kShuffled ? ", registered in a shuffled order" : "";
}

double median(const WeakRun& run, const std::string& id, unsigned group, Form form) {
  return run.cost(id, group, form).median;
}

struct Look {
  bool speed = true;  // shown as operations a second; else the cost, as it was measured
  std::string (*group_title)(unsigned) = threads_text;
};

BarChart bar_chart(const WeakRun& run, const std::string& id, const std::string& title,
                   const std::string& unit, const std::string& note, const Look& look) {
  BarChart chart;
  chart.id = id;
  chart.title = title;
  chart.unit = unit;
  chart.note = note;
  chart.more_is_better = look.speed;
  if (look.speed) chart.extra_title = "CPU ns an operation";
  for (const unsigned group_id : run.threads_of(id)) {
    BarGroup group;
    group.title = look.group_title(group_id);
    for (const Form form : kAll) {
      if (!run.has(id, group_id, form)) continue;
      const Figure cost = run.cost(id, group_id, form);
      Bar bar{name_of(form).text, name_of(form).role, look.speed ? million_a_second(cost) : cost, ""};
      if (look.speed) bar.extra = short_number(run.cpu(id, group_id, form).median);
      group.bars.push_back(bar);
    }
    chart.groups.push_back(group);
  }
  return chart;
}

std::vector<BarChart> bar_charts(const WeakRun& run) {
  std::vector<BarChart> charts;
  for (const std::size_t cells : kReadSizes) {
    charts.push_back(bar_chart(run, read_id(cells), cat("weak read, ", grouped(cells), " references"),
                               "million reads a second", "", {}));
  }
  charts.push_back(
      bar_chart(run, kRegister, "registering a weak reference", "million registrations a second", "", {}));
  for (const std::size_t strings : kPresentSizes) {
    charts.push_back(bar_chart(run, present_id(strings),
                               cat("getting what exists, ", grouped(strings), " strings, shuffled"),
                               "million a second", "The map: a load of the same strings.", {}));
  }
  charts.push_back(bar_chart(run, kNew, "making what is new", "million a second",
                             "The map, empty at first: load_or_store of the same strings.", {}));
  charts.push_back(bar_chart(run, kHandleBytes,
                             cat("memory a handle of a 16-byte string, ", grouped(kMost), " handles"),
                             "bytes", "Handle, entry, share of the trie, and row of the registry.", {false}));
  const Look cost{false, dead_text};
  for (const Order order : {Order::kAllocated, Order::kShuffled}) {
    const std::string what = cat(grouped(kMost), " handles", order_text(order));
    charts.push_back(bar_chart(run, pause_id(kMost, order), cat("added pause, ", what), "ms",
                               "The world is stopped. The links' own work is not in it: see the next chart.",
                               cost));
    charts.push_back(bar_chart(run, collection_id(kMost, order),
                               cat("added to a full collection as a whole, ", what), "ms",
                               "The heap's lock is held, the world stopped for a part of it.", cost));
  }
  return charts;
}

LineChart size_chart(const WeakRun& run) {
  LineChart chart;
  chart.title = "What handles add to a full collection";
  chart.x_title = "handles";
  chart.y_title = "ms added as a whole, half of the targets dead";
  for (const Form form : {Form::kCell, Form::kLink}) {
    Line line{name_of(form).text, name_of(form).role, {}};
    for (const std::size_t handles : kPauseSizes) {
      line.points.push_back(
          {static_cast<double>(handles), run.cost(collection_id(handles, Order::kAllocated), 50, form)});
    }
    chart.lines.push_back(line);
  }
  return chart;
}

// A figure that a target may be judged by, and where it is from.
struct Judged {
  double measured;
  std::string chart;
  std::string detail;
};

Target worst(Target target, const std::vector<Judged>& all) {
  const auto by_measured = [](const Judged& a, const Judged& b) { return a.measured < b.measured; };
  const auto at = target.at_least ? std::min_element(all.begin(), all.end(), by_measured)
                                  : std::max_element(all.begin(), all.end(), by_measured);
  target.measured = at->measured;
  target.chart = at->chart;
  target.detail = at->detail;
  return target;
}

Target read_over_plain(const WeakRun& run) {
  std::vector<Judged> all;
  for (const std::size_t cells : kReadSizes) {
    const std::string id = read_id(cells);
    for (const unsigned threads : run.threads_of(id)) {
      all.push_back({median(run, id, threads, Form::kCell) / median(run, id, threads, Form::kPlain), id,
                     cat(grouped(cells), " references, ", threads_text(threads))});
    }
  }
  return worst({"", "time of a weak read", "a plain load", "x", "", false, kReadOverPlain}, all);
}

Target read_under_link(const WeakRun& run) {
  std::vector<Judged> all;
  for (const std::size_t cells : kReadSizes) {
    const std::string id = read_id(cells);
    all.push_back({median(run, id, 2, Form::kLink) / median(run, id, 2, Form::kCell), id,
                   cat(grouped(cells), " references, 2 threads")});
  }
  return worst({"", "speed of a weak read", "a link's, under the lock", "x", "", true, kReadUnderLink}, all);
}

Target make_over_load(const WeakRun& run) {
  std::vector<Judged> all;
  for (const std::size_t strings : kPresentSizes) {
    const std::string id = present_id(strings);
    for (const unsigned threads : run.threads_of(id)) {
      all.push_back({median(run, id, threads, Form::kMap) / median(run, id, threads, Form::kHandle), id,
                     cat(grouped(strings), " strings, ", threads_text(threads))});
    }
  }
  return worst({"", "getting a handle that exists", "a map load", "x", "", true, kMakeOverLoad}, all);
}

std::vector<Judged> of_pauses(const std::function<Judged(Order, unsigned)>& judge) {
  std::vector<Judged> all;
  for (const Order order : {Order::kAllocated, Order::kShuffled}) {
    for (const unsigned dead : kDead) {
      all.push_back(judge(order, dead));
      all.back().detail = cat(dead_text(dead), order_text(order));
    }
  }
  return all;
}

std::vector<Target> targets(const WeakRun& run) {
  const auto pause = [&](Order order, unsigned dead) {
    const std::string id = pause_id(kMost, order);
    return Judged{median(run, id, dead, Form::kCell), id, ""};
  };
  const auto share = [&](Order order, unsigned dead) {
    const std::string id = collection_id(kMost, order);
    return Judged{median(run, id, dead, Form::kCell) / median(run, id, dead, Form::kLink), id, ""};
  };
  const std::string handles = cat(grouped(kMost), " handles");
  return {
      read_over_plain(run),
      read_under_link(run),
      make_over_load(run),
      {kHandleBytes, cat("memory a handle, ", handles), "", "bytes", "16-byte string", false,
       kHandleByteLimit, median(run, kHandleBytes, 1, Form::kHandle)},
      {"", "dead entries a second after a collection", "", "entries", "100,000 handles died", false, 0,
       run.cost(kLeftBehind, 1, Form::kHandle).highest},
      worst({"", cat("added pause, ", handles), "", "ms", "", false, kPauseMs}, of_pauses(pause)),
      worst({"", cat("added to a collection, ", handles), "what links add", "x", "", false, kPauseOverLink},
            of_pauses(share))};
}

// The literals below are broken by hand, at 100 columns.
// clang-format off
std::vector<Fact> contenders() {
  return {
      {"weak cell",
       "gc::WeakCell, read by one acquire load; a gc::WeakRegistry that keeps tokens clears the dead ones "
       "while the world is stopped. What the targets judge."},
      {"disappearing link",
       "bdwgc's own (GC_general_register_disappearing_link), read under the heap's lock, as it must be: "
       "the form of tests/support/reference. Cleared after the world has restarted, the lock still held."},
      {"plain load",
       "An acquire load of a pointer that nobody ever clears, from blocks of the same size."},
      {"unique handle", "vm::UniqueTable::make of a string: a hit gives the handle that exists."},
      {"symbol", "vm::SymbolTable::intern of a string."},
      {"map", "trie::HashTrieMap from strings to pointers, on the collected heap, which keeps what it holds."},
  };
}

std::vector<std::string> notes(const WeakPlan& plan) {
  return {
      cat("Everything is a ratio of figures of one run. A round measures every contender of a workload once, "
          "in turn; who is first moves on each round; a round before the first only warms up. A figure is the "
          "median of ", std::to_string(plan.rounds), " rounds, with the lowest and the highest."),
      "A reference is the second word of a block of 16 bytes that the collector does not scan. Reads walk the "
      "blocks in a shuffled order, the same for all, each thread from a place of its own, after a lap that "
      "is not timed, and add up the addresses that they find; nothing is read from the targets.",
      "Handles and symbols are got by the binary text of 0, 1, 2, ..., in a shuffled order, as from the map. "
      "Memory is what the collected heap and malloc have in use after a collection, with so many handles "
      "held less without; the array that holds them is not in it.",
      "What handles add is the difference of two collections, one after the other: of a heap with so many "
      "blocks, their targets (16 bytes each) and the references registered, and of the same heap without the "
      "references. The pause is the time from the order to stop the world until its restart. A full "
      "collection as a whole is the time that its caller waits; nearly all of it under the heap's lock, which "
      "a link's reader and most allocations then wait for. So a link's cost is in the second, and a cell's "
      "in both. A difference below a microsecond is shown as one.",
  };
}
// clang-format on

}  // namespace

Part weak_part(const WeakRun& run, const std::string& commit) {
  Part part;
  part.name = "weak";
  part.title = "Weak references";
  part.intro =
      "Weak cells that one load reads, against the collector's own disappearing links and a plain pointer; "
      "and the "
      "VM's weak tables against a map.";
  part.date = date_now();
  part.order = 2;
  part.quick = run.plan().quick;
  part.rounds = run.plan().rounds;
  part.targets = targets(run);
  part.bar_charts = bar_charts(run);
  part.line_charts.push_back(size_chart(run));
  part.contenders = contenders();
  part.notes = notes(run.plan());
  part.machine = machine_facts();
  if (!commit.empty()) part.machine.push_back({"Commit", commit});
  part.machine.push_back({"bdwgc", INTERLOX_BENCH_BDWGC});
  return part;
}

}  // namespace interlox::bench
