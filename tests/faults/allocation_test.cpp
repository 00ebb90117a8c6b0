// SPDX-License-Identifier: BSD-3-Clause
// The nth allocation of a run fails, for every n: in the collected heap, of operator new, of Lua. The run
// ends with a clean error, or without one where it can do without; the same VM then runs another program as
// ever.
#include <cstdlib>
#include <functional>
#include <lua.hpp>
#include <new>
#include <string>

#include "gc/heap.hpp"
#include "tests/faults/scene.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"
#include "vm/lua/runtime.hpp"
#include "vm/lua/state.hpp"

using namespace interlox;
using interlox::test::Scene;
using vm::Result;
using vm::Status;

gc::HeapOptions gc_test_options() {
  gc::HeapOptions options;
  options.can_fail = true;
  return options;
}

namespace {

/// Whose allocations are counted and refused: as gc::fail_allocations() does it for the collected heap.
class Refusals {
 public:
  void begin(std::uint64_t nth, std::uint64_t count) noexcept {
    made_ = 0;
    first_ = nth;
    last_ = nth + count - 1;
  }
  void end() noexcept { last_ = 0; }
  bool is_to_fail() noexcept {
    if (last_.load() == 0) return false;
    const std::uint64_t number = ++made_;
    return number >= first_ && number <= last_;
  }
  bool has_failed() const noexcept { return made_ >= first_; }

 private:
  std::atomic<std::uint64_t> made_{0};
  std::atomic<std::uint64_t> first_{0};
  std::atomic<std::uint64_t> last_{0};
};

Refusals of_new;
Refusals of_lua;

/// Where memory is refused.
struct Source {
  const char* name;
  std::function<void(std::uint64_t nth, std::uint64_t count)> begin;
  std::function<bool()> end;  // whether anything was refused
};

Source collected_heap() {
  return {"the collected heap",
          [](std::uint64_t nth, std::uint64_t count) { gc::fail_allocations(nth, count); },
          [] {
            const bool failed = gc::has_failed_allocation();
            gc::fail_allocations(0);
            return failed;
          }};
}

Source from(const char* name, Refusals& refusals) {
  return {name, [&refusals](std::uint64_t nth, std::uint64_t count) { refusals.begin(nth, count); },
          [&refusals] {
            refusals.end();
            return refusals.has_failed();
          }};
}

constexpr std::uint64_t kAll = 1'000'000'000;

constexpr const char* kLanguage = R"(
class Point { init(x, y) { this.x = x; this.y = y; } sum { return this.x + this.y; } add(p) { return Point(this.x + p.x, this.y + p.y); } }
class Named < Point { init(name) { super.init(1, 2); this.name = name; } toString() { return `${this.name}: ${this.sum}`; } }
fun counter() { var n = 0; return fun () { n += 1; return n; }; }
var c = counter(); c();
var list = [1, 2, 3]; for (var i in 0..40) list.add(i * 2);
var map = ["a": 1]; for (var i in 0..40) map[`k${i}`] = list[i];
var p = Named("n"); p.extra = p.add; p.other = 1; p.third = "x" + "y";
try { throw Error("wrong"); } catch (e) { list.add(e.message); } finally { map.remove("a"); }
try { nil.foo; } catch (e) { list.add(e.trace); }
print p.extra(p).sum + c() + list.length + map.length;
)";

constexpr const char* kLibrary = R"(
import "json" as json;
var m = ConcurrentMap(); for (var i in 0..10) m.set(`k${i}`, i);
var u = Unique("a" + "b"); var a = Atomic(1); a.set(2);
var q = Channel(); q.send([1]); q.receive();
var w = WeakRef(m); var s = Symbol("some" + "name");
onCollect([1], fun (x) {}, 1);
var t = spawn(fun (x) { return [x, x]; }, 5);
var r = t.join();
print json.stringify(json.parse("[1, 2, {}]")) + "a,b".split(",").join("") + `${r[0]} ${m.length}`;
)";

