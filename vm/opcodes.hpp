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

// clang-format off
/// X(name, format, meaning)
#define INTERLOX_OPCODES(X)                                                                          \
  X(load_k,         a_k,       "R[A] = K[Bx]")                                                       \
  X(move,           ab,        "R[A] = R[B]")                                                        \
  X(get_global,     a_global,  "R[A] = global; error \"Undefined variable 'x'.\"")                   \
  X(set_global,     a_global,  "global = R[A]; error if it is undefined")                            \
  X(define_global,  a_global,  "global = R[A], defined from now on")                                 \
  X(make_box,       ab,        "R[A] = a new box that holds R[B]")                                   \
  X(get_box,        ab,        "R[A] = value in box R[B]")                                           \
  X(set_box,        ab,        "value in box R[A] = R[B]")                                           \
  X(get_upvalue,    a_upvalue, "R[A] = value in the closure's box Bx")                               \
  X(set_upvalue,    a_upvalue, "value in the closure's box Bx = R[A]")                               \
  X(add,            abc,       "R[A] = R[B] + R[C]; two numbers or two strings")                     \
  X(subtract,       abc,       "R[A] = R[B] - R[C]")                                                 \
  X(multiply,       abc,       "R[A] = R[B] * R[C]")                                                 \
  X(divide,         abc,       "R[A] = R[B] / R[C]")                                                 \
  X(modulo,         abc,       "R[A] = R[B] % R[C], as C's fmod")                                     \
  X(add_k,          abk,       "R[A] = R[B] + K[C]; K[C] is a number")                               \
  X(subtract_k,     abk,       "R[A] = R[B] - K[C]; K[C] is a number")                               \
  X(multiply_k,     abk,       "R[A] = R[B] * K[C]; K[C] is a number")                               \
  X(divide_k,       abk,       "R[A] = R[B] / K[C]; K[C] is a number")                               \
  X(less,           abc,       "R[A] = R[B] < R[C]")                                                 \
  X(not_less,       abc,       "R[A] = not (R[B] < R[C])")                                           \
  X(equal,          abc,       "R[A] = R[B] == R[C]")                                                \
  X(not_equal,      abc,       "R[A] = R[B] != R[C]")                                                \
  X(equal_k,        abk,       "R[A] = R[B] == K[C]")                                                \
  X(not_equal_k,    abk,       "R[A] = R[B] != K[C]")                                                \
  X(instance_of,    abc,       "R[A] = R[B] is R[C]; error if R[C] is no class")                     \
  X(make_range,     abc,       "R[A] = the range from R[B] to R[C]; two numbers")                    \
  X(make_text,      a_n,       "R[A] = the values R[A] .. R[A+B-1] as text, joined")                 \
  X(make_list,      a_n,       "R[A] = a list of R[A+1] .. R[A+B]")                                  \
  X(extend_list,    a_n,       "list R[A] gets R[A+1] .. R[A+B] as its last elements")               \
  X(make_map,       a,         "R[A] = an empty map")                                                \
  X(get_index,      abc,       "R[A] = R[B][R[C]]")                                                  \
  X(set_index,      abc,       "R[A][R[B]] = R[C]")                                                  \
  X(logical_not,    ab,        "R[A] = not R[B]")                                                    \
  X(negate,         ab,        "R[A] = -R[B]")                                                       \
  X(jump,           jump,      "go to sBx")                                                          \
  X(jump_if_false,  a_jump,    "if R[A] is nil or false, go to sBx")                                 \
  X(jump_if_true,   a_jump,    "if R[A] is neither nil nor false, go to sBx")                        \
  X(jump_less,      ab_jump,   "if R[A] < R[B], go to sC")                                           \
  X(jump_not_less,  ab_jump,   "if not (R[A] < R[B]), go to sC")                                     \
  X(jump_less_k,    ak_jump,   "if R[A] < K[B], go to sC; K[B] is a number")                         \
  X(jump_not_less_k,    ak_jump, "if not (R[A] < K[B]), go to sC; K[B] is a number")                 \
  X(jump_greater_k,     ak_jump, "if K[B] < R[A], go to sC; K[B] is a number")                       \
  X(jump_not_greater_k, ak_jump, "if not (K[B] < R[A]), go to sC; K[B] is a number")                 \
  X(jump_equal,     ab_jump,   "if R[A] == R[B], go to sC")                                          \
  X(jump_not_equal, ab_jump,   "if R[A] != R[B], go to sC")                                          \
  X(jump_equal_k,     ak_jump, "if R[A] == K[B], go to sC")                                          \
  X(jump_not_equal_k, ak_jump, "if R[A] != K[B], go to sC")                                          \
  X(call,           a_n,       "R[A] = R[A](R[A+1] .. R[A+B])")                                      \
  X(get_field,      ab_cache,  "R[A] = R[B].name: a field, else a bound method")                     \
  X(set_field,      ab_cache,  "R[A].name = R[B]")                                                   \
  X(invoke,         a_n_cache, "R[A] = R[A].name(R[A+1] .. R[A+B])")                                 \
  X(get_super,      ab_cache,  "R[A] = the method name of class R[B], bound to R[A]")                \
  X(super_invoke,   a_n_cache, "R[A] = the method name of class R[A+B+1], called on R[A] with R[A+1] .. R[A+B]") \
  X(return_value,   a,         "leave the frame with R[A]")                                          \
  X(return_nil,     a,         "leave the frame with nil; A is not read")                            \
  X(make_closure,   a_k,       "R[A] = a closure of the function K[Bx], with its captures")          \
  X(make_class,     a_k,       "R[A] = a new class after the template K[Bx]")                        \
  X(inherit,        ab,        "class R[A] inherits from R[B]; error \"Superclass must be a class.\"") \
  X(make_method,    ab_cache,  "class R[A] gets the closure R[B] as its method name")                \
  X(make_class_method, ab_cache, "class R[A] gets the closure R[B] as its own method name, called on itself")    \
  X(prepare_iteration, a,      "R[A] = what iterates over R[A], R[A+1] = the state before its first element") \
  X(next_element,   a_jump,    "R[A+2] = the next element of R[A], and go to sBx; if there is none, go on; if R[A] iterates by its methods, skip one instruction") \
  X(throw_value,    a,         "throw R[A]")                                                         \
  X(rethrow,        a,         "throw R[A] again, with the trace R[A+1]")                            \
  X(import_module,  a_k,       "R[A] = the module at the path K[Bx]")                                \
  X(print,          a,         "print R[A] and a newline")                                           \
  X(load_k_return_value,    a_k,      "load_k, and then the return_value behind it")                 \
  X(get_field_return_value, ab_cache, "get_field, and then the return_value behind it")              \
  X(add_return_value,       abc,      "add, and then the return_value behind it")                    \
  X(move_invoke,            ab,       "move, and then the invoke behind it")                         \
  X(get_global_invoke,      a_global, "get_global, and then the invoke behind it")                   \
  X(get_global_get_global,  a_global, "get_global, and then the get_global behind it")               \
  X(set_global_get_global,  a_global, "set_global, and then the get_global behind it")               \
  X(add_set_field,          abc,      "add, and then the set_field behind it, of R[A]")               \
  X(add_set_global,         abc,      "add, and then the set_global behind it, of R[A]")              \
  X(subtract_set_field,     abc,      "subtract, and then the set_field behind it, of R[A]")          \
  X(add_k_set_field,        abk,      "add_k, and then the set_field behind it, of R[A]")             \
  X(add_k_set_global,       abk,      "add_k, and then the set_global behind it, of R[A]")            \
  X(logical_not_set_field,  ab,       "logical_not, and then the set_field behind it, of R[A]")       \
  X(add_k_jump_less,        abk,      "add_k, and then the jump_less behind it, which compares R[A] and R[B]")

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
#define INTERLOX_OPCODE(name, format, meaning) name,
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

}  // namespace interlox::vm
