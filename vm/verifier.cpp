// SPDX-License-Identifier: BSD-3-Clause
// The form of the code: each instruction by itself, and the tables beside it. Where values go is in
// verifier_flow.cpp.
#include "vm/verifier.hpp"

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "vm/disasm.hpp"
#include "vm/verifier_flow.hpp"

namespace interlox::vm {

namespace {

using namespace effects;

constexpr std::uint32_t kUsesA = in_a | in_a_box | in_a_class | in_a_list | in_iteration | in_trace | in_run |
                                 in_run_after | in_after_run | out_a | out_box | out_class | out_closure |
                                 out_list | out_iteration | out_element;
constexpr std::uint32_t kUsesB = in_b | in_b_box | in_b_closure;

constexpr std::uint32_t kEffects[] = {
#define INTERLOX_EFFECTS(name, format, effects, meaning) effects,
    INTERLOX_OPCODES(INTERLOX_EFFECTS)
#undef INTERLOX_EFFECTS
};
constexpr std::size_t kOpcodes = sizeof kEffects / sizeof kEffects[0];

std::string number(std::uint64_t n) { return std::to_string(n); }

/// The registers above A that an instruction reads or writes.
std::uint32_t registers_after_a(std::uint32_t flags, std::uint32_t b) {
  std::uint32_t after = 0;
  if ((flags & in_run) != 0 && b != 0) after = b - 1;
  if ((flags & in_run_after) != 0) after = b;
  if ((flags & in_after_run) != 0) after = b + 1;
  if ((flags & (in_trace | in_iteration | out_iteration)) != 0) after = 1;
  if ((flags & out_element) != 0) after = 2;
  return after;
}

bool is_of_a_program(Value v) {
  return v.is_nil() || v.is_boolean() || v.is_number() || is_object(v, ObjectKind::string);
}

/// Checks the form of one function.
class Form {
 public:
  explicit Form(const Function& function) : f_(function) {}

  void check() const {
    header();
    tables();
    handlers();
    for (std::uint32_t i = 0; i < f_.code_length; ++i) instruction(i);
  }

 private:
  void header() const {
    expect(f_.registers >= 1 && f_.registers <= kMaxRegisters, "1 to 65536 registers", number(f_.registers));
    expect(f_.arity < f_.registers, "a register for each parameter", number(f_.arity) + " parameters");
    expect(f_.min_arity <= f_.arity, "at most all parameters to be needed", number(f_.min_arity));
    expect(f_.code_length != 0 && f_.code != nullptr, "code", "none");
    expect(f_.lines != nullptr && f_.columns != nullptr, "lines and columns", "none");
  }

  void tables() const {
    for (std::uint32_t i = 0; i < f_.code_length; ++i) {
      if (f_.lines[i] == 0 || f_.columns[i] == 0) {
        fault(i, "its position", "a line and a column from 1",
              number(f_.lines[i]) + ":" + number(f_.columns[i]));
      }
    }
    expect(f_.references + f_.global_count + 1 == f_.constants,
           "the constants behind the globals and the caches", "another place");
    for (std::uint32_t i = 0; i < f_.global_count; ++i) {
      expect(f_.global(i) != nullptr && f_.global(i)->name != nullptr,
             "global " + number(i) + " to have a name", "none");
    }
    for (std::uint32_t i = 0; i < f_.constant_count; ++i) {
      const Value v = f_.constants[i];
      expect(is_of_a_program(v) || is_object(v, ObjectKind::function) ||
                 is_object(v, ObjectKind::class_template),
             "constant " + number(i) + " to be what code can have", "something else");
    }
    expect(f_.cache_count == 0 || caches_of(f_.constants) != nullptr, "caches", "none");
    for (std::uint32_t i = 0; i < f_.cache_count; ++i) {
      expect(f_.cache(i).name != nullptr, "cache " + number(i) + " to have a name", "none");
    }
    expect(f_.capture_count == 0 || f_.captures != nullptr, "captures", "none");
  }

  void handlers() const {
    expect(f_.handler_count == 0 || f_.handlers != nullptr, "handlers", "none");
    std::vector<const Handler*> around;  // those so far that no later one has been found to contain
    for (std::uint32_t i = 0; i < f_.handler_count; ++i) {
      const Handler& h = f_.handlers[i];
      const std::string name = "handler " + number(i);
      expect(h.begin < h.end && h.end <= f_.code_length,
             name + " to cover instructions below " + number(f_.code_length),
             number(h.begin) + " to " + number(h.end));
      expect(h.target >= h.end && h.target < f_.code_length, name + " to lead behind what it covers",
             "to " + number(h.target));
      expect(std::uint64_t{h.reg} + (h.keeps_trace ? 1 : 0) < f_.registers,
             name + " to have registers below " + number(f_.registers),
             std::string("R").append(number(h.reg)));
      const auto in_order = [&](const Handler& inner) { return inner.end <= h.end; };
      while (!around.empty() && around.back()->begin >= h.begin && in_order(*around.back()))
        around.pop_back();
      expect(around.empty() || around.back()->end <= h.begin,
             name + " to stand beside those before it, or around them",
             number(h.begin) + " to " + number(h.end));
      around.push_back(&h);
    }
  }

