// SPDX-License-Identifier: BSD-3-Clause
// Programs under a collector that runs at every few allocations: what is not reachable for a moment is lost.
#include <memory>
#include <string>

#include "gc/heap.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"
#include "vm/interpreter.hpp"
#include "vm/native_arguments.hpp"
#include "vm/thread.hpp"
#include "vm/vm.hpp"

using namespace interlox;

gc::HeapOptions gc_test_options() {
  gc::HeapOptions options;
  options.stress = 2;
  options.initial_heap = 4u << 20;
  return options;
}

TEST_CASE("a program of every feature runs as ever") {
  const vm::ThreadScope scope;
  vm::VM machine;
  const auto output = std::make_shared<vm::CapturedOutput>();
  vm::Thread::current().set_output(output);
  machine.define_native("apply", 2, [](const vm::Arguments& in) {
    return vm::call_value(in.thread(), in[0], in.values() + 1, 1);
  });
  const vm::Result result = machine.run(R"(
fun counter() { var n = 0; fun up() { n = n + 1; return n; } return up; }
var a = counter(); var b = counter();
a(); a();
print a() + b();
class Animal {
  init(name) { this.name = name; }
  speak() { return this.name + " " + this.sound(); }
  sound() { return "..."; }
}
class Dog < Animal {
  init(name) { super.init(name + "!"); this.tricks = nil; }
  sound() { return "wuff" + " " + "wuff"; }
  add(trick) { class Link { init(t, next) { this.t = t; this.next = next; } } this.tricks = Link(trick, this.tricks); return this; }
  all() { var s = ""; var link = this.tricks; while (link != nil) { s = s + link.t + ";"; link = link.next; } return s; }
}
var dog = Dog("Rex").add("sit").add("roll" + "over").add("play");
print dog.speak(); print dog.all();
var bound = dog.speak; print bound();
dog.a = "1"; dog.b = "2"; dog.c = "3"; dog.d = "4"; dog.e = "5"; dog.f = "6"; dog.g = "7"; dog.h = "8"; dog.i = "9";
print dog.a + dog.b + dog.c + dog.d + dog.e + dog.f + dog.g + dog.h + dog.i;
fun shout(s) { return s + "?"; }
dog.sound = shout; print dog.sound("who");
print apply(shout, "a" + "b");
fun deep(n) { if (n == 0) return ""; return "x" + deep(n - 1); }
print deep(30);
var list = nil;
for (var i = 0; i < 20; i = i + 1) { var j = i; fun f() { return j; } var d = Animal(f); d.next = list; list = d; }
var sum = 0; while (list != nil) { sum = sum + list.name(); list = list.next; }
print sum;
print dog.missing;
)");
  CHECK(output->text() == "4\nRex! wuff wuff\nplay;rollover;sit;\nRex! wuff wuff\n123456789\nwho?\nab?\n" +
                              std::string(30, 'x') + "\n190\n");
  CHECK(result.error == "Undefined property 'missing'.\n[line 31] in script");
}
