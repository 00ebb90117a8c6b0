// SPDX-License-Identifier: BSD-3-Clause
// One run of the benchmarks of the interpreter: measuring, and the figures found.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/figures.hpp"
#include "tests/bench/vm_table.hpp"

namespace interlox::bench {

enum class Engine { kInterlox, kLua, kLuaJit };
inline constexpr Engine kEngines[] = {Engine::kInterlox, Engine::kLua, Engine::kLuaJit};

struct EngineName {
  const char* text;
  Role role;
};
[[nodiscard]] const EngineName& name_of(Engine engine);

/// Figures of an engine, by workload: a program's id has the times of its runs, and
inline constexpr char kStart[] = "start";                          // an empty program: times
inline constexpr char kCompile[] = "compile";                      // ours alone: ns a byte of source
[[nodiscard]] std::string peak_id(const Program& program);         // bytes at the most
[[nodiscard]] std::string heap_id(const Program& program);         // ours alone: bytes of the heap at the end
[[nodiscard]] std::string collections_id(const Program& program);  // ours alone

class VmRun : public Figures<Engine> {
 public:
  explicit VmRun(bool quick) : quick_(quick) {}

  [[nodiscard]] bool quick() const noexcept { return quick_; }
  [[nodiscard]] int round_count() const noexcept { return quick_ ? 1 : 5; }

  /// Runs the program with every engine once a round, each run a process of its own; which is first moves on
  /// each round. Then once more with ours, for its heap. Throws std::runtime_error if one fails, or if what
  /// they print differs.
  void measure(const Program& program);
  /// Likewise, a program without a statement.
  void measure_start();
  /// Compiles the sources of all programs, time and again, in this process. The calling thread needs a
  /// vm::ThreadScope.
  void measure_compiler();

 private:
  void measure_heap(const Program& program);

  const bool quick_;
};

/// The engines' versions, as they tell them.
[[nodiscard]] std::string lua_version();
[[nodiscard]] std::string luajit_version();

}  // namespace interlox::bench
