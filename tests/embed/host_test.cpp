// SPDX-License-Identifier: BSD-3-Clause
// Functions and classes of a host in programs of the language.
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"
#include "vm/embed/interlox.hpp"

using interlox::Arguments;
using interlox::Arity;
using interlox::Class;
using interlox::Interpreter;
using interlox::Misuse;
using interlox::Value;

namespace {

template <class F>
std::string misuse_of(F f) {
  try {
    f();
  } catch (const Misuse& misuse) {
    return misuse.what();
  }
  return "";
}

std::string error_of(Interpreter& interpreter, std::string_view source) {
  const interlox::Result result = interpreter.run(source);
  return result ? "" : result.error().text;
}

/// Counts those that live.
struct Account {
  explicit Account(double b) : balance(b) { ++living; }
  ~Account() { --living; }
  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;
  double balance;
  static inline std::atomic<int> living{0};
};

Class<Account> account_class() {
  Class<Account> account("Account");
  account.constructor(1, [](Arguments in) { return std::make_shared<Account>(in[0].as_number()); })
      .method("deposit", 1, [](Account& self, Arguments in) { self.balance += in[0].as_number(); })
      .method("take", 1,
              [](Account& self, Arguments in) {
                if (in[0].as_number() > self.balance) throw std::runtime_error("Not enough money.");
                return self.balance -= in[0].as_number();
              })
      .property("balance", [](const Account& self) { return self.balance; });
  return account;
}

/// Overwrites what the stack and registers still have of earlier calls.
void stir(Interpreter& interpreter) {
  interpreter.run("fun deep(n) { if (n > 0) return deep(n - 1) + 1; return 0; } deep(200); Account(0);");
}

}  // namespace

TEST_CASE("functions of the host are called with what the program gives") {
  Interpreter interpreter;
  std::vector<std::string> seen;
  interpreter.define("log", Arity::any(), [&seen](Arguments in) {
    for (const Value& v : in) seen.push_back(v.text().value().as_string());
  });
  CHECK(interpreter.eval("log(1, [2], nil)").value().is_nil());
  CHECK(seen == std::vector<std::string>{"1", "[2]", "nil"});
  interpreter.define("apply", {1, 2},
                     [&interpreter](Arguments in) { return interpreter.call(in[0], in.subspan(1)).value(); });
  CHECK(interpreter.eval("apply(fun (n) => n * 2, 21)").value() == 42);
  CHECK(error_of(interpreter, "apply();") == "Expected 1 to 2 arguments but got 0.\n[line 1] in script");
  CHECK(error_of(interpreter, "apply(fun () => -nil);") == "Operand must be a number.\n[line 1] in script");
  int calls = 0;
  const Value counter = interpreter.function("counter", 0, [&calls, n = 0](Arguments) mutable {
    ++calls;
    return ++n;
  });
  interpreter.call(counter).value();
  CHECK(interpreter.call(counter).value() == 2);
  CHECK(calls == 2);
  CHECK(misuse_of([&] { interpreter.define("none", 0, interlox::Function()); }) ==
        "interlox::Interpreter::function: 'none' is an empty function");
}

TEST_CASE("exceptions of the host are errors of the program, which may catch them") {
  Interpreter interpreter;
  interpreter.define("fail", 1, [](Arguments in) {
    if (in[0] == 1) throw std::runtime_error("a reason");
    if (in[0] == 2) throw 2;
    if (in[0] == 3) throw std::bad_alloc();
    return in[0].as_string();
  });
  CHECK(error_of(interpreter, "fail(1);") == "a reason\n[line 1] in script");
  CHECK(error_of(interpreter, "fail(2);") ==
        "fail() threw a C++ exception of an unknown type.\n[line 1] in script");
  CHECK(error_of(interpreter, "fail(3);") == "Out of memory.\n[line 1] in script");
  CHECK(error_of(interpreter, "fail(4);") ==
        "interlox::Value::as_string: the value is a number, not a string\n[line 1] in script");
  CHECK(interpreter.run("var got; try { fail(1); } catch (e) { got = e.message; }").ok());
  CHECK(interpreter.global("got").value() == "a reason");
}

TEST_CASE("modules see what the host defines") {
  Interpreter interpreter;
  interpreter.define("twice", 1, [](Arguments in) { return in[0].as_number() * 2; });
  interpreter.run("var twice_too = twice; fun f(n) { return twice(n); }");
  CHECK(interpreter.eval("f(4)").value() == 8);
}

