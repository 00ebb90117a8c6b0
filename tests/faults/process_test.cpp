// SPDX-License-Identifier: BSD-3-Clause
// Signals and forks in a process with threads that allocate, wait and collect.
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <lua.hpp>
#include <string>
#include <sys/time.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "gc/heap.hpp"
#include "tests/faults/scene.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"
#include "vm/lua/runtime.hpp"
#include "vm/lua/state.hpp"

using namespace interlox;
using interlox::test::Scene;

namespace {

std::atomic<std::uint64_t> signals{0};

/// A profiler's signals, about a thousand a second of processor time and as many of wall time, which
/// interrupt every system call that they meet.
class Storm {
 public:
  Storm() {
    struct sigaction action {};
    action.sa_handler = [](int) { signals.fetch_add(1, std::memory_order_relaxed); };  // no SA_RESTART
    sigaction(SIGPROF, &action, &before_[0]);
    sigaction(SIGALRM, &action, &before_[1]);
    set(1000);
  }
  ~Storm() {
    set(0);
    sigaction(SIGPROF, &before_[0], nullptr);
    sigaction(SIGALRM, &before_[1], nullptr);
  }
  Storm(const Storm&) = delete;
  Storm& operator=(const Storm&) = delete;

 private:
  static void set(suseconds_t interval) {
    const itimerval timer{{0, interval}, {0, interval}};
    setitimer(ITIMER_PROF, &timer, nullptr);
    setitimer(ITIMER_REAL, &timer, nullptr);
  }

  struct sigaction before_[2];
};

constexpr const char* kThreads = R"(
import "time" as time;
class Node { init(next) { this.next = next; } }
fun work(rounds) {
  var total = 0;
  for (var i in 0..rounds) { var list = nil; for (var k in 0..50) list = Node(list); total += `${i}`.length; }
  return total;
}
var requests = Channel(0);
var answers = Channel();
var server = spawn(fun () { for (var r in requests) answers.send(r * 2); });
var threads = [];
for (var i in 0..3) threads.add(spawn(work, 300));
var sum = 0;
for (var i in 0..100) { requests.send(i); sum += answers.receive(); if (i % 10 == 0) { GC.collect(); time.sleep(0.002); } }
requests.close();
server.join();
for (var t in threads) sum += t.join();
print sum;
)";

std::string run_script(lua_State* state, const char* script) {
  const int status = luaL_dostring(state, script);
  const char* const text = lua_tostring(state, -1);
  return (status == LUA_OK ? "" : "error: ") + std::string(text == nullptr ? "no text" : text);
}

/// Threads that allocate and collect until this ends.
class Busy {
 public:
  Busy() {
    for (int i = 0; i < 2; ++i) {
      threads_.push_back(gc::start_thread([this] {
        while (!stop_.load()) {
          for (int k = 0; k < 1000; ++k) static_cast<void>(gc::allocate(static_cast<std::size_t>(k)));
          gc::collect();
        }
      }));
    }
  }
  ~Busy() { stop_.store(true); }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

 private:
  std::atomic<bool> stop_{false};
  std::vector<std::jthread> threads_;
};

}  // namespace

TEST_CASE("a storm of signals disturbs neither threads nor waits nor collections") {
  Scene scene;
  REQUIRE(scene.machine->run(kThreads).error == "");
  const std::string expected = scene.output->text();
  CHECK(expected == "12270\n");
  const std::uint64_t before = signals.load();
  {
    const Storm storm;
    for (int i = 0; i < 10; ++i) CHECK(scene.machine->run(kThreads).error == "");
  }
  std::string all = expected;
  for (int i = 0; i < 10; ++i) all += expected;
  CHECK(scene.output->text() == all);
  CHECK(signals.load() - before > 100);
}

TEST_CASE("a line that is read comes whole through a storm of signals") {
  Scene scene;
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  REQUIRE(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
  std::jthread writer([&] {
    for (const char* const part : {"a line ", "in three ", "parts\nand an", "other\n"}) {
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
      static_cast<void>(write(ends[1], part, std::strlen(part)) == 0);
    }
    close(ends[1]);
  });
  {
    const Storm storm;
    CHECK(scene.machine->run("import \"io\" as io; for (var i in 0..3) print io.readLine();").error == "");
  }
  CHECK(scene.output->text() == "a line in three parts\nand another\nnil\n");
  close(ends[0]);
}

TEST_CASE("a script of Lua starts programs while other threads allocate and collect") {
  Scene scene;
  const Busy busy;
  lua::Options options;
  options.make_vm = Scene::make_machine;
  const lua::State state(std::make_shared<lua::Context>(std::move(options), false));
  CHECK(run_script(state.get(), R"(
    local thread = require "interlox.thread"
    local threads = {}
    for i = 1, 2 do
      threads[i] = thread.spawn(function()
        local n = 0
        for _ = 1, 10 do
          assert(os.execute("true"))
          local pipe = assert(io.popen("echo 7"))
          n = n + pipe:read("n")
          pipe:close()
        end
        return n
      end)
    end
    return threads[1]:join() + threads[2]:join() + (os.execute("exit 3") and 0 or 1)
  )") == "141");
}

TEST_CASE("the child of a fork finds the collected heap free, whatever the other threads were doing") {
  const vm::ThreadScope scope;
  const Busy busy;
  for (int i = 0; i < 40; ++i) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      alarm(60);  // a lock that nobody frees ends the child
      for (int k = 0; k < 2000; ++k) static_cast<void>(gc::allocate(static_cast<std::size_t>(k % 500)));
      gc::collect();
      _exit(7);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    REQUIRE(WIFEXITED(status));
    REQUIRE(WEXITSTATUS(status) == 7);
  }
}
