// SPDX-License-Identifier: BSD-3-Clause
// The instruction set, in one table that the interpreter, the disassembler and the
// documentation are made from.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace interlox::vm {

/// An instruction is one 64-bit word:
///
///     bits 0-7 opcode | 8-23 A | 24-39 B | 40-63 C (or sC, signed)
///     bits 0-7 opcode | 8-23 A | 24-63 Bx (or sBx, signed)
///
/// A and B reach every register of a frame (65,536 of them), so that no wide forms are
/// needed and a function may have as many locals as it likes in practice; cache indexes and jump
/// offsets ride in the same word. R[n] is a register of the running frame; K[n] a constant
/// of its function; jumps are relative to the next instruction.
///
/// The language compiles `a > b` as `b < a`, `a >= b` as `not (a < b)`, `a <= b` as
/// `not (b < a)` (which differ from the direct comparison on NaN, as in clox).
using Instruction = std::uint64_t;

/// How the operands of an opcode are read (and shown by the disassembler).
enum class Format : std::uint8_t {
  a,          // A
  ab,         // A B
  abc,        // A B C, all registers
  abk,        // A B registers, C a constant
  ab_cache,   // A B registers, C a cache index
  a_n_cache,  // A register, B a count, C a cache index
  a_n,        // A register, B a count
  a_k,        // A register, Bx a constant
  a_global,   // A register, sBx where a global lies, seen from the constants: kFirstGlobal - its number
  a_upvalue,  // A register, Bx an upvalue's index
  jump,       // sBx
  a_jump,     // A register, sBx
  ab_jump,    // A B registers, sC
  ak_jump,    // A register, B a constant, sC
};

/// What an instruction reads and writes: flags, for whoever follows values through code. Registers hold
/// values; some hold what is no value of a program (a box, a trace), or a value that only certain
/// instructions make, and rely on.
namespace effects {
inline constexpr std::uint32_t in_a = 1u << 0;  // reads R[A], a value
inline constexpr std::uint32_t in_b = 1u << 1;
inline constexpr std::uint32_t in_c = 1u << 2;
inline constexpr std::uint32_t in_a_box = 1u << 3;  // reads R[A], which a make_box wrote
inline constexpr std::uint32_t in_b_box = 1u << 4;
inline constexpr std::uint32_t in_a_class = 1u << 5;     // by make_class
inline constexpr std::uint32_t in_b_closure = 1u << 6;   // by make_closure
inline constexpr std::uint32_t in_a_list = 1u << 7;      // by make_list or extend_list
inline constexpr std::uint32_t in_iteration = 1u << 8;   // R[A] by prepare_iteration, and R[A+1]
inline constexpr std::uint32_t in_trace = 1u << 9;       // R[A+1], by a handler
inline constexpr std::uint32_t in_run = 1u << 10;        // reads R[A] .. R[A+B-1]
inline constexpr std::uint32_t in_run_after = 1u << 11;  // reads R[A+1] .. R[A+B]
inline constexpr std::uint32_t in_after_run = 1u << 12;  // reads R[A+B+1]
inline constexpr std::uint32_t out_a = 1u << 13;         // writes R[A], a value
inline constexpr std::uint32_t out_box = 1u << 14;       // and what it is
inline constexpr std::uint32_t out_class = 1u << 15;
inline constexpr std::uint32_t out_closure = 1u << 16;
inline constexpr std::uint32_t out_list = 1u << 17;
inline constexpr std::uint32_t out_iteration = 1u << 18;  // R[A] and R[A+1]
inline constexpr std::uint32_t out_element = 1u << 19;  // R[A+2], if it jumps; and it may skip an instruction
inline constexpr std::uint32_t number_k = 1u << 20;     // what its constant is
inline constexpr std::uint32_t string_k = 1u << 21;
inline constexpr std::uint32_t function_k = 1u << 22;
inline constexpr std::uint32_t template_k = 1u << 23;
inline constexpr std::uint32_t ends = 1u << 24;     // never goes on to the next instruction
inline constexpr std::uint32_t uses_up = 1u << 25;  // the registers above R[A] are another frame's meanwhile
inline constexpr std::uint32_t calls = in_a | in_run_after | out_a | uses_up;
}  // namespace effects

