// SPDX-License-Identifier: BSD-3-Clause
// The verifier on the code of every program of the repository, and on good code with one thing made wrong.
#include "vm/verifier.hpp"

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/vm/compiled.hpp"
#include "vm/disasm.hpp"

using namespace interlox;
using vm::Opcode;

namespace {

namespace fs = std::filesystem;

/// A program with every kind of thing that the verifier knows.
constexpr const char* kProgram = R"(
var g = 1;
fun f(a, b) {
  var seen = 0;
  fun count() { fun more() { seen = seen + 1; } more(); return seen; }
  for (var x in [a, b, `${a}!`]) { if (x == nil) continue; print x; }
  try { count(); throw a; } catch (e) { print e; } finally { print b; }
  return a < 3 ? a + 1 : a[b];
}
class A { init(x) { this.x = x; } class make() { return A(1); } get() { return this.x; } }
class B < A { get() { return super.get() + g; } }
print B(2).get();
import "math" as math;
)";

/// A copy of a function whose code can be changed, without pairs of instructions. Its tables are the
/// function's.
struct Copy {
  explicit Copy(const vm::Function& original)
      : function(original),
        code(original.code, original.code + original.code_length),
        lines(original.lines, original.lines + original.code_length),
        handlers(original.handlers, original.handlers + original.handler_count),
        captures(original.captures, original.captures + original.capture_count) {
    for (vm::Instruction& i : code) i = vm::with_opcode(i, vm::first_of_pair(vm::opcode_of(i)));
    function.code = code.data();
    function.lines = lines.data();
    function.handlers = handlers.data();
    function.captures = captures.data();
  }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;

  /// The index of the nth instruction with this opcode.
  std::size_t find(Opcode op, int nth = 0) const {
    for (std::size_t i = 0; i < code.size(); ++i) {
      if (vm::opcode_of(code[i]) == op && nth-- == 0) return i;
    }
    return code.size();
  }
  void set_a(Opcode op, std::uint64_t a) { put(find(op), 8, 16, a); }
  void set_b(Opcode op, std::uint64_t b) { put(find(op), 24, 16, b); }
  void set_c(Opcode op, std::uint64_t c) { put(find(op), 40, 24, c); }
  void set_bx(Opcode op, std::int64_t bx) { put(find(op), 24, 40, static_cast<std::uint64_t>(bx)); }
  void put(std::size_t index, int shift, int bits, std::uint64_t field) {
    const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
    code.at(index) = (code.at(index) & ~(mask << shift)) | (field & mask) << shift;
  }

  vm::Function function;  // on the stack, which keeps what it refers to
  std::vector<vm::Instruction> code;
  std::vector<std::uint32_t> lines;
  std::vector<vm::Handler> handlers;
  std::vector<vm::Capture> captures;
};

const vm::Function* inner(const vm::Function& outer, const std::string& name) {
  for (std::uint32_t i = 0; i < outer.constant_count; ++i) {
    if (!vm::is_object(outer.constants[i], vm::ObjectKind::function)) continue;
    const auto* const function = vm::as<vm::Function>(outer.constants[i]);
    if (function->name->view() == name) return function;
    if (const vm::Function* const deeper = inner(*function, name)) return deeper;
  }
  return nullptr;
}

struct Programs {
  vm::ThreadScope scope;
  vm::VM machine;

  const vm::Function* compile(const std::string& source) {
    std::string errors;
    return machine.compile(source, "", errors);
  }
};

/// What verify() says of a function of kProgram once `change` has been at it.
std::string fault(const std::string& function, const std::function<void(Copy&)>& change) {
  Programs programs;
  const vm::Function* const script = programs.compile(kProgram);
  const vm::Function* const original = function.empty() ? script : inner(*script, function);
  REQUIRE(original != nullptr);
  Copy copy(*original);
  REQUIRE(vm::verify(copy.function).empty());
  change(copy);
  copy.function.code_length = static_cast<std::uint32_t>(copy.code.size());
  return vm::verify(copy.function);
}