// Threads whose first instructions, results and failures meet the refusal, and the thread that joins them.
constexpr const char* kThreads = R"(
import "collections" for Set;
class Account { init() { this.lock = Mutex(); this.sum = 0; } add(n) { this.lock.with(fun () { this.sum += n; }); } }
fun work(account, requests, answers) {
  for (var r in requests) { account.add(r); answers.send([`${r}`, r * 2, ["n": r]]); }
  return "done" + `${account.sum > 0}`;
}
var account = Account(); var requests = Channel(); var answers = Channel(); var workers = [];
try {
  for (var i in 0..2) workers.add(spawn(work, account, requests, answers));
  for (var i in 1..7) requests.send(i);
} finally { requests.close(); }
var ends = []; for (var w in workers) ends.add(w.join());
var sum = 0; var names = Set();
for (var i in 1..7) { var a = answers.receive(); sum += a[1] + a[2]["n"]; names.add(a[0]); }
var failing = spawn(fun () { throw Error("wrong" + "ly"); }); var message = nil;
try { failing.join(); } catch (e) { message = e.message; if (message != "wrongly") throw e; }
print account.sum + sum; print names.length; print ends.join(" ") + " " + message;
)";

// Under sanitizers, to which the next one is much like the last.
constexpr std::uint64_t kStride = interlox::test::kSlowdown;

/// Runs `source` with the nth allocation refused (and as many after it as `count` says), n = 1, 2, ... until
/// none is. How many runs failed.
int run_with_every_refusal(const Source& refused, const char* source, std::uint64_t count,
                           const std::string& good) {
  Scene scene;
  int failures = 0;
  for (std::uint64_t nth = 1;; nth += kStride) {
    INFO(refused.name << ", allocation " << nth);
    const std::size_t printed = scene.output->text().size();
    Result result;
    bool escaped = false;
    refused.begin(nth, count);
    try {
      result = scene.machine->run(source);
    } catch (const std::bad_alloc&) {  // there was not even memory to say so
      escaped = true;
    }
    const bool failed = refused.end();
    if (escaped) {
      ++failures;
    } else if (result.status == Status::ok) {
      REQUIRE(scene.output->text().substr(printed) == good);
    } else {
      ++failures;
      REQUIRE(result.status == Status::runtime_error);
      REQUIRE(result.error.find("emory") != std::string::npos);
    }
    REQUIRE((failed || (!escaped && result.status == Status::ok)));
    // The VM goes on, with all that the run has left, and a new one can be made.
    const Result after = scene.machine->eval("[1, 2].length + ConcurrentMap().length + `${3}`.length");
    REQUIRE(after.error == "");
    REQUIRE(after.value == vm::Value::number(3));
    if (!failed) return failures;
    if (nth % 200 < kStride) scene.machine = Scene::make_machine();
  }
}

std::string output_of(const char* source) {
  Scene scene;
  const Result result = scene.machine->run(source);
  REQUIRE(result.error == "");
  return scene.output->text();
}

// Lua's own allocator, which may be refused memory as well.
lua_Alloc luas_own = nullptr;
void* refusing(void* context, void* block, std::size_t old_size, std::size_t size) {
  const bool grows = size != 0 && (block == nullptr || size > old_size);
  return grows && of_lua.is_to_fail() ? nullptr : luas_own(context, block, old_size, size);
}

constexpr const char* kScript = R"(
local trie, unique, gc = require "interlox.trie", require "interlox.unique", require "interlox.gc"
local symbols, thread, vm = require "interlox.symbols", require "interlox.thread", require "interlox.vm"
local m = trie.new()
for i = 1, 20 do m:store("k" .. i, i); m:swap(i, 1.5) end
local n = 0
for k, v in m:pairs() do n = n + 1 end
local h = unique.make({1, "a", {true}})
local c = thread.channel()
c:send({a = 1, b = {2}})
local t = thread.spawn(function(x) return x, "y" end, 5)
local w, s = gc.weak(m), symbols.intern("some name")
gc.cleanup(vm.eval("[1]"), c, 1)
local x, y = t:join()
local l = vm.eval("[1, [2: 3]]")
return n .. h:value()[2] .. c:recv().b[1] .. x .. y .. tostring(l) .. w:get():count() .. s.name
)";