// clang-format off
/// X(name, format, effects, meaning)
#define INTERLOX_OPCODES(X) \
  X(load_k,             a_k,       out_a,                        "R[A] = K[Bx]") \
  X(move,               ab,        in_b | out_a,                 "R[A] = R[B]") \
  X(get_global,         a_global,  out_a,                        "R[A] = global; error \"Undefined variable 'x'.\"") \
  X(set_global,         a_global,  in_a,                         "global = R[A]; error if it is undefined") \
  X(define_global,      a_global,  in_a,                         "global = R[A], defined from now on") \
  X(make_box,           ab,        in_b | out_box,               "R[A] = a new box that holds R[B]") \
  X(get_box,            ab,        in_b_box | out_a,             "R[A] = value in box R[B]") \
  X(set_box,            ab,        in_a_box | in_b,              "value in box R[A] = R[B]") \
  X(get_upvalue,        a_upvalue, out_a,                        "R[A] = value in the closure's box Bx") \
  X(set_upvalue,        a_upvalue, in_a,                         "value in the closure's box Bx = R[A]") \
  X(add,                abc,       in_b | in_c | out_a,          "R[A] = R[B] + R[C]; two numbers or two strings") \
  X(subtract,           abc,       in_b | in_c | out_a,          "R[A] = R[B] - R[C]") \
  X(multiply,           abc,       in_b | in_c | out_a,          "R[A] = R[B] * R[C]") \
  X(divide,             abc,       in_b | in_c | out_a,          "R[A] = R[B] / R[C]") \
  X(modulo,             abc,       in_b | in_c | out_a,          "R[A] = R[B] % R[C], as C's fmod") \
  X(add_k,              abk,       in_b | number_k | out_a,      "R[A] = R[B] + K[C]; K[C] is a number") \
  X(subtract_k,         abk,       in_b | number_k | out_a,      "R[A] = R[B] - K[C]; K[C] is a number") \
  X(multiply_k,         abk,       in_b | number_k | out_a,      "R[A] = R[B] * K[C]; K[C] is a number") \
  X(divide_k,           abk,       in_b | number_k | out_a,      "R[A] = R[B] / K[C]; K[C] is a number") \
  X(less,               abc,       in_b | in_c | out_a,          "R[A] = R[B] < R[C]") \
  X(not_less,           abc,       in_b | in_c | out_a,          "R[A] = not (R[B] < R[C])") \
  X(equal,              abc,       in_b | in_c | out_a,          "R[A] = R[B] == R[C]") \
  X(not_equal,          abc,       in_b | in_c | out_a,          "R[A] = R[B] != R[C]") \
  X(equal_k,            abk,       in_b | out_a,                 "R[A] = R[B] == K[C]") \
  X(not_equal_k,        abk,       in_b | out_a,                 "R[A] = R[B] != K[C]") \
  X(instance_of,        abc,       in_b | in_c | out_a,          "R[A] = R[B] is R[C]; error if R[C] is no class") \
  X(make_range,         abc,       in_b | in_c | out_a,          "R[A] = the range from R[B] to R[C]; two numbers") \
  X(make_text,          a_n,       in_run | out_a,               "R[A] = the values R[A] .. R[A+B-1] as text, joined") \
  X(make_list,          a_n,       in_run_after | out_list,      "R[A] = a list of R[A+1] .. R[A+B]") \
  X(extend_list,        a_n,       in_a_list | in_run_after | out_list, "list R[A] gets R[A+1] .. R[A+B] as its last elements") \
  X(make_map,           a,         out_a,                        "R[A] = an empty map") \
  X(get_index,          abc,       in_b | in_c | out_a,          "R[A] = R[B][R[C]]") \
  X(set_index,          abc,       in_a | in_b | in_c,           "R[A][R[B]] = R[C]") \
  X(logical_not,        ab,        in_b | out_a,                 "R[A] = not R[B]") \
  X(negate,             ab,        in_b | out_a,                 "R[A] = -R[B]") \
  X(jump,               jump,      ends,                         "go to sBx") \
  X(jump_if_false,      a_jump,    in_a,                         "if R[A] is nil or false, go to sBx") \
  X(jump_if_true,       a_jump,    in_a,                         "if R[A] is neither nil nor false, go to sBx") \
  X(jump_less,          ab_jump,   in_a | in_b,                  "if R[A] < R[B], go to sC") \
  X(jump_not_less,      ab_jump,   in_a | in_b,                  "if not (R[A] < R[B]), go to sC") \
  X(jump_less_k,        ak_jump,   in_a | number_k,              "if R[A] < K[B], go to sC; K[B] is a number") \
  X(jump_not_less_k,    ak_jump,   in_a | number_k,              "if not (R[A] < K[B]), go to sC; K[B] is a number") \
  X(jump_greater_k,     ak_jump,   in_a | number_k,              "if K[B] < R[A], go to sC; K[B] is a number") \
  X(jump_not_greater_k, ak_jump,   in_a | number_k,              "if not (K[B] < R[A]), go to sC; K[B] is a number") \
  X(jump_equal,         ab_jump,   in_a | in_b,                  "if R[A] == R[B], go to sC") \
  X(jump_not_equal,     ab_jump,   in_a | in_b,                  "if R[A] != R[B], go to sC") \
  X(jump_equal_k,       ak_jump,   in_a,                         "if R[A] == K[B], go to sC") \
  X(jump_not_equal_k,   ak_jump,   in_a,                         "if R[A] != K[B], go to sC") \
  X(call,               a_n,       calls,                        "R[A] = R[A](R[A+1] .. R[A+B])") \
  X(get_field,          ab_cache,  in_b | out_a,                 "R[A] = R[B].name: a field, else a bound method") \
  X(set_field,          ab_cache,  in_a | in_b,                  "R[A].name = R[B]") \
  X(invoke,             a_n_cache, calls,                        "R[A] = R[A].name(R[A+1] .. R[A+B])") \
  X(get_super,          ab_cache,  in_a | in_b | out_a,          "R[A] = the method name of class R[B], bound to R[A]") \
  X(super_invoke,       a_n_cache, calls | in_after_run,         "R[A] = the method name of class R[A+B+1], called on R[A] with R[A+1] .. R[A+B]") \
  X(return_value,       a,         in_a | ends,                  "leave the frame with R[A]") \
  X(return_nil,         a,         ends,                         "leave the frame with nil; A is not read") \
  X(make_closure,       a_k,       function_k | out_closure,     "R[A] = a closure of the function K[Bx], with its captures") \
  X(make_class,         a_k,       template_k | out_class,       "R[A] = a new class after the template K[Bx]") \
  X(inherit,            ab,        in_a_class | in_b,            "class R[A] inherits from R[B]; error \"Superclass must be a class.\"") \
  X(make_method,        ab_cache,  in_a_class | in_b_closure,    "class R[A] gets the closure R[B] as its method name") \
  X(make_class_method,  ab_cache,  in_a_class | in_b_closure,    "class R[A] gets the closure R[B] as its own method name, called on itself") \
  X(prepare_iteration,  a,         in_a | out_iteration,         "R[A] = what iterates over R[A], R[A+1] = the state before its first element") \
  X(next_element,       a_jump,    in_iteration | out_element,   "R[A+2] = the next element of R[A], and go to sBx; if there is none, go on; if R[A] iterates by its methods, skip one instruction") \
  X(throw_value,        a,         in_a | ends,                  "throw R[A]") \
  X(rethrow,            a,         in_a | in_trace | ends,       "throw R[A] again, with the trace R[A+1]") \
  X(import_module,      a_k,       string_k | out_a,             "R[A] = the module at the path K[Bx]") \
  X(print,              a,         in_a,                         "print R[A] and a newline") \
  X(load_k_return_value,    a_k,       out_a,                     "load_k, and then the return_value behind it") \
  X(get_field_return_value, ab_cache,  in_b | out_a,              "get_field, and then the return_value behind it") \
  X(add_return_value,       abc,       in_b | in_c | out_a,       "add, and then the return_value behind it") \
  X(move_invoke,            ab,        in_b | out_a,              "move, and then the invoke behind it") \
  X(get_global_invoke,      a_global,  out_a,                     "get_global, and then the invoke behind it") \
  X(get_global_get_global,  a_global,  out_a,                     "get_global, and then the get_global behind it") \
  X(set_global_get_global,  a_global,  in_a,                      "set_global, and then the get_global behind it") \
  X(add_set_field,          abc,       in_b | in_c | out_a,       "add, and then the set_field behind it, of R[A]") \
  X(add_set_global,         abc,       in_b | in_c | out_a,       "add, and then the set_global behind it, of R[A]") \
  X(subtract_set_field,     abc,       in_b | in_c | out_a,       "subtract, and then the set_field behind it, of R[A]") \
  X(add_k_set_field,        abk,       in_b | number_k | out_a,   "add_k, and then the set_field behind it, of R[A]") \
  X(add_k_set_global,       abk,       in_b | number_k | out_a,   "add_k, and then the set_global behind it, of R[A]") \
  X(logical_not_set_field,  ab,        in_b | out_a,              "logical_not, and then the set_field behind it, of R[A]") \
  X(add_k_jump_less,        abk,       in_b | number_k | out_a,   "add_k, and then the jump_less behind it, which compares R[A] and R[B]")