bool ends_with(const std::string& text, const std::string& end) {
  INFO(text);
  const bool holds =
      text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
  CHECK(holds);
  return holds;
}

}  // namespace

TEST_CASE("the code of every program of the repository is what the interpreter takes for granted") {
  Programs programs;
  int verified = 0;
  for (const char* top : {"tests", "scripts", "stdlib"}) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(INTERLOX_SOURCE_DIR) / top)) {
      if (entry.path().extension() != ".lox") continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const vm::Function* const function =
          programs.compile(std::string{std::istreambuf_iterator<char>(file), {}});
      if (function == nullptr) continue;
      INFO(entry.path());
      CHECK(vm::verify(*function) == "");
      ++verified;
    }
  }
  CHECK(verified > 1000);
}

TEST_CASE("code that was made with other limits verifies, too") {
  Programs programs;
  vm::CodeLimits limits;
  limits.short_jump = 2;
  limits.constant_b = 1;
  limits.constant_c = 1;
  CHECK(vm::verify(*test::compile_limited(programs.machine, kProgram, limits)) == "");
}

TEST_CASE("a fault names the function, the instruction, the operand and what was expected") {
  const std::string text = fault("f", [](Copy& c) { c.set_a(Opcode::add_k, 999); });
  CHECK(text.find("function f, instruction ") == 0);
  CHECK(text.find(" (add_k), A: expected registers up to one below ") != std::string::npos);
  ends_with(text, ", got 999");
}

TEST_CASE("registers, constants, globals, caches and upvalues that there are not") {
  ends_with(fault("", [](Copy& c) { c.put(0, 0, 8, 200); }), "got 200");
  CHECK(fault("f", [](Copy& c) { c.set_b(Opcode::add_k, 999); }).find("B: expected a register below") !=
        std::string::npos);
  ends_with(fault("f", [](Copy& c) { c.set_c(Opcode::get_index, 999); }), "got 999");
  ends_with(fault("f", [](Copy& c) { c.set_c(Opcode::add_k, 99); }), "got 99");
  ends_with(fault("f", [](Copy& c) { c.set_bx(Opcode::load_k, 99); }), "got 99");
  ends_with(fault("f", [](Copy& c) { c.set_b(Opcode::jump_not_less_k, 99); }), "got 99");
  ends_with(fault("get", [](Copy& c) { c.set_c(Opcode::get_field, 1); }),
            "C: expected a cache below 1, got 1");
  ends_with(fault("more", [](Copy& c) { c.set_bx(Opcode::get_upvalue, 1); }),
            "Bx: expected an upvalue below 1, got 1");
  CHECK(fault("", [](Copy& c) {
          c.set_bx(Opcode::define_global, -99);
        }).find("sBx: expected a global below") != std::string::npos);
  CHECK(fault("", [](Copy& c) { c.set_bx(Opcode::define_global, 0); }).find("sBx: expected a global below") !=
        std::string::npos);
  CHECK(fault("f", [](Copy& c) { c.function.registers = 3; }) != "");
}

TEST_CASE("windows of registers that reach too far") {
  ends_with(fault("f", [](Copy& c) { c.set_b(Opcode::make_list, 40); }), "got " + std::to_string(44 + 1));
  CHECK(fault("f", [](Copy& c) { c.set_b(Opcode::call, 40); }).find("A: expected registers up to") !=
        std::string::npos);
  CHECK(fault("get", [](Copy& c) { c.function.registers = 1; }) != "");
  CHECK(fault("f", [](Copy& c) { c.set_a(Opcode::rethrow, c.function.registers - 1); }) != "");
  CHECK(fault("f", [](Copy& c) { c.set_a(Opcode::next_element, c.function.registers - 2); }) != "");
  CHECK(fault("f", [](Copy& c) { c.set_a(Opcode::prepare_iteration, c.function.registers - 1); }) != "");
}