  void instruction(std::uint32_t i) const {
    const Instruction word = f_.code[i];
    if ((word & 0xff) >= kOpcodes) {
      fault(i, "its opcode", "one below " + number(kOpcodes), number(word & 0xff));
    }
    const std::uint32_t flags = effects_of(opcode_of(word));
    const std::uint32_t a = a_of(word), b = b_of(word);
    if ((flags & kUsesA) != 0) {
      in_range(i, "A", std::uint64_t{a} + registers_after_a(flags, b), f_.registers, "registers up to one");
    }
    if ((flags & kUsesB) != 0) in_range(i, "B", b, f_.registers, "a register");
    if ((flags & in_c) != 0) in_range(i, "C", c_of(word), f_.registers, "a register");
    reference(i, word, flags);
    if (const auto target = jump_target(word, i)) {
      if (*target < 0 || *target >= f_.code_length) {
        fault(i, "its jump", "a target below " + number(f_.code_length), std::to_string(*target));
      }
    }
    pair(i, word);
    const std::uint32_t next = i + ((flags & out_element) != 0 ? 2 : 1);
    if ((flags & ends) == 0 && next >= f_.code_length) {
      fault(i, "what follows it", "an instruction", "the end of the code");
    }
  }

  // What a pair's first instruction relies on to follow it.
  void pair(std::uint32_t i, Instruction word) const {
    const auto plain = [](Instruction w) { return with_opcode(w, first_of_pair(opcode_of(w))); };
    if (plain(word) == word) return;
    if (i + 1 >= f_.code_length || paired(plain(word), plain(f_.code[i + 1])) != word) {
      fault(i, "what follows it", "the second of the pair, of the same register", "another instruction");
    }
  }

  // What it refers to outside the registers.
  void reference(std::uint32_t i, Instruction word, std::uint32_t flags) const {
    switch (opcode_format(opcode_of(word))) {
      case Format::abk:
        return constant(i, "C", c_of(word), flags);
      case Format::ak_jump:
        return constant(i, "B", b_of(word), flags);
      case Format::a_k:
        return constant(i, "Bx", bx_of(word), flags);
      case Format::ab_cache:
      case Format::a_n_cache:
        return in_range(i, "C", c_of(word), f_.cache_count, "a cache");
      case Format::a_upvalue:
        return in_range(i, "Bx", bx_of(word), f_.capture_count, "an upvalue");
      case Format::a_global:
        return in_range(i, "sBx", static_cast<std::uint64_t>(kFirstGlobal - sbx_of(word)), f_.global_count,
                        "a global");
      default:
        return;
    }
  }

  void constant(std::uint32_t i, const char* operand, std::uint64_t index, std::uint32_t flags) const {
    in_range(i, operand, index, f_.constant_count, "a constant");
    const Value v = f_.constants[index];
    const auto must_be = [&](bool holds, const char* what) {
      if (!holds) fault(i, operand, what, "K" + number(index) + ", which is none");
    };
    if ((flags & number_k) != 0) return must_be(v.is_number(), "a number");
    if ((flags & string_k) != 0) return must_be(is_object(v, ObjectKind::string), "a string");
    if ((flags & function_k) != 0) return must_be(is_object(v, ObjectKind::function), "a function");
    if ((flags & template_k) != 0) return must_be(is_object(v, ObjectKind::class_template), "a template");
    must_be(is_of_a_program(v), "a value of a program");
  }

  void in_range(std::uint32_t i, const char* operand, std::uint64_t index, std::uint64_t count,
                const char* what) const {
    if (index >= count) fault(i, operand, std::string(what) + " below " + number(count), number(index));
  }

  void expect(bool holds, const std::string& what, const std::string& found) const {
    if (!holds) throw CodeFault{"function " + function_text(f_) + ": expected " + what + ", got " + found};
  }

  [[noreturn]] void fault(std::uint32_t i, const char* part, const std::string& expected,
                          const std::string& found) const {
    throw_fault(f_, i, part, expected, found);
  }

  const Function& f_;
};

}  // namespace

std::uint32_t effects_of(Opcode op) noexcept { return kEffects[static_cast<std::size_t>(op)]; }

std::optional<std::int64_t> jump_target(Instruction word, std::uint32_t index) noexcept {
  switch (opcode_format(opcode_of(word))) {
    case Format::jump:
    case Format::a_jump:
      return std::int64_t{index} + 1 + sbx_of(word);
    case Format::ab_jump:
    case Format::ak_jump:
      return std::int64_t{index} + 1 + sc_of(word);
    default:
      return std::nullopt;
  }
}

std::string function_text(const Function& function) {
  return function.name != nullptr ? std::string(function.name->view()) : std::string("(script)");
}

void throw_fault(const Function& function, std::uint32_t index, const std::string& part,
                 const std::string& expected, const std::string& found) {
  const Instruction word = function.code[index];
  const char* const name = (word & 0xff) < kOpcodes ? opcode_name(opcode_of(word)) : "unknown";
  throw CodeFault{"function " + function_text(function) + ", instruction " + number(index) + " (" + name +
                  "), " + part + ": expected " + expected + ", got " + found};
}

std::string verify(const Function& function) {
  // A list instead of a recursion, since functions may nest as deep as the parser lets them. It may lie in
  // memory that the collector does not see: `function` keeps all that is in it.
  std::vector<const Function*> all{&function};
  try {
    for (std::size_t next = 0; next < all.size(); ++next) {
      const Function& f = *all[next];
      Form(f).check();
      for (std::uint32_t i = 0; i < f.constant_count; ++i) {
        if (is_object(f.constants[i], ObjectKind::function)) all.push_back(as<Function>(f.constants[i]));
      }
    }
    for (const Function* const f : all) follow_values(*f);  // looks at the captures of those inside
  } catch (const CodeFault& fault) {
    return fault.text;
  }
  return {};
}

void require_verified(const Function& function) {
  const std::string fault = verify(function);
  if (fault.empty()) return;
  std::fprintf(stderr, "The compiler has made wrong code: %s\n", fault.c_str());
  std::abort();
}

}  // namespace interlox::vm