/// P(first, second): two instructions that often stand behind each other. The first then has the opcode
/// first_second, which saves a jump that the processor has to guess; the second stays what it is, for whoever
/// jumps to it, and for what the first does not finish in the usual way.
#define INTERLOX_PAIRS(P)     \
  P(load_k, return_value)     \
  P(get_field, return_value)  \
  P(add, return_value)        \
  P(move, invoke)             \
  P(get_global, invoke)       \
  P(get_global, get_global)   \
  P(set_global, get_global)   \
  P(add_k, jump_less)         \
  P(add, set_field)           \
  P(add, set_global)          \
  P(subtract, set_field)      \
  P(add_k, set_field)         \
  P(add_k, set_global)        \
  P(logical_not, set_field)
// clang-format on

enum class Opcode : std::uint8_t {
#define INTERLOX_OPCODE(name, format, effects, meaning) name,
  INTERLOX_OPCODES(INTERLOX_OPCODE)
#undef INTERLOX_OPCODE
};

inline constexpr std::uint32_t kMaxRegisters = 65536;
inline constexpr std::int64_t kMaxShortJump = (std::int64_t{1} << 23) - 1;  // what sC holds
inline constexpr std::uint64_t kMaxCache = (std::uint64_t{1} << 24) - 1;    // what C holds
inline constexpr std::uint64_t kMaxConstantB = 65535;                       // what B holds
inline constexpr std::uint64_t kMaxConstantC = (std::uint64_t{1} << 24) - 1;

