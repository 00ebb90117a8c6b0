// SPDX-License-Identifier: BSD-3-Clause
// Snapshots of the heap: every live object of a program is in them, by the way that keeps it.
#include "vm/heap_snapshot.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <new>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "gc/clear_stack.hpp"
#include "gc/root.hpp"
#include "gc/stats.hpp"
#include "tests/stdlib/program.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"
#include "tests/support/heap_snapshot.hpp"
#include "vm/list.hpp"

using namespace interlox;
using test::Snapshot;

namespace {

const std::string kFile =
    std::filesystem::temp_directory_path() / ("interlox-" + std::to_string(getpid()) + ".heapsnapshot");

struct RemoveFile {
  ~RemoveFile() { std::filesystem::remove(kFile); }
};

Snapshot take() {
  const RemoveFile remove;
  REQUIRE(vm::write_heap_snapshot(kFile.c_str()) == 0);
  Snapshot snapshot = test::read_snapshot(kFile);
  CHECK(snapshot.faults == std::vector<std::string>{});
  return snapshot;
}

/// The snapshot after `source` has run, whose globals are still there.
Snapshot of(const std::string& source) {
  test::Program program({"concurrent"});
  REQUIRE(program.run(source).empty());
  return take();
}

/// The node that the root has by this name.
std::size_t root_node(const Snapshot& snapshot, const std::string& name) {
  const auto from = name[0] == '(' ? snapshot.follow({0}, "(GC roots)") : std::set<std::size_t>{0};
  const auto found = snapshot.follow(from, name);
  REQUIRE(found.size() == 1);
  return *found.begin();
}

}  // namespace

TEST_CASE("a snapshot has every object of a program, by what keeps it") {
  using Path = std::vector<std::string>;
  const Snapshot snapshot = of(R"(
    class Point {
      init(x) { this.x = x; this.label = "label " + String(x); this.more = nil; }
      len() { return 1; }
      class origin() { return Point(0); }
    }
    class Point3 < Point { depth() { return 3; } }
    var points = [Point(1), Point3(2)];
    points[0].more = points[1];
    for (var i = 0; i < 20; i += 1) points[0].more = points[1];
    var map = ["k": ["in map"], 7: Point(7), true: [1]];
    map[points[0]] = ["by object"];
    fun counter() { var held = ["captured"]; return fun () { return held; }; }
    var closure = counter();
    var concurrent_map = ConcurrentMap();
    for (var i = 0; i < 100; i += 1) concurrent_map.set("key " + String(i), [i]);
    var channel = Channel();
    channel.send(["first"]);
    channel.send(["second"]);
    var handle = Unique(["tuple", 1]);
    var text_handle = Unique("text of a handle");
    var nested = Unique(handle);
    var atomic = Atomic(["in an atomic"]);
    var bound = points[0].len;
    var bound_native = points.add;
    var symbol = Symbol("a symbol");
    var range = 1..2;
    var mutex = Mutex();
    var weak = WeakRef(points);
    var cleanup = onCollect(points, fun (x) {}, ["argument"]);
    var failed = spawn(fun () { return ["result"]; });
    failed.join();
    var unique_text = `${"un"}${"usual"}`;
  )");
  const std::vector<std::pair<Path, std::string>> expected = {
      {{"points"}, "array List"},
      {{"points", "0"}, "object Point"},
      {{"points", "1"}, "object Point3"},
      {{"points", "0", "label"}, "string label 1"},
      {{"points", "0", "more"}, "object Point3"},
      {{"points", "0", "class"}, "object class Point"},
      {{"Point3"}, "object class Point3"},
      {{"Point3", "superclass"}, "object class Point"},
      {{"Point3", "len"}, "closure len"},
      {{"Point3", "depth"}, "closure depth"},
      {{"Point", "origin"}, "closure origin"},
      {{"Point", "initializer"}, "closure init"},
      {{"Point", "name"}, "symbol Point"},
      {{"map"}, "object Map"},
      {{"map", "k", "0"}, "string in map"},
      {{"map", "7"}, "object Point"},
      {{"map", "true"}, "array List"},
      {{"map", "Point", "0"}, "string by object"},
      {{"closure", "function"}, "code fn"},
      {{"closure", "captured 0"}, "object captured variable"},
      {{"closure", "captured 0", "value", "0"}, "string captured"},
      {{"counter"}, "closure counter"},
      {{"concurrent_map"}, "object ConcurrentMap"},
      {{"concurrent_map", "key 57"}, "array List"},
      {{"channel", "0", "0"}, "string first"},
      {{"channel", "1", "0"}, "string second"},
      {{"handle", "value"}, "array tuple"},
      {{"handle", "value", "0"}, "string tuple"},
      {{"nested", "value"}, "object Unique"},
      {{"text_handle"}, "object Unique"},
      {{"atomic", "value", "0"}, "string in an atomic"},
      {{"bound", "receiver"}, "object Point"},
      {{"bound", "method"}, "closure len"},
      {{"bound_native", "receiver"}, "array List"},
      {{"symbol"}, "symbol a symbol"},
      {{"range"}, "object Range"},
      {{"mutex"}, "object Mutex"},
      {{"weak"}, "object WeakRef"},
      {{"weak", "target"}, "0 nodes"},  // not by what is strong
      {{"cleanup", "argument", "0"}, "string argument"},
      {{"cleanup", "action"}, "closure fn"},
      {{"cleanup", "target"}, "0 nodes"},
      {{"failed", "result", "0"}, "string result"},
      {{"unique_text"}, "string unusual"},
      {{"concurrent"}, "object module concurrent"},
      {{"concurrent", "Pool", "name"}, "symbol Pool"},
  };
  for (const auto& [path, what] : expected) {
    INFO(path.back() << " behind " << path.front());
    CHECK(snapshot.what(path) == what);
  }
  CHECK(snapshot.count("Point") == 3);  // two, and the symbol
  CHECK(snapshot.at({"concurrent_map", "key"}).size() == 100);
}

