// SPDX-License-Identifier: BSD-3-Clause
// ConcurrentMap as programs of the language use it: a program for each scenario, whose threads write down
// what they did and when, by an Atomic that they count with (Clock in recorder.hpp says why that is a clock).
//
// It writes a line for each call, and then `done`:
//     RUN THREAD STEP FROM TO ANSWER
// where the thread kThreads is the one that looks at the map when the others have ended, and the answer of a
// walk is what it has met, key by key, and of the others their number: `2,nil,13,7`.
#include <array>
#include <chrono>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "tests/lin/recorder.hpp"
#include "tests/lin/scenario.hpp"
#include "tests/lin/stage.hpp"
#include "tests/lin/watch.hpp"
#include "tests/support/options.hpp"
#include "tests/support/process.hpp"

namespace interlox::lin {
namespace {

enum class LoxCall : std::uint8_t {
  kGet,
  kHas,
  kGetOrSet,
  kSet,
  kSwap,
  kCompareAndSet,
  kCompareAndRemove,
  kRemove,
  kClear,
  kLength,
  kEach,
  kKeys,  // for (var key in map)
};
constexpr std::size_t kLoxCalls = 12;
constexpr std::size_t kMostValue = 40;

constexpr std::string_view kPrelude = R"(
import "time" for sleep;
var gate = Atomic(0);
// The threads begin each run together: they spin, but give way to one that has no core.
fun meet(count) {
  gate.add(1);
  for (var i = 0; gate.get() < count; i += 1) if (i > 100) sleep(0);
}
fun spin(n) {
  for (var i = 0; i < n; i += 1) {}
}
fun place(key) {
  for (var i = 0; i < 3; i += 1) if (keys[i] == key) return i;
  return 3;
}
fun walk(map) {
  var met = [nil, nil, nil, 0];
  map.each(fun (key, value) {
    var i = place(key);
    if (i < 3 and met[i] != nil) print "met twice";
    if (i < 3) met[i] = value; else met[3] += 1;
  });
  return `${met[0]},${met[1]},${met[2]},${met[3]}`;
}
fun keysOf(map) {
  var met = [nil, nil, nil, 0];
  for (var key in map) {
    var i = place(key);
    if (i < 3 and met[i] != nil) print "met twice";
    if (i < 3) met[i] = true; else met[3] += 1;
  }
  return `${met[0]},${met[1]},${met[2]},${met[3]}`;
}
)";

constexpr std::string_view kMain = R"(
var maps = [];
var clocks = [];
for (var run = 0; run < RUNS; run += 1) {
  maps.add(prepare(ConcurrentMap()));
  clocks.add(Atomic(1));
}
fun work(steps) {
  var log = [];
  for (var run = 0; run < RUNS; run += 1) {
    var map = maps[run];
    var clock = clocks[run];
    meet(3 * (run + 1));
    for (var step in steps) log.add(step(map, clock));
  }
  return log;
}
var threads = [];
for (var steps in programs) threads.add(spawn(work, steps));
var logs = [];
for (var thread in threads) logs.add(thread.join());
for (var run = 0; run < RUNS; run += 1) {
  for (var thread = 0; thread < 3; thread += 1) {
    var count = programs[thread].length;
    for (var i = 0; i < count; i += 1) {
      var line = logs[thread][run * count + i];
      print `${run} ${thread} ${i} ${line[0]} ${line[1]} ${line[2]}`;
    }
  }
  var now = clocks[run].get();
  print `${run} 3 0 ${now} ${now + 1} ${walk(maps[run])}`;
  print `${run} 3 1 ${now} ${now + 1} ${maps[run].length}`;
  for (var i = 0; i < 3; i += 1) print `${run} 3 ${i + 2} ${now} ${now + 1} ${maps[run].get(keys[i])}`;
}
print "done";
)";

Scenario draw(std::uint64_t seed) {
  Random random(seed ^ 0x10c);
  Scenario scenario;
  scenario.seed = seed;
  scenario.added = static_cast<std::uint8_t>(random.below(20));
  scenario.kept =
      random.one_in(2) ? scenario.added : static_cast<std::uint8_t>(random.below(scenario.added + 1U));
  if (scenario.kept != 0) scenario.initial[kRest] = kRestValue;
  const std::size_t keys = 1 + random.below(kAsked);
  for (std::size_t key = 0; key < keys; ++key) {
    if (random.one_in(2)) scenario.initial[key] = static_cast<Value>(2 + random.below(2));
  }
  for (unsigned thread = 0; thread < kThreads; ++thread) {
    const std::size_t count = 2 + random.below(2);
    for (std::size_t i = 0; i < count; ++i) {
      Step step;
      step.call = static_cast<std::uint8_t>(random.below(kLoxCalls));
      step.key = static_cast<std::uint8_t>(random.below(keys));
      step.value = static_cast<Value>(random.one_in(2) ? 2 + random.below(2) : 10 * (thread + 1) + i);
      step.old = static_cast<Value>(2 + random.below(2));
      scenario.steps[thread].push_back(step);
    }
  }
  return scenario;
}

