// SPDX-License-Identifier: BSD-3-Clause
#include "tests/stress/race_program.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "trie/hash.hpp"

namespace interlox::race {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostRounds = 120;  // ROUNDS of the prelude
constexpr std::string_view kPrelude = "prelude.lox";

std::string read_file(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw std::runtime_error("cannot read " + path.string());
  return text.str();
}

/// What follows `prefix`, if the text begins with it.
bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::vector<std::string> split(std::string_view text, std::string_view separator) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; (at = text.find(separator)) != std::string_view::npos;) {
    parts.emplace_back(text.substr(0, at));
    text.remove_prefix(at + separator.size());
  }
  parts.emplace_back(text);
  return parts;
}

/// The part of the scene that a line begins; null if it begins none.
std::string* part_begun_by(std::string_view line, Scene& scene) {
  if (line == "// late") return &scene.late;
  if (line == "// end") return &scene.end;
  if (take_prefix(line, "// file ")) return &scene.files.emplace_back(line, "").second;
  if (!take_prefix(line, "// step")) return nullptr;
  Step& step = scene.steps.emplace_back();
  if (take_prefix(line, ", may fail: ")) {
    step.may_fail = split(line, "; ");
  } else if (!line.empty()) {
    throw std::runtime_error(scene.name + ": not understood: // step" + std::string(line));
  }
  return &step.code;
}

Scene read_scene(const fs::path& path) {
  Scene scene;
  scene.name = path.stem().string();
  std::istringstream lines(read_file(path));
  std::string* part = &scene.start;
  for (std::string line; std::getline(lines, line);) {
    if (std::string* const begun = part_begun_by(line, scene)) {
      part = begun;
    } else if (!scene.start.empty() || part != &scene.start ||
               !line.starts_with("//")) {  // else what it is about
      part->append(line).append(1, '\n');
    }
  }
  if (scene.steps.empty()) throw std::runtime_error(path.string() + " has no step");
  return scene;
}

class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept : seed_(seed) {}
  std::uint64_t below(std::uint64_t limit) noexcept {
    return (trie::hash_integer(++count_, seed_) >> 16) % limit;
  }
  std::uint64_t between(std::uint64_t least, std::uint64_t most) noexcept {
    return least + below(most - least + 1);
  }

 private:
  std::uint64_t seed_;
  std::uint64_t count_ = 0;
};

bool is_of_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Replaces the words that stand for something (race_program.hpp).
class Filling {
 public:
  Filling(std::size_t scene, Random& random)
      : scene_(std::to_string(scene)),
        place_(std::to_string(random.below(12))),
        other_place_(std::to_string(random.below(12))),
        kind_(std::to_string(random.below(11))),
        number_(std::to_string(random.below(10))) {}

  [[nodiscard]] std::string fill(std::string_view text) const {
    std::string filled;
    while (!text.empty()) {
      const auto end = std::find_if(text.begin(), text.end(), is_of_word);
      filled.append(text.begin(), end);
      text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
      const auto word_end = std::find_if_not(text.begin(), text.end(), is_of_word);
      const std::string_view word = text.substr(0, static_cast<std::size_t>(word_end - text.begin()));
      append_word(filled, word);
      text.remove_prefix(word.size());
    }
    return filled;
  }

 private:
  void append_word(std::string& filled, std::string_view word) const {
    if (word == "A") {
      filled += scene_;
    } else if (word == "P") {
      filled += place_;
    } else if (word == "Q") {
      filled += other_place_;
    } else if (word == "K") {
      filled += kind_;
    } else if (word == "N") {
      filled += number_;
    } else if (word.ends_with("_A")) {
      filled.append(word.substr(0, word.size() - 1)).append(scene_);
    } else {
      filled += word;
    }
  }

  std::string scene_;
  std::string place_;
  std::string other_place_;
  std::string kind_;
  std::string number_;
};

/// One program in the making.
class Writer {
 public:
  Writer(const Scenes& scenes, std::uint64_t seed) : all_(scenes), seed_(seed), random_(seed) {
    for (std::uint64_t count = random_.between(1, 4); count != 0; --count) {
      chosen_.push_back(&all_.scenes[random_.below(all_.scenes.size())]);
    }
  }

