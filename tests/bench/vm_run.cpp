// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/vm_run.hpp"

#include <cstdio>
#include <stdexcept>
#include <vector>

#include "stdlib/natives.hpp"
#include "tests/bench/process.hpp"
#include "vm/compiler.hpp"
#include "vm/file.hpp"
#include "vm/thread.hpp"
#include "vm/vm.hpp"

namespace interlox::bench {
namespace {

constexpr char kFolder[] = INTERLOX_BENCH_PROGRAMS "/";

std::vector<std::string> command(Engine engine, const std::string& stem) {
  switch (engine) {
    case Engine::kInterlox:
      return {INTERLOX_BENCH_INTERLOX, stem + ".lox"};
    case Engine::kLua:
      return {"lua5.4", stem + ".lua"};
    case Engine::kLuaJit:
      return {"luajit", "-joff", stem + ".lua"};
  }
  return {};
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

void must_be_equal(const std::string& program, const std::string& output, const std::string& right) {
  if (output == right) return;
  throw std::runtime_error(cat(program, ": '", first_line(output), "' was printed, and '", first_line(right),
                               "' by another engine"));
}

std::string source_of(const Program& program) {
  const std::string path = cat(kFolder, program.id, ".lox");
  std::string source;
  if (vm::read_file(path.c_str(), source) != 0) throw std::runtime_error(cat("cannot read ", path));
  return source;
}

}  // namespace

const EngineName& name_of(Engine engine) {
  static constexpr EngineName kNames[] = {
      {"interlox", Role::kOurs}, {"lua5.4", Role::kBaseline}, {"luajit -joff", Role::kPeer}};
  return kNames[static_cast<std::size_t>(engine)];
}

std::string peak_id(const Program& program) { return cat(program.id, "-peak"); }
std::string heap_id(const Program& program) { return cat(program.id, "-heap"); }
std::string collections_id(const Program& program) { return cat(program.id, "-collections"); }

void VmRun::measure(const Program& program) {
  std::string right;
  std::vector<Lane<Engine>> lanes;
  for (const Engine engine : kEngines) {
    lanes.push_back({engine, 1, [this, engine, &program, &right](unsigned /*threads*/) {
                       const ProcessRun run = run_process(command(engine, cat(kFolder, program.id)));
                       if (right.empty()) right = run.output;
                       must_be_equal(program.id, run.output, right);
                       add(peak_id(program), 1, engine, run.peak_bytes);
                       return run.time;
                     }});
  }
  rounds(program.id, round_count(), {1}, lanes);
  measure_heap(program);
}

// A script of the Lua binding runs the program, and says how the heap is then.
void VmRun::measure_heap(const Program& program) {
  const ProcessRun run = run_process(
      {INTERLOX_BENCH_INTERLOX, "lua", cat(kFolder, "../heap_of.lua"), cat(kFolder, program.id, ".lox")});
  double heap = 0;
  double collections = 0;
  if (std::sscanf(run.output.c_str(), "%lf %lf", &heap, &collections) != 2) {
    throw std::runtime_error(cat("heap_of.lua says '", run.output, "' of ", program.id));
  }
  add(heap_id(program), 1, Engine::kInterlox, heap);
  add(collections_id(program), 1, Engine::kInterlox, collections);
}

void VmRun::measure_start() {
  std::vector<Lane<Engine>> lanes;
  for (const Engine engine : kEngines) {
    lanes.push_back({engine, 1, [engine](unsigned /*threads*/) {
                       return run_process(command(engine, cat(kFolder, "../empty"))).time;
                     }});
  }
  rounds(kStart, 3 * round_count(), {1}, lanes);
}

void VmRun::measure_compiler() {
  vm::VM machine;
  stdlib::install(machine);
  std::vector<std::string> sources;
  std::size_t bytes = 0;
  for (const Program& program : programs()) {
    sources.push_back(source_of(program));
    bytes += sources.back().size();
  }
  const int laps = quick_ ? 20 : 100;
  const auto compile_all = [&] {
    for (int lap = 0; lap < laps; ++lap) {
      for (const std::string& source : sources) {
        std::string errors;
        if (vm::compile(machine.main_module(), source, "", vm::CompileMode::program, errors) == nullptr) {
          throw std::runtime_error(errors);
        }
      }
    }
  };
  const auto measured = [&](unsigned /*threads*/) {
    const Clock::time_point begin = Clock::now();
    const double cpu = thread_cpu_ns();
    compile_all();
    const std::chrono::duration<double, std::nano> wall = Clock::now() - begin;
    const double all = static_cast<double>(bytes) * laps;
    return Sample{wall.count() / all, (thread_cpu_ns() - cpu) / all};
  };
  rounds(kCompile, round_count(), {1}, {{Engine::kInterlox, 1, measured}});
}

std::string lua_version() { return first_line(run_process({"lua5.4", "-e", "print(_VERSION)"}).output); }
std::string luajit_version() {
  return first_line(run_process({"luajit", "-e", "print(jit.version)"}).output);
}

}  // namespace interlox::bench
