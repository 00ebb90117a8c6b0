// SPDX-License-Identifier: BSD-3-Clause
// Does what a chapter of docs/path tells its reader to do, and compares what is printed with what the chapter
// says.
//
//     chapter_runner CHAPTER SOURCES BIN FOLDER [TAG=BIN]...
//
// A block ```console is a transcript: its commands are run in a folder that looks like a clone of SOURCES in
// which the release preset is built, with the programs of BIN. (`./dev run` there builds nothing.) Of blocks
// ```console TAG those are run whose TAG is given, with the programs of that BIN (none: not in this build);
// no-run is run by nobody. Any other block with a path for a tag, as
// ```lox docs/path/2-aba.lox, must be lines of that file of SOURCES. How a transcript tells of what varies is
// said in chapter.hpp and docs/path/README.md.
//
// Exit code: 0; 1 if anything is not as the chapter says; 2 for wrong arguments.
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/docs/chapter.hpp"
#include "tests/support/process.hpp"

namespace interlox::docs {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) throw std::runtime_error("can't read " + path.string());
  return text.str();
}

/// A folder in which a reader's commands can be run as they stand.
class Clone {
 public:
  Clone(const fs::path& sources, const fs::path& bin, fs::path folder) : folder_(std::move(folder)) {
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "build/release");
    fs::create_directory_symlink(fs::absolute(bin), folder_ / "build/release/bin");
    const std::set<fs::path> own{"build", "dev", ".git"};
    for (const auto& entry : fs::directory_iterator(sources)) {
      const fs::path name = entry.path().filename();
      if (!own.contains(name)) fs::create_symlink(fs::absolute(entry.path()), folder_ / name);
    }
    std::ofstream dev(folder_ / "dev");
    dev << "#!/bin/sh\n[ \"$1\" = run ] && shift && exec build/release/bin/interlox \"$@\"\n";
    if (!dev.flush()) throw std::runtime_error("can't write " + (folder_ / "dev").string());
    fs::permissions(folder_ / "dev", fs::perms::owner_all);
  }

  /// What a command prints, on either stream. Throws if it does not end with 0.
  Lines run(const std::string& command) const {
    const auto result =
        test::run_process({"bash", "-c", "cd \"$0\" && exec 2>&1 && eval \"$1\"", folder_, command},
                          {.time_limit = std::chrono::minutes(5)});
    if (result.ending != test::Ending::kExited || result.code != 0) {
      throw std::runtime_error(command + ": ended with " + std::to_string(result.code) + " " + result.error +
                               "\n" + result.output + result.errors);
    }
    return lines_of(result.output);
  }

 private:
  fs::path folder_;
};

struct Chapter {
  fs::path path;
  fs::path sources;
  std::map<std::string, std::optional<Clone>> clones;  // by tag; none where this build lacks what it needs
  int steps = 0;
  int faults = 0;

  void fault(std::size_t line, const std::string& what) {
    std::cerr << path.string() << ":" << line << ": " << what << '\n';
    ++faults;
  }

  void play(const Step& step, const Clone& clone) {
    ++steps;
    const Lines printed = clone.run(step.command);
    if (matches(step.expected, printed)) return;
    fault(step.line, "'" + step.command + "' should have printed");
    for (const std::string& line : step.expected) std::cerr << "  " << line << '\n';
    std::cerr << "but has printed\n";
    for (const std::string& line : printed) std::cerr << "  " << line << '\n';
  }

  void check(const Block& block) {
    if (block.language == "console") {
      const auto clone = clones.find(block.tag);
      if (clone == clones.end()) return fault(block.line, "what is the tag '" + block.tag + "'?");
      if (!clone->second) return;
      for (const Step& step : steps_of(block)) play(step, *clone->second);
    } else if (block.tag.find('/') != std::string::npos) {
      if (!is_part_of(block.lines, lines_of(read_file(sources / block.tag))))
        fault(block.line, "this is not in '" + block.tag + "'");
    }
  }
};

int run(const std::vector<std::string>& words) {
  Chapter chapter{.path = words[0], .sources = words[1], .clones = {}};
  const fs::path folder = words[3];
  const auto add = [&](const std::string& tag, const std::string& bin, const fs::path& name) {
    auto& clone = chapter.clones[tag];
    if (!bin.empty()) clone.emplace(words[1], bin, folder / name);
  };
  add("", words[2], "clone");
  add("no-run", "", "");
  for (std::size_t i = 4; i < words.size(); ++i) {
    const std::size_t equals = words[i].find('=');
    if (equals == std::string::npos) throw std::invalid_argument(words[i]);
    const std::string tag = words[i].substr(0, equals);
    add(tag, words[i].substr(equals + 1), tag);
  }
  std::istringstream text(read_file(chapter.path));
  for (const Block& block : blocks_of(text)) chapter.check(block);
  if (chapter.steps == 0) throw std::runtime_error("has no experiment");
  std::cout << chapter.steps << " steps\n";
  return chapter.faults == 0 ? 0 : 1;
}

}  // namespace
}  // namespace interlox::docs

int main(int count, char** words) {
  if (count < 5) {
    std::cerr << "usage: chapter_runner CHAPTER SOURCES BIN FOLDER [TAG=BIN]...\n";
    return 2;
  }
  try {
    return interlox::docs::run({words + 1, words + count});
  } catch (const std::invalid_argument& error) {
    std::cerr << "chapter_runner: '" << error.what() << "' is no TAG=BIN\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << words[1] << ": " << error.what() << '\n';
    return 1;
  }
}
