// SPDX-License-Identifier: BSD-3-Clause
#include "stdlib/testing.hpp"

#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "gc/thread.hpp"
#include "tests/stdlib/program.hpp"

using namespace interlox;
using test::Program;

namespace {

/// Notes the results of the tests that run while it lives.
class Results {
 public:
  Results() {
    stdlib::set_test_sink([this](std::string_view verdict, std::string_view name, std::string_view why) {
      text_.append(verdict).append("|").append(name).append("|").append(why).append("\n");
    });
  }
  ~Results() { stdlib::set_test_sink(nullptr); }
  Results(const Results&) = delete;
  Results& operator=(const Results&) = delete;

  std::string take() { return std::exchange(text_, {}); }

 private:
  std::string text_;
};

}  // namespace

TEST_CASE("results of tests go to the sink") {
  Program p{"testing"};
  Results results;
  CHECK(p.run("testing.test(\"a\", fun () { testing.equal(1, 1); });"
              "testing.test(\"b\", fun () { testing.equal(1, 2); });"
              "testing.skip(\"c\", nil); print \"end\";") == "end\n");
  CHECK(results.take() ==
        "passed|a|\nfailed|b|Expected 2 but got 1.\n[line 1] in fn()\n[line 1] in script\nskipped|c|\n");
  CHECK(p.run("testing.test(\"outer\", fun () { testing.test(\"inner\", fun () {}); });"
              "testing.test(\"next\", fun () {});")
            .empty());
  const std::string nested = results.take();
  CHECK(nested.starts_with("failed|outer|The test \"inner\" is inside another one.\n"));
  CHECK(nested.ends_with("passed|next|\n"));
  CHECK(p.run("testing.test(1, fun () {});") == "test() name must be a string, not 1.");
  CHECK(p.run("testing.skip(nil, fun () {});") == "skip() name must be a string, not nil.");
  CHECK(results.take().empty());
}

TEST_CASE("a deep trace is cut") {
  Program p{"testing"};
  Results results;
  CHECK(p.run("fun f() { f(); } testing.test(\"deep\", f); testing.test(\"next\", fun () {});").empty());
  const std::string text = results.take();
  CHECK(text.starts_with("failed|deep|Stack overflow.\n[line 1] in f()\n"));
  CHECK(text.find("\n...\n") != std::string::npos);
  CHECK(text.ends_with("[line 1] in f()\n[line 1] in script\npassed|next|\n"));
  CHECK(text.size() < 2000);
}

TEST_CASE("without a sink a test that fails throws") {
  Program p{"testing"};
  CHECK(p.run("testing.test(\"a\", fun () {}); testing.test(\"b\", fun () { testing.fail(\"why\"); });") ==
        "why");
  CHECK(p.run("testing.test(\"c\", fun () { throw 3; });") == "3");
  CHECK(p.run("testing.test(\"d\", fun () {}); testing.skip(\"e\", nil); print 1;") == "1\n");
}

TEST_CASE("threads run tests at once") {
  Program p{"testing"};
  Results results;
  std::string result = "not run";
  p.run("fun other() { testing.test(\"in a thread\", fun () {}); }");
  p.run("testing._enter();");  // this thread is in a test: the other one is in none
  {
    const std::jthread thread = gc::start_thread([&] {
      const vm::ThreadScope scope;
      result = vm::VM::call(*p.machine.global("other"), nullptr, 0).error;
    });
  }
  p.run("testing._leave();");
  CHECK(result.empty());
  CHECK(results.take() == "passed|in a thread|\n");
}

TEST_CASE("natives of testing check their arguments") {
  Program p{"testing"};
  CHECK(p.eval("testing._report(1, \"\", \"\")") == "_report() verdict must be a string, not 1.");
  CHECK(p.eval("testing._report(\"\", 1, \"\")") == "_report() name must be a string, not 1.");
  CHECK(p.eval("testing._report(\"\", \"\", 1)") == "_report() reason must be a string, not 1.");
}