TEST_CASE("weak edges say what is referred to without being kept") {
  const Snapshot snapshot =
      of("var list = [[1]]; var weak = WeakRef(list); var gone = WeakRef([2]); var s = Symbol(\"kept\");");
  const auto weak_edges = [&](std::size_t node) {
    std::vector<std::string> names;
    for (const auto& edge : snapshot.nodes[node].edges) {
      if (edge.type == "weak") names.push_back(snapshot.nodes[edge.to].name);
    }
    return names;
  };
  const std::set<std::size_t> weak = snapshot.at({"weak"});
  REQUIRE(weak.size() == 1);
  CHECK(weak_edges(*weak.begin()) == std::vector<std::string>{"List"});
  const auto symbols = weak_edges(root_node(snapshot, "(Symbol table)"));
  CHECK(std::count(symbols.begin(), symbols.end(), "kept") == 1);
  CHECK(snapshot.nodes[root_node(snapshot, "(Symbol table)")].edges.size() == symbols.size());
}

TEST_CASE("what a list or a map has room for counts as theirs") {
  test::Program program;
  REQUIRE(program
              .run("var list = List(10000, nil); var map = Map(); for (var i in 0..10000) map[i] = i;\n"
                   "var trie = ConcurrentMap(); for (var i in 0..10000) trie.set(i, i);")
              .empty());
  const Snapshot snapshot = take();
  const auto size = [&](const std::string& name) {
    return snapshot.nodes[*snapshot.at({name}).begin()].size;
  };
  CHECK(size("list") >= 80'000);
  CHECK(size("list") < 100'000);
  CHECK(size("map") >= 240'000);
  CHECK(size("trie") >= 10'000 * 32);
}

TEST_CASE("sizes add up to what the heap uses") {
  test::Program program;
  REQUIRE(program.run("var texts = []; for (var i in 0..20000) texts.add(`text ${i} of some more bytes`);")
              .empty());
  const Snapshot snapshot = take();
  const std::uint64_t used = gc::stats().used_bytes;  // by whole pages, and with what is not swept yet
  CHECK(snapshot.size() <= used);
  CHECK(snapshot.size() >= 20'000 * 48);
}

TEST_CASE("threads hold what is in their registers") {
  test::Program program;
  REQUIRE(program
              .run(R"(
    var go = Channel(0);
    var ready = Channel(0);
    fun inner(mine) { ready.send(1); go.receive(); return mine; }
    fun outer() { var local = `a ${"local"}`; return inner([`an ${"argument"}`]); }
    var thread = spawn(outer);
    ready.receive();
  )")
              .empty());
  const Snapshot snapshot = take();
  REQUIRE(program.run("go.send(1); thread.join();").empty());
  std::size_t found = 0;
  for (const auto& root : snapshot.nodes[0].edges) {
    for (const auto& edge : snapshot.nodes[root.to].edges) {
      if (edge.name.ends_with(" of outer") && snapshot.nodes[edge.to].name == "a local") ++found;
    }
  }
  CHECK(found == 1);
  CHECK(snapshot.count("an argument") == 1);
}

namespace {

/// An object that only this call has.
[[gnu::noinline]] Snapshot take_holding(const char* text) {
  vm::String* const held = vm::String::make(text);
  vm::List* const list = vm::List::make();
  list->add(vm::Value::object(held));
  Snapshot snapshot = take();
  gc::keep_alive(list);
  return snapshot;
}

}  // namespace

TEST_CASE("what only C++ holds is found") {
  const test::Program program;
  const gc::Root<vm::String> root(vm::String::make("in a root"));
  const Snapshot snapshot = take_holding("on a stack");
  CHECK(snapshot.count("in a root") == 1);
  CHECK(snapshot.count("on a stack") == 1);
  bool is_native = false;
  for (const auto& edge : snapshot.nodes[root_node(snapshot, "(Native roots)")].edges) {
    is_native = is_native || snapshot.nodes[edge.to].name == "in a root";
  }
  CHECK(is_native);
  std::size_t lists = 0;
  for (const auto& edge : snapshot.nodes[root_node(snapshot, "(C++ stacks)")].edges) {
    for (const auto& element : snapshot.nodes[edge.to].edges) {
      lists += snapshot.nodes[element.to].name == "on a stack" ? 1 : 0;
    }
  }
  CHECK(lists == 1);
}

TEST_CASE("long and odd texts are shortened and escaped") {
  test::Program program;
  const std::string odd = std::string("quote \" backslash \\ newline \n byte \xff nul ") + '\0';
  program.machine.set_global("odd", vm::Value::object(vm::String::make(odd)));
  program.machine.set_global("long",
                             vm::Value::object(vm::String::make(std::string(119, 'x') + "\u00e9tail")));
  const Snapshot snapshot = take();
  CHECK(snapshot.what({"odd"}) == R"(string quote \" backslash \\ newline \u000a byte \ufffd nul \u0000)");
  CHECK(snapshot.what({"long"}) == "string " + std::string(119, 'x') + "\u2026");
}

TEST_CASE("a chain is as long as it likes") {
  const Snapshot snapshot = of("var head = nil; for (var i in 0..30000) head = [head];");
  CHECK(snapshot.nodes.size() > 30'000);
}

TEST_CASE("objects keep their ids from one snapshot to the next") {
  test::Program program;
  REQUIRE(program.run("var list = [\"text\"];").empty());
  const Snapshot first = take();
  const Snapshot second = take();
  REQUIRE(first.at({"list"}).size() == 1);
  REQUIRE(second.at({"list"}).size() == 1);
  CHECK(first.nodes[*first.at({"list"}).begin()].id == second.nodes[*second.at({"list"}).begin()].id);
}

TEST_CASE("snapshots are whole while other threads change everything") {
  test::Program program;
  REQUIRE(program
              .run(R"(
    var stop = Atomic(false);
    var trie = ConcurrentMap();
    var list = [];
    var map = Map();
    var channel = Channel(10);
    class Growing {}
    fun work(k) {
      for (var n = 0; !stop.get(); n += 1) {
        trie.set(`k${n % 500}`, [n]);
        trie.remove(`k${n * 7 % 500}`);
        list.add([n]);
        if (n % 50 == 0) list.clear();
        map[`a${n % 100}`] = [k];
        if (n % 300 == 0) map.clear();
        Unique(`u${n % 500}`);
        Symbol(`s${n % 500}`);
        channel.trySend(n);
        channel.tryReceive();
        if (n % 2000 == 0) trie.clear();
        var g = Growing();
        g.a = n; g.b = n; g.c = g; g.d = [g]; g.e = n; g.f = [n];
      }
    }
    var threads = [spawn(work, 0), spawn(work, 1), spawn(work, 2)];
  )")
              .empty());
  for (int i = 0; i < 8; ++i) take();
  CHECK(program.run("stop.set(true); for (var t in threads) t.join();").empty());
}

TEST_CASE("two threads may take snapshots at once") {
  const test::Program program;
  std::atomic<int> errors{0};
  const auto take_some = [&errors](const std::string& path) {
    const vm::ThreadScope scope;
    for (int i = 0; i < 5; ++i) errors += vm::write_heap_snapshot(path.c_str()) == 0 ? 0 : 1;
    std::filesystem::remove(path);
  };
  {
    const std::jthread other = gc::start_thread([&] { take_some(kFile + "2"); });
    take_some(kFile);
  }
  CHECK(errors == 0);
}

TEST_CASE("a file that can't be written is an error") {
  test::Program program;
  CHECK(vm::write_heap_snapshot("/nonexistent/x") == ENOENT);
  CHECK(vm::write_heap_snapshot("/") == EISDIR);
  CHECK(vm::write_heap_snapshot("/dev/full") == ENOSPC);
  CHECK(program.run("GC.snapshot(\"/nonexistent/x\");") ==
        "Cannot write '/nonexistent/x': No such file or directory.");
  CHECK(program.run("GC.snapshot(1);") == "snapshot() path must be a string, not 1.");
}

TEST_CASE("without memory for the graph there is no snapshot, and all goes on") {
  test::Program program;
  REQUIRE(program.run("var texts = []; for (var i in 0..20000) texts.add(`text ${i}`);").empty());
  const RemoveFile remove;
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_AS, &before) == 0);
  unsigned long pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  rlimit tight = before;
  tight.rlim_cur = (pages + 100) * static_cast<rlim_t>(sysconf(_SC_PAGESIZE));
  REQUIRE(setrlimit(RLIMIT_AS, &tight) == 0);
  bool is_refused = false;
  try {
    static_cast<void>(vm::write_heap_snapshot(kFile.c_str()));
  } catch (const std::bad_alloc&) {
    is_refused = true;
  }
  REQUIRE(setrlimit(RLIMIT_AS, &before) == 0);
  CHECK(is_refused);
  CHECK(take().count("text 19999") == 1);
}