constexpr Instruction encode(Opcode op, std::uint32_t a, std::uint32_t b, std::uint32_t c) noexcept {
  return static_cast<std::uint64_t>(op) | std::uint64_t{a} << 8 | std::uint64_t{b} << 24 |
         std::uint64_t{c} << 40;
}
constexpr Instruction encode_bx(Opcode op, std::uint32_t a, std::int64_t bx) noexcept {
  return static_cast<std::uint64_t>(op) | std::uint64_t{a} << 8 | static_cast<std::uint64_t>(bx) << 24;
}
constexpr Instruction with_opcode(Instruction i, Opcode op) noexcept {
  return (i & ~Instruction{0xff}) | static_cast<Instruction>(op);
}
/// 16 bits of the instruction before `next`, from its byte `offset` on.
[[gnu::always_inline]] inline std::uint32_t half_word(const Instruction* next, int offset) noexcept {
  static_assert(std::endian::native == std::endian::little);
  std::uint16_t half;
  std::memcpy(&half, reinterpret_cast<const char*>(next) - sizeof(Instruction) + offset, sizeof half);
  return half;
}
constexpr Opcode opcode_of(Instruction i) noexcept { return static_cast<Opcode>(i & 0xff); }
constexpr std::uint32_t a_of(Instruction i) noexcept { return (i >> 8) & 0xffff; }
constexpr std::uint32_t b_of(Instruction i) noexcept { return (i >> 24) & 0xffff; }
/// A and B of the instruction before `next`, read from memory: a load each, which gives what takes a_of() and
/// b_of() a move, a shift and a mask. For the interpreter, which has the instruction in a register, too.
[[gnu::always_inline]] inline std::uint32_t a_before(const Instruction* next) noexcept {
  return half_word(next, 1);
}
[[gnu::always_inline]] inline std::uint32_t b_before(const Instruction* next) noexcept {
  return half_word(next, 3);
}
constexpr std::uint32_t c_of(Instruction i) noexcept { return static_cast<std::uint32_t>(i >> 40); }
constexpr std::int32_t sc_of(Instruction i) noexcept {
  return static_cast<std::int32_t>(static_cast<std::int64_t>(i) >> 40);
}
constexpr std::uint64_t bx_of(Instruction i) noexcept { return i >> 24; }
constexpr std::int64_t sbx_of(Instruction i) noexcept { return static_cast<std::int64_t>(i) >> 24; }

/// Where the first global of a function lies, seen from its constants: the next one lies before it.
inline constexpr std::int64_t kFirstGlobal = -2;
constexpr std::uint32_t global_of(Instruction i) noexcept {
  return static_cast<std::uint32_t>(kFirstGlobal - sbx_of(i));
}

/// The opcode of a pair's first instruction, if it is a pair's.
constexpr Opcode first_of_pair(Opcode op) noexcept {
  switch (op) {
#define INTERLOX_PAIR(a, b) \
  case Opcode::a##_##b:     \
    return Opcode::a;
    INTERLOX_PAIRS(INTERLOX_PAIR)  // NOLINT(bugprone-branch-clone): several pairs begin alike
#undef INTERLOX_PAIR
    default:
      return op;
  }
}
/// Whether `second` goes on with what `first` leaves in its register A: what a pair may rely on.
constexpr bool goes_on_with(Instruction second, Instruction first) noexcept {
  switch (opcode_of(second)) {
    case Opcode::get_global:
      return true;  // it reads no register
    case Opcode::set_field:
      return b_of(second) == a_of(first);
    default:
      return a_of(second) == a_of(first);
  }
}
/// The instruction `first` as it is where `second` follows it; neither is of a pair yet.
constexpr Instruction paired(Instruction first, Instruction second) noexcept {
  if (!goes_on_with(second, first)) return first;
#define INTERLOX_PAIR(a, b)                                              \
  if (opcode_of(first) == Opcode::a && opcode_of(second) == Opcode::b) { \
    return with_opcode(first, Opcode::a##_##b);                          \
  }
  INTERLOX_PAIRS(INTERLOX_PAIR)
#undef INTERLOX_PAIR
  return first;
}

}  // namespace interlox::vm