TEST_CASE("constants of the wrong kind") {
  const auto wrong = [](const std::string& function, Opcode op, int shift, const std::string& expected) {
    const std::string text = fault(function, [&](Copy& c) {
      // Any constant of another kind will do.
      for (std::uint32_t k = 0; k < c.function.constant_count; ++k) {
        c.put(c.find(op), shift, shift == 24 ? 40 : 24, k);
        if (!vm::verify(c.function).empty()) return;
      }
    });
    INFO(text);
    CHECK(text.find(expected) != std::string::npos);
  };
  wrong("", Opcode::make_closure, 24, "Bx: expected a function, got K");
  wrong("", Opcode::make_class, 24, "Bx: expected a template, got K");
  wrong("", Opcode::import_module, 24, "Bx: expected a string, got K");
  wrong("", Opcode::load_k, 24, "Bx: expected a value of a program, got K");
  wrong("f", Opcode::add_k, 40, "C: expected a number, got K");
}

TEST_CASE("a pair without its second instruction") {
  const auto make_pair = [](Copy& c) {
    c.put(c.find(Opcode::get_field), 0, 8, std::uint64_t(Opcode::get_field_return_value));
  };
  CHECK(fault("get", make_pair) == "");
  const std::string expected =
      "what follows it: expected the second of the pair, of the same register, got another instruction";
  ends_with(fault("get",
                  [&](Copy& c) {
                    c.set_a(Opcode::return_value, 0);
                    make_pair(c);
                  }),
            expected);
  ends_with(
      fault("get",
            [](Copy& c) { c.put(c.find(Opcode::get_field), 0, 8, std::uint64_t(Opcode::move_invoke)); }),
      expected);
}

TEST_CASE("control that leaves the code") {
  CHECK(fault("f", [](Copy& c) { c.set_bx(Opcode::jump, 1000); }).find("its jump: expected a target below") !=
        std::string::npos);
  CHECK(fault("f", [](Copy& c) {
          c.set_bx(Opcode::jump, -1000);
        }).find("its jump: expected a target below") != std::string::npos);
  ends_with(fault("get",
                  [](Copy& c) {
                    c.code.pop_back();
                    c.code.pop_back();
                  }),
            "what follows it: expected an instruction, got the end of the code");
  ends_with(fault("f",
                  [](Copy& c) {
                    c.code.resize(c.find(Opcode::next_element) + 2);
                    c.handlers.clear();
                    c.function.handler_count = 0;
                    c.set_bx(Opcode::jump, 0);
                  }),
            "got the end of the code");
}

