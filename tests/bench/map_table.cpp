// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/map_table.hpp"

#include <algorithm>
#include <span>

namespace interlox::bench {
namespace {

enum class Against { kSeed, kLocked, kConcurrent, kCeiling, kUnorderedMap, kOneThread, kNothing };

// Where the workload's figure is a speed, ours must be at least `factor` times the other's. Where it is a
// cost, ours must be at most `factor` times the other's; against nothing, at most `factor` itself.
struct Rule {
  const char* workload;
  Against against;
  double factor;
  std::vector<unsigned> threads;  // the worst of these decides
  const char* unit = "x";
};

const std::vector<unsigned> kOne{1};
const std::vector<unsigned> kTwo{2};
const std::vector<unsigned> kBoth{1, 2};

const std::vector<Rule>& rules() {
  static const std::vector<Rule> kRules{
      {kLoadMedium, Against::kSeed, 2.5, kBoth},
      {kLoadMedium, Against::kLocked, 4, kBoth},
      {kLoadMedium, Against::kConcurrent, 1.7, kBoth},
      {kLoadMedium, Against::kCeiling, 1, kOne},
      {kLoadMedium, Against::kOneThread, 1.95, kTwo},
      {kLoadLarge, Against::kSeed, 2, kBoth},
      {kLoadLarge, Against::kLocked, 2.5, kBoth},
      {kLoadLarge, Against::kConcurrent, 1.4, kBoth},
      {kLoadAbsent, Against::kSeed, 4, kBoth},
      {kLoadAbsent, Against::kLocked, 8, kBoth},
      {kLoadAbsent, Against::kConcurrent, 1, kBoth},
      {kManyMedium, Against::kSeed, 4, kBoth},
      {kManyMedium, Against::kConcurrent, 2, kBoth},
      {kManyLarge, Against::kSeed, 5, kBoth},
      {kManyLarge, Against::kConcurrent, 2, kBoth},
      {kLoadEight, Against::kSeed, 1, kBoth},
      {kLoadEight, Against::kLocked, 4, kTwo},
      {kLoadEight, Against::kConcurrent, 2, kBoth},
      {kLoad128, Against::kSeed, 1, kBoth},
      {kLoad128, Against::kLocked, 4, kTwo},
      {kLoad128, Against::kConcurrent, 2, kBoth},
      {kFillMedium, Against::kSeed, 2, kBoth},
      {kFillMedium, Against::kLocked, 1.5, kBoth},
      {kFillMedium, Against::kConcurrent, 1, kBoth},
      {kFillLarge, Against::kSeed, 2, kBoth},
      {kFillLarge, Against::kLocked, 1.5, kBoth},
      {kFillLarge, Against::kConcurrent, 1, kBoth},
      {kChurn, Against::kSeed, 1.5, kBoth},
      {kChurn, Against::kLocked, 2, kBoth},
      {kChurn, Against::kConcurrent, 1, kBoth},
      {kContention, Against::kSeed, 1, {1, 2, 8}},
      {kBytes, Against::kNothing, 85, kOne, "bytes"},
      {kTiny, Against::kUnorderedMap, 2, kOne},
      {kEmpty, Against::kNothing, 256, kOne, "bytes"},
      {kCollection, Against::kSeed, 0.5, kOne},
  };
  return kRules;
}

Who best_of(const MapRun& run, const std::string& workload, unsigned threads, std::span<const Who> some) {
  return *std::min_element(some.begin(), some.end(), [&](Who a, Who b) {
    return run.cost(workload, threads, a).median < run.cost(workload, threads, b).median;
  });
}

const char* name_of(Against against) {
  switch (against) {
    case Against::kSeed:
      return "the seed layout";
    case Against::kLocked:
      return "the best locked map";
    case Against::kConcurrent:
      return "the best concurrent peer";
    case Against::kCeiling:
      return "the unlocked flat map";
    case Against::kUnorderedMap:
      return "std::unordered_map";
    case Against::kOneThread:
      return "its own speed on one thread";
    case Against::kNothing:
      return "";
  }
  return "";
}

struct Judged {
  double measured;
  std::string detail;
};

Judged judge_one(const MapRun& run, const Rule& rule, const Workload& workload, unsigned threads) {
  const auto median = [&](Who who, unsigned count) { return run.cost(rule.workload, count, who).median; };
  const double ours = median(Who::kOurs, threads);
  const auto ratio = [&](Who who) {
    const double theirs = median(who, threads);
    return workload.speed ? theirs / ours : ours / theirs;
  };
  const std::string text = workload.speed ? threads_text(threads) : "";
  switch (rule.against) {
    case Against::kSeed:
      return {ratio(Who::kSeedLayout), text};
    case Against::kLocked: {
      const Who best = best_locked(run, rule.workload, threads);
      return {ratio(best), std::string(bench::name_of(best).text) + ", " + text};
    }
    case Against::kConcurrent: {
      const Who best = best_concurrent(run, rule.workload, threads);
      return {ratio(best), std::string(bench::name_of(best).text) + ", " + text};
    }
    case Against::kCeiling:
      return {ratio(Who::kFlat), text};
    case Against::kUnorderedMap:
      return {ratio(Who::kMutex), text};
    case Against::kOneThread: {
      // What it would be, did the machine do nothing else: the threads' CPU time, spread over as many cores.
      const double by_cpu = threads * run.cpu(rule.workload, 1, Who::kOurs).median /
                            run.cpu(rule.workload, threads, Who::kOurs).median;
      return {median(Who::kOurs, 1) / ours, text + "; " + with_unit(by_cpu, "x") + " by CPU time"};
    }
    case Against::kNothing:
      return {ours, text};
  }
  return {};
}

const Workload& find(const std::vector<Workload>& all, const std::string& id) {
  return *std::find_if(all.begin(), all.end(), [&](const Workload& each) { return each.id == id; });
}

}  // namespace

Who best_locked(const MapRun& run, const std::string& workload, unsigned threads) {
  constexpr Who kLocked[] = {Who::kMutex, Who::kSharedMutex};
  return best_of(run, workload, threads, kLocked);
}

Who best_concurrent(const MapRun& run, const std::string& workload, unsigned threads) {
  constexpr Who kConcurrent[] = {Who::kTbb, Who::kCuckoo, Who::kUrcu};
  return best_of(run, workload, threads, kConcurrent);
}

std::vector<std::size_t> sizes(std::size_t largest) {
  std::vector<std::size_t> all;
  for (std::size_t keys = 8; keys < largest; keys *= 4) all.push_back(keys);
  all.push_back(largest);
  return all;
}

std::string size_id(std::size_t keys) { return "size-" + std::to_string(keys); }

std::vector<Workload> workloads(const Plan& plan) {
  const std::string medium = grouped(kMedium) + " keys";
  const std::string large = grouped(plan.large) + " keys";
  const std::string loads = "million loads a second";
  const std::string offered =
      "Every thread offers all keys, each in a shuffled order of its own, to one map that is empty at first.";
  return {
      {kLoadMedium, "load, " + medium + ", shuffled", loads, true, ""},
      {kLoadLarge, "load, " + large + ", shuffled", loads, true, ""},
      {kLoadAbsent, "load of absent keys, " + medium, loads, true, ""},
      {kManyMedium, "load_many, 16 keys a call, " + medium, loads, true, "The others load 16 times."},
      {kManyLarge, "load_many, 16 keys a call, " + large, loads, true, "The others load 16 times."},
      {kLoadEight, "load, 8 keys", loads, true, ""},
      {kLoad128, "load, 128 keys", loads, true, ""},
      {kFillMedium, "load_or_store from empty, " + medium, "million operations a second", true, offered},
      {kFillLarge, "load_or_store from empty, " + large, "million operations a second", true, offered},
      {kChurn, "delete and re-insert, " + medium, "million pairs a second", true,
       "A thread deletes a random key of its own share and puts it back."},
      {kContention, "insert and delete among 8 keys", "million operations a second", true, ""},
      {kBytes, "bytes an entry, " + grouped(plan.memory_keys) + " keys of 20 bytes", "bytes", false,
       "unordered_map is the one of the locked maps."},
      {kTiny, "bytes a map of 3 keys, " + grouped(plan.tiny_maps) + " maps", "bytes", false,
       "unordered_map is std::unordered_map with no lock."},
      {kEmpty, "bytes an empty map", "bytes", false, "unordered_map is std::unordered_map with no lock."},
      {kCollection, "a full collection, " + grouped(plan.large) + " entries", "ms", false, ""},
  };
}

std::vector<Target> judge(const MapRun& run) {
  const auto all = workloads(run.plan());
  std::vector<Target> targets;
  for (const Rule& rule : rules()) {
    const Workload& workload = find(all, rule.workload);
    Target target;
    target.chart = rule.workload;
    target.what = workload.title;
    target.against = name_of(rule.against);
    target.unit = rule.unit;
    target.at_least = workload.speed;
    target.limit = rule.factor;
    for (bool first = true; const unsigned threads : rule.threads) {
      const Judged judged = judge_one(run, rule, workload, threads);
      if (first ||
          (target.at_least ? judged.measured < target.measured : judged.measured > target.measured)) {
        target.measured = judged.measured;
        target.detail = judged.detail;
      }
      first = false;
    }
    targets.push_back(target);
  }
  return targets;
}

Figure shown(const Workload& workload, const Figure& cost) {
  return workload.speed ? million_a_second(cost) : cost;
}

std::vector<Mark> marks(const MapRun& run, const Workload& workload, unsigned threads) {
  std::vector<Mark> all;
  for (const Rule& rule : rules()) {
    if (rule.workload != workload.id || rule.against == Against::kOneThread) continue;
    if (std::count(rule.threads.begin(), rule.threads.end(), threads) == 0) continue;
    const double measured = judge_one(run, rule, workload, threads).measured;
    const double ours = shown(workload, run.cost(workload.id, threads, Who::kOurs)).median;
    all.push_back(
        {ours * rule.factor / measured, workload.speed ? measured >= rule.factor : measured <= rule.factor});
  }
  return all;
}

}  // namespace interlox::bench
