// SPDX-License-Identifier: BSD-3-Clause
// Where values go: an abstract run of a function, over what its registers may hold in place of what they do.
//
// The code is taken in stretches that are entered at their first instruction only. What registers hold there
// is what is known on all paths to it, which is found by going over each stretch anew as long as another
// path takes something away from what its beginning knows: at most twice for each register.
#include "vm/verifier_flow.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace interlox::vm {

namespace {

using namespace effects;

/// What a register holds. Those from `value` on are values of a program.
enum class Kind : std::uint8_t { nothing, box, trace, value, klass, closure, list, iteration };

bool is_value(Kind kind) noexcept { return kind >= Kind::value; }

/// What is certain of a register that holds the one or the other.
Kind join(Kind a, Kind b) noexcept {
  if (a == b) return a;
  return is_value(a) && is_value(b) ? Kind::value : Kind::nothing;
}

const char* name_of(Kind kind) noexcept {
  constexpr const char* kNames[] = {"nothing", "a box",     "a trace", "a value",
                                    "a class", "a closure", "a list",  "an iteration"};
  return kNames[static_cast<std::size_t>(kind)];
}

/// What all registers hold; nothing, those that it does not reach up to.
class State {
 public:
  Kind get(std::uint32_t reg) const noexcept { return reg < kinds_.size() ? kinds_[reg] : Kind::nothing; }
  void set(std::uint32_t reg, Kind kind) {
    if (reg >= kinds_.size()) kinds_.resize(reg + 1, Kind::nothing);
    kinds_[reg] = kind;
  }
  /// Forgets the registers from `first` on.
  void cut(std::uint32_t first) {
    if (first < kinds_.size()) kinds_.resize(first);
  }
  /// Keeps what is true of both; whether that is less than before.
  bool join_with(const State& other) {
    bool less = other.kinds_.size() < kinds_.size() &&
                std::any_of(kinds_.begin() + static_cast<std::ptrdiff_t>(other.kinds_.size()), kinds_.end(),
                            [](Kind kind) { return kind != Kind::nothing; });
    kinds_.resize(std::min(kinds_.size(), other.kinds_.size()));
    for (std::size_t i = 0; i < kinds_.size(); ++i) {
      const Kind both = join(kinds_[i], other.kinds_[i]);
      less = less || both != kinds_[i];
      kinds_[i] = both;
    }
    return less;
  }

 private:
  std::vector<Kind> kinds_;
};

class Flow {
 public:
  explicit Flow(const Function& function)
      : f_(function),
        begins_(function.code_length),
        handler_of_(function.code_length),
        at_(function.code_length) {
    for (std::uint32_t i = 0; i < f_.code_length; ++i) {
      const Instruction word = f_.code[i];
      if (const auto target = jump_target(word, i)) begins_[static_cast<std::size_t>(*target)] = true;
      if ((effects_of(opcode_of(word)) & out_element) != 0) begins_[i + 2] = true;
      if ((effects_of(opcode_of(word)) & in_trace) != 0) {
        of_finally_.push_back(a_of(word));
        of_finally_.push_back(a_of(word) + 1);
      }
    }
    for (std::uint32_t h = f_.handler_count; h-- > 0;) {  // inner ones last, over those around them
      const Handler& handler = f_.handlers[h];
      begins_[handler.target] = true;
      std::fill(handler_of_.begin() + handler.begin, handler_of_.begin() + handler.end, &handler);
    }
  }

  void run() {
    State entry;
    for (std::uint32_t reg = 0; reg <= f_.arity; ++reg) entry.set(reg, Kind::value);
    reach(0, entry);
    while (!work_.empty()) {
      const std::uint32_t begin = work_.back();
      work_.pop_back();
      at_[begin]->is_listed = false;
      stretch(begin, at_[begin]->state);
    }
  }

 private:
  /// The beginning of a stretch that is reached.
  struct Beginning {
    State state;
    bool is_listed = false;
  };

  void stretch(std::uint32_t i, State state) {
    const Handler* covered_by = nullptr;
    for (;;) {
      const Handler* const handler = handler_of_[i];
      if (handler != nullptr) {
        if (handler != covered_by) {
          reach_handler(*handler, state);
        } else {
          for (const std::uint32_t reg : written_) update_handler(*handler, reg, state.get(reg));
        }
      }
      covered_by = handler;
      written_.clear();

      const Instruction word = f_.code[i];
      const std::uint32_t flags = effects_of(opcode_of(word));
      check_reads(i, word, flags, state);
      if ((flags & uses_up) != 0) {
        state.cut(a_of(word));
        if (handler != nullptr) reach_handler(*handler, state);
      }
      write(word, flags, state);
      if (const auto target = jump_target(word, i))
        go_to(static_cast<std::uint32_t>(*target), word, flags, state);
      if ((flags & ends) != 0) return;
      ++i;
      if ((flags & out_element) != 0) reach(i + 1, state);
      if (begins_[i]) return reach(i, state);
    }
  }

  void go_to(std::uint32_t target, Instruction word, std::uint32_t flags, const State& state) {
    if ((flags & out_element) == 0) return reach(target, state);
    State with_element = state;
    with_element.set(a_of(word) + 2, Kind::value);
    reach(target, with_element);
  }