  Program write(std::uint64_t most_rounds) {
    threads_ = random_.between(2, 8);
    // Threads with the same code share its caches; those with code of their own do more different things.
    const bool is_alike = random_.below(2) == 0;
    meets_ = random_.below(2) == 0;
    rounds_ = std::min(most_rounds, random_.between(10, kMostRounds));
    describe(is_alike);
    text_ = "// " + program_.about + "\n" +
            "import \"prelude\" for PLACES, KINDS, ROUNDS, meet, fault, Tag, make, partsOf, check, ensure, "
            "explain, keyOf,\n"
            "  placeOf, checkEntry, checkKeys, getField, setField, callMember;\n"
            "import \"os\" for exit;\n";
    for (std::size_t i = 0; i < chosen_.size(); ++i) start_scene(i);
    text_ += "\nvar gate = Channel();\nvar arrived = Atomic(0);\n";
    for (std::uint64_t i = 0; i < (is_alike ? 1 : threads_); ++i) write_thread(i);
    text_ += "\nvar threads = [];\n";
    for (std::uint64_t i = 0; i < threads_; ++i) {
      text_ +=
          "threads.add(spawn(thread" + std::to_string(is_alike ? 0 : i) + ", " + std::to_string(i) + "));\n";
    }
    text_ += "gate.close();\n";
    append_parts(&Scene::late, false);
    text_ += "for (var i in 0..threads.length) ensure(threads[i].join() == i, 0, \"a thread's result\");\n";
    append_parts(&Scene::end, true);
    text_ += "print \"done\";\n";
    // A program ends with its main thread, or as it says, whatever the other threads do.
    constexpr std::array<const char*, 4> kWays{"", "", "exit(0);\n", "spawn(exit, 0).join();\n"};
    text_ += kWays[random_.below(kWays.size())];
    program_.files.emplace(program_.files.begin(), "main.lox", std::move(text_));
    program_.files.emplace_back(kPrelude, all_.prelude);
    return std::move(program_);
  }

 private:
  void describe(bool is_alike) {
    std::ostringstream about;
    about << "seed " << seed_ << ": " << threads_ << (is_alike ? " threads alike, " : " threads, ")
          << (meets_ ? "side by side, " : "") << rounds_ << " rounds:";
    for (const Scene* const scene : chosen_) about << ' ' << scene->name;
    program_.about = about.str();
  }

  void start_scene(std::size_t i) {
    const Filling filling(i + 1, random_);
    text_ += "\n// Scene " + std::to_string(i + 1) + ": " + chosen_[i]->name + ".\n" +
             filling.fill(chosen_[i]->start);
    for (const auto& [name, text] : chosen_[i]->files) {
      program_.files.emplace_back(filling.fill(name), filling.fill(text));
    }
  }

  void append_parts(std::string Scene::*part, bool is_block) {
    for (std::size_t i = 0; i < chosen_.size(); ++i) {
      const std::string& text = chosen_[i]->*part;
      if (text.empty()) continue;
      const std::string filled = Filling(i + 1, random_).fill(text);
      text_ += is_block ? "{\n" + filled + "}\n" : filled;
    }
  }

  void write_thread(std::uint64_t number) {
    text_ += "\nfun thread" + std::to_string(number) + "(me) {\n  gate.receive();\n  for (var round in 0.." +
             std::to_string(rounds_) + ") {\n";
    if (meets_) text_ += "    meet(arrived, (round + 1) * " + std::to_string(threads_) + ");\n";
    for (std::uint64_t steps = random_.between(3, 12); steps != 0; --steps) {
      const std::size_t scene = random_.below(chosen_.size());
      const std::vector<Step>& choice = chosen_[scene]->steps;
      write_step(scene + 1, choice[random_.below(choice.size())]);
    }
    text_ += "  }\n  return me;\n}\n";
  }

  void write_step(std::size_t scene, const Step& step) {
    const Filling filling(scene, random_);
    text_ += "// Of scene " + std::to_string(scene) + ".\n";
    if (step.may_fail.empty()) {
      text_ += "{\n" + filling.fill(step.code) + "}\n";
      return;
    }
    text_ += "try {\n" + filling.fill(step.code) + "} catch (error) {\n  explain(" + std::to_string(scene) +
             ", error, [";
    for (const std::string& text : step.may_fail) text_ += "\"" + filling.fill(text) + "\", ";
    text_ += "]);\n}\n";
  }

  const Scenes& all_;
  std::uint64_t seed_;
  Random random_;
  std::vector<const Scene*> chosen_;
  std::uint64_t threads_ = 0;
  std::uint64_t rounds_ = 0;
  bool meets_ = false;  // the threads begin each round together
  std::string text_;
  Program program_;
};

}  // namespace

Scenes read_scenes(const fs::path& folder) {
  Scenes scenes;
  std::vector<fs::path> paths;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".lox" && entry.path().filename() != kPrelude)
      paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (const fs::path& path : paths) scenes.scenes.push_back(read_scene(path));
  if (scenes.scenes.empty()) throw std::runtime_error("no scenes in " + folder.string());
  scenes.prelude = read_file(folder / kPrelude);
  return scenes;
}

Program make_program(const Scenes& scenes, std::uint64_t seed, std::uint64_t most_rounds) {
  return Writer(scenes, seed).write(most_rounds);
}

}  // namespace interlox::race
