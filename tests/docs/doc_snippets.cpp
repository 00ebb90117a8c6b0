// SPDX-License-Identifier: BSD-3-Clause
// Writes the Lox programs in a document to a folder, for lox_runner to run.
//
//     doc_snippets DOCUMENT FOLDER
//
// A block that begins with ```lox becomes line_NNNN.lox, after the line of its fence; one that begins with
// ```lox NAME.lox becomes NAME.lox, a module for the others to import, from which no output is expected; one
// that begins with ```lox no-run is left out. The folder is emptied first.
//
// Exit code: 0; 1 if the document is not as it should be, or something can't be read or written; 2 for wrong
// arguments.
#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFence = "```";
constexpr std::string_view kProgram = "```lox";

std::string name_of_line(std::size_t line) {
  char name[32];
  std::snprintf(name, sizeof name, "line_%04zu.lox", line);
  return name;
}

class Writer {
 public:
  explicit Writer(fs::path folder) : folder_(std::move(folder)) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }

  void write(const std::string& name, const std::string& text) {
    if (!names_.insert(name).second) throw std::runtime_error("there are two programs " + name);
    std::ofstream file(folder_ / name, std::ios::binary);
    file << text;
    if (!file.flush()) throw std::runtime_error("can't write " + (folder_ / name).string());
  }

  std::size_t count() const { return names_.size(); }

 private:
  fs::path folder_;
  std::set<std::string> names_;
};

/// Reads the rest of a block, up to its closing fence.
std::string read_block(std::istream& document, std::size_t& line_number) {
  const std::size_t opened = line_number;
  std::string text;
  for (std::string line; std::getline(document, line); text += line + '\n') {
    ++line_number;
    if (line == kFence) return text;
  }
  throw std::runtime_error("line " + std::to_string(opened) + ": the block is not closed");
}

std::size_t write_programs(std::istream& document, const fs::path& folder) {
  Writer writer(folder);
  std::size_t line_number = 0;
  for (std::string line; std::getline(document, line);) {
    ++line_number;
    if (!line.starts_with(kFence)) continue;
    const std::size_t opened = line_number;
    const std::string text = read_block(document, line_number);
    if (!line.starts_with(kProgram)) continue;
    const std::string rest = line.substr(kProgram.size());
    if (rest.empty()) {
      writer.write(name_of_line(opened), text);
    } else if (rest.ends_with(".lox") && rest.front() == ' ') {
      writer.write(rest.substr(1), text + "// expect no output\n");
    } else if (rest != " no-run") {
      throw std::runtime_error("line " + std::to_string(opened) + ": what is '" + line + "'?");
    }
  }
  return writer.count();
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) {
    std::cerr << "usage: doc_snippets DOCUMENT FOLDER\n";
    return 2;
  }
  try {
    std::ifstream document(words[1]);
    if (!document) throw std::runtime_error("can't be read");
    const std::size_t programs = write_programs(document, words[2]);
    if (programs == 0) throw std::runtime_error("has no programs");
    std::cout << programs << " programs\n";
    return 0;
  } catch (const std::exception& error) {
    std::cerr << words[1] << ": " << error.what() << '\n';
    return 1;
  }
}