bool has_clear(const Scenario& scenario) {
  for (const auto& steps : scenario.steps) {
    for (const Step& step : steps) {
      if (static_cast<LoxCall>(step.call) == LoxCall::kClear) return true;
    }
  }
  return false;
}

std::string code(const Step& step) {
  const std::string key = "keys[" + std::to_string(step.key) + "]";
  const std::string value = "values[" + std::to_string(step.value) + "]";
  const std::string old = "values[" + std::to_string(step.old) + "]";
  switch (static_cast<LoxCall>(step.call)) {
    case LoxCall::kGet:
      return "map.get(" + key + ")";
    case LoxCall::kHas:
      return "map.has(" + key + ")";
    case LoxCall::kGetOrSet:
      return "map.getOrSet(" + key + ", " + value + ")";
    case LoxCall::kSet:
      return "map.set(" + key + ", " + value + ")";
    case LoxCall::kSwap:
      return "map.swap(" + key + ", " + value + ")";
    case LoxCall::kCompareAndSet:
      return "map.compareAndSet(" + key + ", " + old + ", " + value + ")";
    case LoxCall::kCompareAndRemove:
      return "map.compareAndRemove(" + key + ", " + old + ")";
    case LoxCall::kRemove:
      return "map.remove(" + key + ")";
    case LoxCall::kClear:
      return "map.clear()";
    case LoxCall::kLength:
      return "map.length";
    case LoxCall::kEach:
      return "walk(map)";
    case LoxCall::kKeys:
      return "keysOf(map)";
  }
  throw std::logic_error("a call that there is not");
}

/// Keys and values are of several kinds, and print as the same numbers whatever they are.
std::string program(const Scenario& scenario, std::uint64_t runs) {
  constexpr std::array<std::string_view, 3> kKeyLists{R"(["a", "b", "c"])", R"([0, 1.5, "c"])",
                                                      R"([Symbol("a"), 1 == 1, [1]])"};
  Random random(scenario.seed);
  std::ostringstream out;
  out << "// " << text(scenario) << "\nvar RUNS = " << runs
      << ";\nvar keys = " << kKeyLists[random.below(kKeyLists.size())]
      << ";\nvar values = [];\nfor (var i = 0; i <= " << kMostValue << "; i += 1) values.add("
      << (random.one_in(2) ? "`${i}`" : "i") << ");\n"
      << kPrelude << "fun prepare(map) {\n";
  for (std::size_t i = 0; i < scenario.added; ++i) out << "  map.set(\"other " << i << "\", values[1]);\n";
  for (std::size_t i = scenario.kept; i < scenario.added; ++i)
    out << "  map.remove(\"other " << i << "\");\n";
  for (std::size_t key = 0; key < kAsked; ++key) {
    if (scenario.initial[key] == kNothing) continue;
    out << "  map.set(keys[" << key << "], values[" << unsigned{scenario.initial[key]} << "]);\n";
  }
  out << "  return map;\n}\nvar programs = [[], [], []];\n";
  for (unsigned thread = 0; thread < kThreads; ++thread) {
    for (const Step& step : scenario.steps[thread]) {
      out << "programs[" << thread << "].add(fun (map, clock) {\n  spin("
          << (random.one_in(2) ? random.below(40) : 0)
          << ");\n  var from = clock.add(1);\n  var answer = " << code(step)
          << ";\n  return [from, clock.add(1), answer];\n});\n";
    }
  }
  out << kMain;
  return out.str();
}

/// Reads what a program has written. Throws std::runtime_error for what programs do not write.
class Reader {
 public:
  Reader(const Scenario& scenario, std::uint64_t runs)
      : scenario_(scenario),
        may_be_cleared_(has_clear(scenario)),
        histories_(runs, History{scenario.initial, {}}) {}

  std::vector<History> read(const std::string& output) {
    std::istringstream lines(output);
    std::string line;
    std::size_t count = 0;
    for (; std::getline(lines, line) && line != "done"; ++count) read_line(line);
    if (line != "done" || lines.peek() != std::istringstream::traits_type::eof()) {
      throw std::runtime_error("no end");
    }
    std::size_t calls = kLastLooks;
    for (const auto& steps : scenario_.steps) calls += steps.size();
    if (count != calls * histories_.size()) throw std::runtime_error("some calls are missing");
    return std::move(histories_);
  }

 private:
  void read_line(const std::string& line) {
    std::istringstream words(line);
    std::size_t run = 0;
    unsigned thread = 0;
    std::size_t index = 0;
    Operation done;
    std::string answer;
    if (!(words >> run >> thread >> index >> done.invoked >> done.returned >> answer) ||
        run >= histories_.size() || thread > kThreads) {
      throw std::runtime_error(line);
    }
    done.thread = static_cast<std::uint8_t>(thread);
    add(thread == kThreads ? last_look(index) : scenario_.steps[thread].at(index), done, answer,
        histories_[run].operations);
  }

