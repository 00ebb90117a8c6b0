// SPDX-License-Identifier: BSD-3-Clause
// Lua scripts over the runtime, as a host program starts them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vm/vm.hpp"

namespace interlox::lua {

/// Takes the result of a test: "passed", "failed" or "skipped"; its name; why it failed.
using TestSink = std::function<void(std::string_view, std::string_view, std::string_view)>;

/// What the host decides.
struct Options {
  /// Makes a VM with its builtins; called for the default VM and by vm.new(), on any thread.
  std::function<std::unique_ptr<vm::VM>()> make_vm;
  /// A further folder where require looks for FILE.lua; may be empty.
  std::string library_path = {};
  /// The words of the command line before the script, the program's name first: they become the
  /// negative indexes of `arg`. Empty: the program's path and the subcommand's name.
  std::vector<std::string> command = {};
  /// Called when a script has ended, well or not, and what it holds is still there: takes the exit code, and
  /// gives the one to end with. Empty: nothing is to be done.
  std::function<int(int)> before_end = {};
  /// Flushes all output and ends the process, for os.exit. Empty: flush_streams(), then _exit.
  std::function<void(int)> finish = {};
  /// Says who takes the results of tests that programs in the language run; null: nobody. Empty: they run
  /// none.
  std::function<void(TestSink)> set_test_sink = {};
};

/// Flushes stdio's streams, for the end of the process. fflush(nullptr) alone would wait for a stream
/// that another thread is blocked in, such as a stdin that it reads: this gives up after a moment,
/// when all but such streams are done. Any thread; never throws.
void flush_streams() noexcept;

/// Runs `file` ("-": standard input) with `arg` set as in lua(1). Gives the exit code: 0; 1 after
/// an error, whose message and traceback are on stderr then; 74 if the file can't be read. Threads
/// that the script started may still be running: end the process without destroying statics.
/// Needs an initialised collector, on a registered thread; throws std::bad_alloc.
int run_script(const Options& options, const std::string& file, const std::vector<std::string>& args);

/// Runs each of `paths` that is a file, and every *_spec.lua and *_test.lox below each that is a folder
/// (none given: "scripts/"); writes TAP to standard output. Gives 0 only if all tests passed and
/// at least one ran, else 1. Each file gets a Lua state and default VM of its own. Otherwise as
/// run_script().
int run_tests(const Options& options, const std::vector<std::string>& paths);

}  // namespace interlox::lua