TEST_CASE("handlers, positions and captures that are no good") {
  const auto says = [](const std::string& text, const std::string& part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
  };
  says(fault("f", [](Copy& c) { c.handlers[0].end = 10'000; }), "handler 0 to cover instructions below");
  says(fault("f", [](Copy& c) { c.handlers[0].begin = c.handlers[0].end; }),
       "handler 0 to cover instructions");
  says(fault("f", [](Copy& c) { c.handlers[0].target = 0; }), "handler 0 to lead behind what it covers");
  says(fault("f", [](Copy& c) { c.handlers[1].target = 10'000; }), "handler 1 to lead behind what it covers");
  says(fault("f", [](Copy& c) { c.handlers[1].reg = c.function.registers - 1; }),
       "handler 1 to have registers");
  says(fault("f", [](Copy& c) { std::swap(c.handlers[0], c.handlers[1]); }), "handler 1 to stand beside");
  says(fault("f", [](Copy& c) { c.lines[3] = 0; }),
       "its position: expected a line and a column from 1, got 0:");
  says(fault("f", [](Copy& c) { c.function.lines = nullptr; }), "lines and columns");
  says(fault("", [](Copy& c) { c.function.arity = c.function.registers; }), "a register for each parameter");
  says(fault("f", [](Copy& c) { c.function.min_arity = 3; }), "at most all parameters");
  says(fault("f", [](Copy& c) { c.function.registers = 0; }), "1 to 65536 registers");
}

TEST_CASE("registers that don't hold what is read from them") {
  const auto says = [](const std::string& text, const std::string& part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
  };
  // What no instruction has written yet, and what a call has used up.
  says(fault("f", [](Copy& c) { c.put(c.find(Opcode::print), 8, 16, c.function.registers - 1); }),
       "expected a value, got nothing");
  // A box is no value, and nothing else is a box.
  says(
      fault("f",
            [](Copy& c) { c.put(c.find(Opcode::print), 8, 16, vm::a_of(c.code[c.find(Opcode::make_box)])); }),
      "expected a value, got a box");
  says(
      fault("f",
            [](Copy& c) { c.put(c.find(Opcode::make_box), 0, 8, static_cast<std::uint64_t>(Opcode::move)); }),
      "expected a box, got a value");
  says(
      fault("", [](Copy& c) { c.set_a(Opcode::make_method, vm::b_of(c.code[c.find(Opcode::make_method)])); }),
      "expected a class, got a closure");
  says(
      fault("", [](Copy& c) { c.set_b(Opcode::make_method, vm::a_of(c.code[c.find(Opcode::make_method)])); }),
      "expected a closure, got a class");
  says(fault("f",
             [](Copy& c) {
               c.put(c.find(Opcode::prepare_iteration), 0, 8, static_cast<std::uint64_t>(Opcode::print));
             }),
       "expected an iteration, got a list");
  // A capture of what is no box, or of an upvalue that the function around does not have.
  says(fault("f",
             [](Copy& c) {
               const auto* const count = inner(c.function, "count");
               const_cast<vm::Capture*>(count->captures)[0].index = 1;
             }),
       "R1: expected a box, got a value");
  says(fault("f",
             [](Copy& c) {
               const auto* const more = inner(c.function, "more");
               const_cast<vm::Capture*>(more->captures)[0].index = 7;
             }),
       "function count, instruction 0 (make_closure), capture 0: expected an upvalue below 1, got 7");
}

TEST_CASE("what is certain on one path only is not relied on") {
  Programs programs;
  const vm::Function* const script =
      programs.compile("fun f(a) { { var x = 1; if (a) x = 2; print x; } { var y; print y; } }");
  Copy copy(*inner(*script, "f"));
  REQUIRE(vm::verify(copy.function) == "");
  copy.code.erase(copy.code.begin());  // `x` is then set if `a` holds
  copy.function.code_length -= 1;
  copy.put(copy.find(Opcode::jump_if_false), 24, 40, 1);
  ends_with(vm::verify(copy.function), "(print), R2: expected a value, got nothing");
}

TEST_CASE("each operand of each instruction is looked at") {
  Programs programs;
  const vm::Function* const script = programs.compile(kProgram);
  for (const char* const name : {"", "f", "count", "more", "get", "init", "make"}) {
    const vm::Function* const original = *name == 0 ? script : inner(*script, name);
    Copy copy(*original);
    for (std::size_t i = 0; i < copy.code.size(); ++i) {
      const vm::Instruction word = copy.code[i];
      const Opcode op = vm::opcode_of(word);
      const auto rejected = [&](int shift, int bits, std::uint64_t field) {
        copy.put(i, shift, bits, field);
        INFO(name << " " << i << " " << vm::opcode_name(op) << " bit " << shift);
        CHECK(vm::verify(copy.function) != "");
        copy.code[i] = word;
      };
      const vm::Format format = vm::opcode_format(op);
      if (format != vm::Format::jump && op != Opcode::return_nil) rejected(8, 16, 0xffff);
      if (format != vm::Format::a && op != Opcode::return_nil) rejected(24, 40, 0x70'0000'ffff);
    }
  }
}

TEST_CASE("the verifier survives whatever code it is given") {
  Programs programs;
  const vm::Function* const script = programs.compile(kProgram);
  std::mt19937_64 random(8);
  int rejected = 0;
  constexpr int kRounds = 3000;
  for (int round = 0; round < kRounds; ++round) {
    Copy copy(*(round % 2 == 0 ? script : inner(*script, "f")));
    const std::size_t at = random() % copy.code.size();
    copy.code[at] ^= std::uint64_t{1} << random() % 64;
    rejected += vm::verify(copy.function).empty() ? 0 : 1;
  }
  CHECK(rejected > kRounds / 2);
  CHECK(rejected < kRounds);  // a field's name may be another one's
}