TEST_CASE("classes of the host have instances, members and subclasses") {
  Interpreter interpreter;
  const Value klass = interpreter.define(account_class());
  CHECK(klass.type() == interlox::Type::class_);
  CHECK(interpreter.run("var a = Account(10); a.deposit(5); var left = a.take(3);").ok());
  CHECK(interpreter.global("left").value() == 12);
  CHECK(interpreter.eval("a.balance").value() == 12);
  CHECK(interpreter.eval("a is Account").value() == true);
  CHECK(error_of(interpreter, "a.take(100);") == "Not enough money.\n[line 1] in take()\n[line 1] in script");
  CHECK(error_of(interpreter, "a.deposit();") == "Expected 1 arguments but got 0.\n[line 1] in script");
  CHECK(error_of(interpreter, "Account(\"x\");") ==
        "interlox::Value::as_number: the value is a string, not a number\n[line 1] in init()\n[line 1] in "
        "script");
  CHECK(
      interpreter
          .run("class Saving < Account { init(b) { super.init(b * 2); } grow() { this.deposit(this.balance); "
               "return this.balance; } } class Broken < Account { init() {} } var s = Saving(4);")
          .ok());
  CHECK(interpreter.eval("s.grow()").value() == 16);
  CHECK(error_of(interpreter, "Broken().balance;") ==
        "The init() of Account has not run.\n[line 1] in balance()\n[line 1] in script");
}

TEST_CASE("the host reaches its object behind an instance") {
  Interpreter interpreter;
  const Value klass = interpreter.define(account_class());
  const Value account = interpreter.call(klass, {1}).value();
  const std::shared_ptr<Account> object = account.host<Account>();
  object->balance = 99;
  CHECK(account.member("balance").value() == 99);
  CHECK(account.is_host<Account>());
  CHECK_FALSE(account.is_host<int>());
  CHECK_FALSE(Value(1).is_host<Account>());
  CHECK(misuse_of([&] {
          static_cast<void>(Value(1).host<Account>());
        }).starts_with("interlox::Value::host: no "));

  const Value wrapped = interpreter.wrap(klass, object);
  CHECK_FALSE(wrapped == account);
  CHECK(wrapped.member("balance").value() == 99);
  CHECK(wrapped.host<Account>() == object);
  CHECK(misuse_of([&] {
          interpreter.wrap(klass, std::make_shared<int>(1));
        }).starts_with("interlox::Interpreter::wrap: the class is not one"));
  CHECK(misuse_of([&] { interpreter.wrap(klass, std::shared_ptr<Account>()); }) ==
        "interlox::Interpreter::wrap: the pointer is null");
}

TEST_CASE("a class without a constructor is for the host alone") {
  Interpreter interpreter;
  Class<int> number("Box");
  number.property("value", [](int n) { return n; });
  const Value klass = interpreter.define(number);
  CHECK(error_of(interpreter, "Box();") ==
        "A program can't make a Box.\n[line 1] in init()\n[line 1] in script");
  CHECK(interpreter.wrap(klass, std::make_shared<int>(7)).member("value").value() == 7);
}

TEST_CASE("names that are none are refused") {
  Interpreter interpreter;
  CHECK(misuse_of([&] { interpreter.define(Class<int>("a b")); }) ==
        "interlox::Interpreter::define: 'a b' can't be the name of a class");
  Class<int> number("Number2");
  number.property("init", [](int n) { return n; });
  CHECK(misuse_of([&] { interpreter.define(number); }) ==
        "interlox::Interpreter::define: 'init' can't be the name of a member of Number2");
  CHECK(misuse_of([&] {
          interpreter.define(Class<int>("while"));
        }).starts_with("interlox::Interpreter::define: a name of the class while is none of the language: "));
}

TEST_CASE("what the host gave is destroyed once its object has been collected") {
  Interpreter interpreter;
  interpreter.define(account_class());
  const int before = Account::living;
  interpreter.run("for (var i = 0; i < 200; i = i + 1) Account(i);");
  CHECK(Account::living > before);
  auto token = std::make_shared<int>(1);
  for (int i = 0; i < 50; ++i) interpreter.function("f", 0, [token](Arguments) { return *token; });
  CHECK(token.use_count() > 1);
  for (int i = 0; i < 5 && (Account::living > before + 5 || token.use_count() > 5); ++i) {
    stir(interpreter);
    Interpreter::collect();
  }
  CHECK(Account::living <= before + 5);
  CHECK(token.use_count() <= 5);
}

TEST_CASE("threads share functions and objects of the host") {
  Interpreter interpreter;
  std::atomic<int> calls{0};
  interpreter.define("hit", 0, [&calls](Arguments) { ++calls; });
  const Value klass = interpreter.define(account_class());
  interpreter.run("fun work(n) { for (var i = 0; i < n; i = i + 1) { hit(); Account(i).balance; } }");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&interpreter] {
      const interlox::ThreadScope scope;
      interpreter.call_global("work", {200});
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(calls == 800);
}
