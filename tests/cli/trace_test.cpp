// SPDX-License-Identifier: BSD-3-Clause
// --trace: what is in the file, that viewers can open it, and that it is there however the program ends.
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "tests/cli/program.hpp"
#include "tests/support/catch.hpp"

namespace {

using interlox::test::Ending;
using interlox::test::interlox_with;
using interlox::test::ProcessOptions;
using interlox::test::ProcessResult;
using interlox::test::run_process;
using interlox::test::TemporaryFile;

const std::string kChecker = INTERLOX_SOURCE_DIR "/tests/cli/check_trace.lox";

/// What the checker lists of a trace that it finds right.
std::string listed(const TemporaryFile& trace) {
  const ProcessResult got = interlox_with({kChecker, trace.path()});
  CHECK(got.errors.empty());
  CHECK(got.code == 0);
  return got.output;
}

ProcessResult traced(const TemporaryFile& trace, const std::string& source) {
  return interlox_with({"--trace=" + trace.path(), "-e", source});
}

void check_has(const std::string& list, const std::string& what) {
  INFO(list);
  CHECK(list.find(what) != std::string::npos);
}

std::string document() {
  std::ifstream file(INTERLOX_SOURCE_DIR "/docs/observing.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// A bit of everything.
const std::string kProgram = R"(
  import "time";
  var map = ConcurrentMap();
  for (var i in 0..5000) map.set(i, i);
  for (var i in 0..5000) map.remove(i);
  for (var i in 0..100) map.set(i, i);
  map.clear();
  // Many: of one, something that looks like its address might keep it.
  fun cleanedUp() { class Thing {} for (var i in 0..1000) onCollect(Thing(), fun (x) {}, 1); }
  cleanedUp();
  for (var i in 0..50) Unique(`handle ${i}`);
  // Often: whoever is early or late now and then, each of these waits some time.
  var results = Channel();
  var mutex = Mutex();
  for (var i in 0..25) {
    mutex.lock();
    var holder = spawn(fun () { mutex.lock(); results.send(1); mutex.unlock(); });
    var receiver = spawn(fun () { results.receive(); });
    time.sleep(0.004);
    mutex.unlock();
    holder.join();
    receiver.join();
    spawn(fun () { time.sleep(0.004); }).join();
  }
  GC.collect();
  GC.collect();
  var kept = [];
  for (var i in 0..300000) kept.add([i, i, i, i, i, i, i, i]);
  print "done";
)";

// Threads that compute, allocate, wait, change maps, come and go; and "begun", with more than the buffer of
// its output holds.
const std::string kEndless = R"(
  import "time";
  fun start(f) { spawn(f); }
  start(fun () { while (true) {} });
  start(fun () { var list = []; while (true) list = [list.length]; });
  start(fun () { Channel().receive(); });
  start(fun () { time.sleep(1000); });
  start(fun () {
    while (true) {
      var map = ConcurrentMap();
      for (var i in 0..3000) map.set(i, Unique(i));
      map.clear();
    }
  });
  print "begun";
  var s = "0123456789abcdef";
  for (var i = 0; i < 13; i = i + 1) s = s + s;
  print s;
  while (true) { spawn(fun () => 1).join(); GC.collect(); }
)";

}  // namespace

TEST_CASE("a trace has events of all kinds, in the form that viewers open") {
  const TemporaryFile trace("all.json", "");
  const ProcessResult got = traced(trace, kProgram);
  CHECK(got.code == 0);
  CHECK(got.output == "done\n");
  CHECK(got.errors.empty());
  const std::string list = listed(trace);
  for (const char* what : {"X collection:",
                           "X pause:",
                           "X stop the world:",
                           "X mark:",
                           "X clear weak references:",
                           "X start the world:",
                           "X reclaim:",
                           "i heap resized:",
                           "C heap:",
                           "C used:",
                           "C reclaimed nodes:",
                           "C retired nodes:",
                           "C handles:",
                           "C symbols:",
                           "C leaf splits:",
                           "X root grows:",
                           "X root shrinks:",
                           "X map cleared: 1\n",
                           "X thread: ",
                           "X sleep():",
                           "X lock():",
                           "X join():",
                           "X receive():",
                           "X cleanup:",
                           "X prune tables:",
                           "thread Collector",
                           "thread Main thread",
                           "thread <Thread 1>",
                           "thread <Thread 2>",
                           "thread Cleanups",
                           "thread Pruner",
                           "dropped 0"}) {
    check_has(list, what);
  }
}