  void reach(std::uint32_t begin, const State& state) {
    if (at_[begin] == nullptr) {
      at_[begin] = std::make_unique<Beginning>(Beginning{state});
      list(begin);
    } else if (at_[begin]->state.join_with(state)) {
      list(begin);
    }
  }

  void list(std::uint32_t begin) {
    if (!std::exchange(at_[begin]->is_listed, true)) work_.push_back(begin);
  }

  // An error takes what lies from the handler's register on.
  void reach_handler(const Handler& handler, const State& state) {
    State there = state;
    there.cut(handler.reg);
    there.set(handler.reg, Kind::value);
    if (handler.keeps_trace) there.set(handler.reg + 1, Kind::trace);
    reach(handler.target, there);
  }

  // One register has changed since an instruction of the same stretch and handler.
  void update_handler(const Handler& handler, std::uint32_t reg, Kind kind) {
    if (reg >= handler.reg) return;
    State& there = at_[handler.target]->state;
    const Kind both = join(there.get(reg), kind);
    if (both == there.get(reg)) return;
    there.set(reg, both);
    list(handler.target);
  }

  void check_reads(std::uint32_t i, Instruction word, std::uint32_t flags, const State& state) {
    const std::uint32_t a = a_of(word), b = b_of(word);
    const auto value = [&](std::uint32_t reg) {
      if (!is_value(state.get(reg)) && !may_be_unset(word, reg)) wrong(i, reg, Kind::value, state);
    };
    const auto exactly = [&](std::uint32_t flag, std::uint32_t reg, Kind kind) {
      if ((flags & flag) != 0 && state.get(reg) != kind && !may_be_unset(word, reg))
        wrong(i, reg, kind, state);
    };
    if ((flags & in_a) != 0) value(a);
    if ((flags & in_b) != 0) value(b);
    if ((flags & in_c) != 0) value(c_of(word));
    if ((flags & in_iteration) != 0) value(a + 1);
    if ((flags & in_after_run) != 0) value(a + b + 1);
    if ((flags & (in_run | in_run_after)) != 0) {
      const std::uint32_t first = (flags & in_run) != 0 ? a : a + 1;
      for (std::uint32_t reg = first; reg < first + b; ++reg) value(reg);
    }
    exactly(in_a_box, a, Kind::box);
    exactly(in_b_box, b, Kind::box);
    exactly(in_a_class, a, Kind::klass);
    exactly(in_b_closure, b, Kind::closure);
    exactly(in_a_list, a, Kind::list);
    exactly(in_iteration, a, Kind::iteration);
    exactly(in_trace, a + 1, Kind::trace);
    if ((flags & function_k) != 0) check_captures(i, *as<Function>(f_.constants[bx_of(word)]), state);
  }

  void check_captures(std::uint32_t i, const Function& made, const State& state) {
    for (std::uint32_t n = 0; n < made.capture_count; ++n) {
      const Capture& capture = made.captures[n];
      if (capture.from_register) {
        if (state.get(capture.index) != Kind::box) wrong(i, capture.index, Kind::box, state);
      } else if (capture.index >= f_.capture_count) {
        throw_fault(f_, i, "capture " + std::to_string(n),
                    "an upvalue below " + std::to_string(f_.capture_count), std::to_string(capture.index));
      }
    }
  }

  /// Which way a finally block was entered is not known here (verifier.hpp).
  bool may_be_unset(Instruction word, std::uint32_t reg) const {
    const Opcode op = opcode_of(word);
    return (op == Opcode::move || op == Opcode::return_value || op == Opcode::rethrow) &&
           std::find(of_finally_.begin(), of_finally_.end(), reg) != of_finally_.end();
  }

  void write(Instruction word, std::uint32_t flags, State& state) {
    const std::uint32_t a = a_of(word);
    const auto set = [&](std::uint32_t reg, Kind kind) {
      state.set(reg, kind);
      written_.push_back(reg);
    };
    if ((flags & out_a) != 0) set(a, Kind::value);
    if ((flags & out_box) != 0) set(a, Kind::box);
    if ((flags & out_class) != 0) set(a, Kind::klass);
    if ((flags & out_closure) != 0) set(a, Kind::closure);
    if ((flags & out_list) != 0) set(a, Kind::list);
    if ((flags & out_iteration) != 0) {
      set(a, Kind::iteration);
      set(a + 1, Kind::value);
    }
  }

  [[noreturn]] void wrong(std::uint32_t i, std::uint32_t reg, Kind expected, const State& state) const {
    throw_fault(f_, i, "R" + std::to_string(reg), name_of(expected), name_of(state.get(reg)));
  }

  const Function& f_;
  std::vector<bool> begins_;                // whether a stretch begins there, but for the first
  std::vector<const Handler*> handler_of_;  // the innermost, or null
  std::vector<std::uint32_t> of_finally_;   // the registers of all that throw again
  std::vector<std::unique_ptr<Beginning>> at_;
  std::vector<std::uint32_t> work_;
  std::vector<std::uint32_t> written_;  // by the instruction before, in the same stretch
};

}  // namespace

void follow_values(const Function& function) { Flow(function).run(); }

}  // namespace interlox::vm