/// As the one above, for a script of Lua.
int script_with_every_refusal(const Source& refused, std::uint64_t count) {
  Scene scene;
  int failures = 0;
  for (std::uint64_t nth = 1;; nth += kStride) {
    INFO(refused.name << ", allocation " << nth);
    bool failed = false, escaped = false;
    refused.begin(nth, count);
    try {
      lua::Options options;
      options.make_vm = Scene::make_machine;
      const lua::State state(std::make_shared<lua::Context>(std::move(options), true));
      lua_State* const l = state.get();
      void* context = nullptr;
      luas_own = lua_getallocf(l, &context);
      lua_setallocf(l, refusing, context);
      const int status = luaL_dostring(l, kScript);
      failed = refused.end();
      const std::string text = lua_type(l, -1) == LUA_TSTRING ? lua_tostring(l, -1) : "no text";
      if (status == LUA_OK) {
        REQUIRE(text == "40a25y[1, [2: 3]]40some name");
      } else {
        ++failures;
        INFO(text);
        REQUIRE(text.find("emory") != std::string::npos);
      }
      REQUIRE((failed || status == LUA_OK));
      REQUIRE(luaL_dostring(l, "return require('interlox.trie').new():count()") == LUA_OK);
    } catch (const std::bad_alloc&) {  // from the state's start
      escaped = true;
    }
    if (escaped) {
      failed = refused.end();
      REQUIRE(failed);
      ++failures;
    }
    if (!failed) return failures;
  }
}

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return of_new.is_to_fail() ? nullptr : std::malloc(bytes == 0 ? 1 : bytes);
}
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  void* const block = operator new(bytes, std::nothrow);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept { std::free(block); }

TEST_CASE("a program whose nth allocation fails ends with an error, and the VM goes on") {
  const char* const source = GENERATE(kLanguage, kLibrary, kThreads);
  const std::string good = output_of(source);
  CHECK(run_with_every_refusal(collected_heap(), source, 1, good) > 50 / interlox::test::kSlowdown);
  CHECK(run_with_every_refusal(collected_heap(), source, kAll, good) > 50 / interlox::test::kSlowdown);
  CHECK(run_with_every_refusal(from("operator new", of_new), source, 1, good) >
        20 / interlox::test::kSlowdown);
  CHECK(run_with_every_refusal(from("operator new", of_new), source, kAll, good) >
        20 / interlox::test::kSlowdown);
}

TEST_CASE("a script of Lua whose nth allocation fails ends with an error, and the VM goes on") {
  const std::uint64_t count = GENERATE(std::uint64_t{1}, kAll);
  static_cast<void>(script_with_every_refusal(collected_heap(), count));
  static_cast<void>(script_with_every_refusal(from("operator new", of_new), count));
  static_cast<void>(script_with_every_refusal(from("Lua", of_lua), count));
}

TEST_CASE("a VM whose nth allocation fails is not made, and the next one is") {
  const vm::ThreadScope scope;
  for (const Source& refused : {collected_heap(), from("operator new", of_new)}) {
    for (std::uint64_t nth = 1;; ++nth) {
      INFO(refused.name << ", allocation " << nth);
      refused.begin(nth, 1);
      bool made = true;
      try {
        static_cast<void>(Scene::make_machine());
      } catch (const std::bad_alloc&) {
        made = false;
      }
      const bool failed = refused.end();
      REQUIRE((made || failed));
      const auto machine = Scene::make_machine();
      REQUIRE(machine->eval("1 + 1").value == vm::Value::number(2));
      if (!failed) break;
    }
  }
}
