// SPDX-License-Identifier: BSD-3-Clause
// Sends SIGINT to programs whose threads compute, wait, hold locks, talk, sleep, read and collect, at moments
// that are drawn: each must end by itself, with the exit code for that, without a word, and with what it had
// printed.
//   interlox_interrupted_programs [--runs=N | --seconds=N] [--seed=N] INTERLOX
// Ends with 0, with 1 after a fault, or with 64.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/options.hpp"
#include "tests/support/process.hpp"
#include "trie/hash.hpp"

namespace interlox::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kUsage = 64;
constexpr int kInterrupted = 130;  // as the shell says it of a process that SIGINT has ended
constexpr std::size_t kMostFaults = 10;

/// What runs until it is interrupted, after it has printed a line.
struct Program {
  const char* name;
  std::vector<std::string> words;
};

const std::vector<Program>& programs() {
  static const std::vector<Program> all = [] {
    const std::string prelude =
        "import \"time\" as time; import \"io\" as io; fun forever(f) { while (true) f(); }"
        "var flood = \"0123456789abcdef\"; for (var i in 0..12) flood = flood + flood;\n";
    const auto lox = [&](const char* name, const std::string& body) {
      return Program{name, {"-e", prelude + "print \"begun\"; print flood;\n" + body}};
    };
    return std::vector<Program>{
        lox("loops",
            "for (var i in 0..3) spawn(fun () { var n = 0; while (true) n += 1; }); while (true) {}"),
        lox("allocations",
            "for (var i in 0..3) spawn(forever, fun () { var l = []; for (var k in 0..100) l.add([k]); });"
            "forever(fun () { `${[1]}`.length; });"),
        lox("collections",
            "spawn(forever, fun () { var l = []; for (var k in 0..100) l.add(`${k}`); });"
            "forever(fun () { GC.collect(); });"),
        lox("locks",
            "var m = Mutex(); var n = 0; fun work() { m.with(fun () { n += 1; }); }"
            "for (var i in 0..3) spawn(forever, work); forever(work);"),
        lox("channels",
            "var a = Channel(0); var b = Channel(1);"
            "spawn(forever, fun () { b.send(a.receive()); }); spawn(forever, fun () { a.send([1]); });"
            "forever(fun () { b.receive(); });"),
        lox("joins", "forever(fun () { spawn(fun (x) { return x; }, 5).join(); });"),
        lox("waits",
            "var c = Channel(); var m = Mutex(); m.lock(); spawn(fun () { m.lock(); });"
            "spawn(fun () { time.sleep(1000); c.send(1); }); c.receive();"),
        lox("sleeps", "spawn(forever, fun () { time.sleep(0.0001); }); time.sleep(1000);"),
        lox("reads", "spawn(forever, fun () { time.sleep(0.001); }); forever(fun () { io.readLine(); });"),
        lox("errors",
            "fun deep(n) { if (n == 0) throw Error(\"end\"); deep(n - 1); }"
            "forever(fun () { try { deep(50); } catch (e) { e.trace; } });"),
        lox("prints", "spawn(forever, fun () { print \"more\"; }); forever(fun () { print \"more\"; });"),
        lox("maps",
            "var m = ConcurrentMap(); fun work() { for (var i in 0..50) { m.set(`k${i}`, i); "
            "m.remove(`k${i}`); } }"
            "for (var i in 0..2) spawn(forever, work); forever(work);"),
        lox("weak",
            "forever(fun () { onCollect([1], fun (x) { x + 1; }, 1); WeakRef([2]); Unique(`${[1]}`); "
            "GC.collect(); });"),
        {"lua", {"lua", INTERLOX_INTERRUPTED_SCRIPT}},
    };
  }();
  return all;
}

/// What is wrong with an interrupted run; null if nothing is.
const char* fault(const ProcessResult& r) {
  if (r.ending == Ending::kTimedOut) return "it went on";
  if (r.ending != Ending::kExited) return "it crashed";
  if (r.code != kInterrupted) return "its exit code is another one";
  if (!r.errors.empty()) return "it complained";
  if (!r.output.starts_with("begun\n")) return "what it has printed is lost";
  return nullptr;
}

struct Options {
  std::uint64_t runs = 200;
  std::uint64_t seconds = 0;
  std::uint64_t seed = trie::random_seed() % 1'000'000'000;
  std::string interlox;
};

bool interrupt_all(const Options& options) {
  std::cout << "seed " << options.seed << '\n';
  std::mt19937_64 random(options.seed);
  const Clock::time_point end = Clock::now() + std::chrono::seconds(options.seconds);
  std::uint64_t runs = 0;
  std::size_t faults = 0;
  std::chrono::milliseconds slowest{0};  // with its start
  const auto goes_on = [&] { return options.seconds != 0 ? Clock::now() < end : runs < options.runs; };
  for (; goes_on() && faults < kMostFaults; ++runs) {
    const Program& program = programs()[runs % programs().size()];
    std::vector<std::string> words = program.words;
    words.insert(words.begin(), options.interlox);
    ProcessOptions how;
    how.interrupt_on = "begun";
    how.interrupt_delay = std::chrono::milliseconds(random() % 16);
    how.input_stays = true;  // who reads, waits
    how.time_limit = std::chrono::seconds(20);
    const Clock::time_point begin = Clock::now();
    const ProcessResult r = run_process(words, how);
    slowest = std::max(slowest, std::chrono::round<std::chrono::milliseconds>(Clock::now() - begin));
    if (const char* const what = fault(r)) {
      ++faults;
      std::cout << program.name << ", run " << runs << ": " << what << " (" << r.code << ")\n"
                << r.output.substr(0, 1000) << r.errors << r.error << '\n';
    }
  }
  std::cout << runs << " runs, the longest of " << slowest.count() << " ms, " << faults << " faults\n";
  return faults == 0;
}

bool read_option(std::string_view word, Options& options) {
  if (const auto value = value_of(word, "--runs=")) return read_number(*value, options.runs);
  if (const auto value = value_of(word, "--seconds=")) return read_number(*value, options.seconds);
  if (const auto value = value_of(word, "--seed=")) return read_number(*value, options.seed);
  return false;
}

int run_main(const std::vector<std::string_view>& words) {
  Options options;
  for (const std::string_view word : words) {
    if (read_option(word, options)) continue;
    if (word.starts_with("--") || !options.interlox.empty()) return kUsage;
    options.interlox = word;
  }
  if (options.interlox.empty()) return kUsage;
  return interrupt_all(options) ? 0 : 1;
}

}  // namespace
}  // namespace interlox::test

int main(int argc, char* argv[]) {
  const int code = interlox::test::run_main({argv + 1, argv + argc});
  if (code == 64)
    std::cerr << "usage: interlox_interrupted_programs [--runs=N | --seconds=N] [--seed=N] INTERLOX\n";
  return code;
}