  static constexpr std::size_t kLastLooks = 2 + kAsked;

  /// The calls of the thread that looks at the map in the end.
  static Step last_look(std::size_t index) {
    Step step;
    step.call = static_cast<std::uint8_t>(index == 0   ? LoxCall::kEach
                                          : index == 1 ? LoxCall::kLength
                                                       : LoxCall::kGet);
    if (index >= 2) step.key = static_cast<std::uint8_t>(index - 2);
    return step;
  }

  void add(const Step& step, Operation done, const std::string& answer, std::vector<Operation>& all) const {
    done.key = step.key;
    done.value = step.value;
    done.old = step.old;
    const auto valued = [&](Kind kind) {
      done.kind = kind;
      done.answer = value_of(answer);
      all.push_back(done);
    };
    const auto truth = [&](Kind kind) {
      done.kind = kind;
      if (answer != "true" && answer != "false") throw std::runtime_error(answer);
      done.yes = answer == "true";
      all.push_back(done);
    };
    switch (static_cast<LoxCall>(step.call)) {
      case LoxCall::kGet:
        return valued(Kind::kLoad);
      case LoxCall::kHas:
        return truth(Kind::kHas);
      case LoxCall::kGetOrSet:
        return valued(Kind::kGetOrSet);
      case LoxCall::kSet:
        return valued(Kind::kStore);
      case LoxCall::kSwap:
        return valued(Kind::kSwap);
      case LoxCall::kCompareAndSet:
        return truth(Kind::kCompareAndSwap);
      case LoxCall::kCompareAndRemove:
        return truth(Kind::kCompareAndDelete);
      case LoxCall::kRemove:
        return valued(Kind::kLoadAndDelete);
      case LoxCall::kClear:
        return valued(Kind::kClear);
      case LoxCall::kLength:
        done.value = scenario_.kept;
        return valued(Kind::kCount);
      case LoxCall::kEach:
      case LoxCall::kKeys:
        return add_walk(static_cast<LoxCall>(step.call) == LoxCall::kKeys, done, answer, all);
    }
  }

  void add_walk(bool only_keys, Operation done, const std::string& answer,
                std::vector<Operation>& all) const {
    std::istringstream parts(answer);
    std::string part;
    for (std::uint8_t key = 0; key < kKeys && std::getline(parts, part, ','); ++key) {
      done.key = key;
      if (key == kRest) {
        const Value met = value_of(part);
        // The others come and go together, but the map may be cleared meanwhile.
        if (met != 0 && met != scenario_.kept) {
          if (!may_be_cleared_ || done.thread == kThreads)
            throw std::runtime_error("a walk has missed a key: " + answer);
          return;
        }
        done.kind = Kind::kHas;
        done.answer = kNothing;
        done.yes = met != 0;
      } else if (only_keys) {
        done.kind = Kind::kHas;
        done.yes = part == "true";
      } else {
        done.kind = Kind::kLoad;
        done.answer = value_of(part);
      }
      all.push_back(done);
    }
  }

  static Value value_of(const std::string& text) {
    if (text == "nil") return kNothing;
    unsigned number = 0;
    if (!test::read_number(text, 0, 200, number)) throw std::runtime_error(text);
    return static_cast<Value>(number);
  }

  const Scenario& scenario_;
  const bool may_be_cleared_;
  std::vector<History> histories_;
};

class LoxStage final : public Stage {
 public:
  explicit LoxStage(std::vector<std::string> command) : command_(std::move(command)) {
    command_.emplace_back("-");
  }

  [[nodiscard]] std::string name() const override { return "lox"; }

  bool play(std::uint64_t seed, std::uint64_t runs) override {
    const Scenario scenario = draw(seed);
    begin_scenario();
    Watch::begin(name() + ", " + text(scenario));
    test::ProcessOptions how;
    how.input = program(scenario, runs);
    how.time_limit = std::chrono::seconds(240);
    const test::ProcessResult result = test::run_process(command_, how);
    const std::string about = text(scenario) + "\n" + how.input;
    if (result.ending != test::Ending::kExited || result.code != 0 || !result.errors.empty()) {
      return judge(about, 0, "the program failed: " + result.error + result.errors, {});
    }
    std::vector<History> histories;
    try {
      histories = Reader(scenario, runs).read(result.output);
    } catch (const std::exception& error) {
      return judge(about, 0, std::string("the program wrote something else: ") + error.what(), {});
    }
    for (std::size_t run = 0; run < histories.size(); ++run) {
      if (!judge(about, run, "", histories[run])) return false;
    }
    return true;
  }

 private:
  std::vector<std::string> command_;
};

}  // namespace

std::unique_ptr<Stage> make_lox_stage(std::vector<std::string> command) {
  return std::make_unique<LoxStage>(std::move(command));
}

}  // namespace interlox::lin