TEST_CASE("docs/observing.md names all events of a trace") {
  const TemporaryFile trace("named.json", "");
  CHECK(traced(trace, kProgram).code == 0);
  const std::string text = document();
  std::istringstream list(listed(trace));
  int events = 0;
  for (std::string line; std::getline(list, line);) {
    std::smatch parts;
    if (!std::regex_match(line, parts, std::regex("[XiC] (.*): [0-9]+"))) continue;
    ++events;
    INFO(line);
    CHECK(text.find("`" + parts[1].str() + "`") != std::string::npos);
  }
  CHECK(events > 20);
}

TEST_CASE("a trace counts the nodes that the collector has reclaimed, where they are counted") {
  const TemporaryFile trace("nodes.json", "");
  const ProcessResult got =
      interlox_with({"--count-nodes", "--trace=" + trace.path(), "-e",
                     "var m = ConcurrentMap(); for (var i in 0..1000) m.set(i, i); m.clear(); "
                     "GC.collect(); print GC.stats()[\"nodes_retired\"] > 1000;"});
  CHECK(got.output == "true\n");
  std::ifstream file(trace.path());
  std::stringstream text;
  text << file.rdbuf();
  CHECK(std::regex_search(text.str(), std::regex("\"reclaimed nodes\"[^\n]*\"since start\":[1-9][0-9]{3}")));
}

TEST_CASE("a trace is written however the program ends") {
  const auto is_written = [](const TemporaryFile& trace, const ProcessResult& got, int code) {
    CHECK(got.ending == Ending::kExited);
    CHECK(got.code == code);
    const std::string list = listed(trace);
    check_has(list, "thread Main thread");
    return list;
  };
  const TemporaryFile trace("ends.json", "");
  is_written(trace, traced(trace, "import \"os\"; os.exit(3);"), 3);
  is_written(trace, traced(trace, "print -nil;"), 70);
  is_written(trace, traced(trace, "var;"), 65);
  check_has(is_written(trace, traced(trace, "Channel().receive();"), 70), "X receive(): 1\n");
  const TemporaryFile script("ends.lua", "os.exit(4)");
  is_written(trace, interlox_with({"--trace=" + trace.path(), "lua", script.path()}), 4);
  ProcessOptions options;
  options.interrupt_on = "begun";
  is_written(trace, run_process({INTERLOX_PROGRAM, "--trace=" + trace.path(), "-e", kEndless}, options), 130);
}

TEST_CASE("SIGTERM lets the program write what it has, and then is what it has died of") {
  const TemporaryFile trace("term.json", "");
  ProcessOptions options;
  options.interrupt_on = "begun";
  options.interrupt_signal = SIGTERM;
  const ProcessResult got =
      run_process({INTERLOX_PROGRAM, "--trace=" + trace.path(), "--stats", "-e", kEndless}, options);
  CHECK(got.ending == Ending::kSignalled);
  CHECK(got.code == SIGTERM);
  CHECK(got.output.size() > 100'000);
  CHECK(got.errors.starts_with("heap "));
  check_has(listed(trace), "thread Main thread");
}

TEST_CASE("a trace that can't be written is exit code 74, before the program runs or after") {
  const ProcessResult before = interlox_with({"--trace=/nonexistent/x.json", "-e", "print 1;"});
  CHECK(before.code == 74);
  CHECK(before.output.empty());
  CHECK(before.errors == "interlox: cannot write '/nonexistent/x.json': No such file or directory\n");
  const ProcessResult after = interlox_with({"--trace=/dev/full", "-e", "print 1;"});
  CHECK(after.code == 74);
  CHECK(after.output == "1\n");
  CHECK(after.errors == "interlox: cannot write '/dev/full': No space left on device\n");
  CHECK(interlox_with({"--trace=/dev/full", "-e", "print -nil;"}).code == 70);
  const ProcessResult unnamed = interlox_with({"--trace", "-e", "print 1;"});
  CHECK(unnamed.code == 64);
  CHECK(unnamed.errors ==
        "interlox: option '--trace' needs a file to write, as in --trace=FILE\nTry 'interlox --help'.\n");
}
