// SPDX-License-Identifier: BSD-3-Clause
// Random programs of the language whose threads race, and check that the races do no harm.
//
// A program is put together from scenes, the files of tests/stress/race. A scene has something that threads
// share, and steps that read or change it; what they write names its place, so that a reader knows what may
// stand there. Threads take steps of several scenes in a random order, some hundred times; then the scene is
// checked as a whole. Each file is a program of the language, with comments that divide it:
//
//     (at the start)            what is declared before the threads start
//     // file NAME              a module that is written beside the program
//     // late                   what the main thread does when the threads have started
//     // step                   one step; with ", may fail: TEXT; TEXT" its errors may begin with these texts
//     // end                    what is checked when the threads have ended
//
// Some words are replaced, wherever they stand: A and ..._A by the number of the scene in the program; P and
// Q by places below 12, K by a kind of value below 11, N by a number below 10: anew for each step. `me` is
// the number of the thread, `round` how many times it has taken its steps.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace interlox::race {

/// What a thread may do.
struct Step {
  std::string code;
  std::vector<std::string> may_fail;  // how the messages of errors begin that a race explains
};

struct Scene {
  std::string name;
  std::string start;
  std::string late;
  std::string end;
  std::vector<Step> steps;
  std::vector<std::pair<std::string, std::string>> files;  // names and texts
};

/// The scenes of a folder by name, and the module that all programs import.
struct Scenes {
  std::vector<Scene> scenes;
  std::string prelude;
};

/// Throws std::runtime_error, which says what is wrong with which file.
[[nodiscard]] Scenes read_scenes(const std::filesystem::path& folder);

/// A program: files to be written to one folder. The first is the one to run; all goes well if it ends with
/// 0, has written nothing to stderr, and to stdout lines whose halves, around a sign =, are equal, and then
/// `done`.
struct Program {
  std::vector<std::pair<std::string, std::string>> files;
  std::string about;  // in one line: threads and scenes
};

/// The program of a seed: the same for the same scenes, on every machine. Its threads take their steps
/// `most_rounds` times at most: where everything is slow, more programs say more than longer ones.
[[nodiscard]] Program make_program(const Scenes& scenes, std::uint64_t seed, std::uint64_t most_rounds);

}  // namespace interlox::race
