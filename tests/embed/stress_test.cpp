// SPDX-License-Identifier: BSD-3-Clause
// The embedding interface under a collector that runs at every few allocations.
#include <memory>
#include <string>
#include <vector>

#include "gc/heap.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"
#include "vm/embed/interlox.hpp"

using interlox::Arguments;
using interlox::Interpreter;
using interlox::Value;

interlox::gc::HeapOptions gc_test_options() {
  interlox::gc::HeapOptions options;
  options.stress = 7;
  options.initial_heap = 4u << 20;
  return options;
}

TEST_CASE("values that only the host holds stay") {
  Interpreter interpreter;
  std::vector<Value> held;
  for (int i = 0; i < 40; ++i) {
    held.push_back(Value::list({std::string("text ") + std::to_string(i), Value::map({{"k", i}})}));
  }
  const std::vector<Value> copies = held;
  held.clear();
  for (int i = 0; i < 40; ++i) {
    const Value& list = copies[static_cast<std::size_t>(i)];
    CHECK(list.element(0).value().as_string() == "text " + std::to_string(i));
    CHECK(list.element(1).value().element("k").value() == i);
  }
}

TEST_CASE("arguments, results and host objects stay while they are used") {
  Interpreter interpreter;
  interpreter.define("pair", 2, [](Arguments in) {
    return Value::list({in[1], in[0], "made" + in[0].as_string()});
  });
  interlox::Class<std::string> text("Text");
  text.constructor(1, [](Arguments in) { return std::make_shared<std::string>(in[0].as_string()); })
      .method("add", 1,
              [](std::string& self, Arguments in) {
                const Value before(self);
                Value::list({before, in[0]});
                self += in[0].as_string();
                return before;
              })
      .property("all", [](const std::string& self) { return self; });
  interpreter.define(text);
  const interlox::Result ran = interpreter.run(R"(
    var t = Text("a");
    for (var i = 0; i < 10; i = i + 1) t.add("b" + "c");
    var got = pair(t.all, "x" + "y");
  )");
  CHECK(ran.ok());
  CHECK(interpreter.global("got").value().text().value() ==
        "[\"xy\", \"abcbcbcbcbcbcbcbcbcbc\", \"madeabcbcbcbcbcbcbcbcbcbc\"]");
  CHECK(interpreter.run("pair(1, 2);").error().message ==
        "interlox::Value::as_string: the value is a number, not a string");
}
