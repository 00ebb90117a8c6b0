// SPDX-License-Identifier: BSD-3-Clause
// Reads every #include of the sources and fails on an arrow that the layers don't have.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.hpp"

namespace {

namespace fs = std::filesystem;

/// What a room may include: rooms of ours, and systems beside the standard library and POSIX.
struct Rule {
  std::set<std::string> rooms;
  std::set<std::string> systems;
};

const std::map<std::string, Rule> kRules = {
    {"trie", {{"trie"}, {}}},
    {"gc", {{"gc"}, {"bdwgc", "posix"}}},
    {"vm", {{"trie", "gc", "vm"}, {"posix"}}},
    {"stdlib", {{"vm", "stdlib"}, {"posix"}}},
    {"vm/embed", {{"gc", "vm", "stdlib", "vm/embed"}, {"posix"}}},
    {"vm/lua", {{"trie", "gc", "vm", "vm/lua"}, {"lua", "posix"}}},
    {"vm/cli", {{"trie", "gc", "vm", "stdlib", "vm/lua", "vm/cli"}, {"lua", "posix"}}},
};

/// The room that a path from the root lies in, or "" if it lies in none of them.
std::string room_of(std::string_view path) {
  std::string best;
  for (const auto& [room, rule] : kRules) {
    if (path.substr(0, room.size() + 1) == room + "/" && room.size() > best.size()) best = room;
  }
  return best;
}

/// Which system a <header> belongs to: "std" has no extension.
std::string system_of(std::string_view header) {
  if (header.substr(0, 3) == "gc/" || header == "gc.h") return "bdwgc";
  if (header.substr(0, 3) == "lua" || header.substr(0, 4) == "laux" || header == "lualib.h") return "lua";
  if (header.find('.') != std::string_view::npos) return "posix";
  return "std";
}

/// The wrong includes of one file, each as "PATH:LINE: why".
std::vector<std::string> violations(const std::string& path, std::istream& text) {
  std::vector<std::string> found;
  const Rule& rule = kRules.at(room_of(path));
  std::string line;
  for (int number = 1; std::getline(text, line); ++number) {
    std::istringstream words(line);
    std::string directive;
    std::string rest;
    words >> directive;
    if (directive == "#") {
      words >> directive;
      directive = "#" + directive;
    }
    std::getline(words, rest);
    if (directive.substr(0, 8) != "#include") continue;
    rest = directive.substr(8) + rest;
    rest.erase(0, std::min(rest.find_first_of("<\""), rest.size()));
    if (rest.empty()) continue;
    const std::string header = rest.substr(1, rest.find_first_of(">\"", 1) - 1);
    const std::string where = path + ":" + std::to_string(number) + ": ";
    if (rest[0] == '<') {
      const std::string system = system_of(header);
      if (system != "std" && rule.systems.count(system) == 0)
        found.push_back(where + room_of(path) + " may not include <" + header + ">");
    } else if (room_of(header).empty()) {
      found.push_back(where + "\"" + header + "\" lies in no room (includes are written from the root)");
    } else if (rule.rooms.count(room_of(header)) == 0) {
      found.push_back(where + room_of(path) + " may not include " + room_of(header) + " (\"" + header +
                      "\")");
    }
  }
  return found;
}

std::vector<std::string> violations_in(const std::string& path, const std::string& text) {
  std::istringstream stream(text);
  return violations(path, stream);
}

/// Calls visit(path, text) for each source of the layers; gives their number.
template <class Visit>
int for_each_source(const Visit& visit) {
  const fs::path root = INTERLOX_SOURCE_DIR;
  int files = 0;
  for (const char* top : {"trie", "gc", "vm", "stdlib"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".hpp" && extension != ".cpp" && extension != ".inc") continue;
      std::ifstream text(entry.path());
      visit(fs::relative(entry.path(), root).generic_string(), text);
      ++files;
    }
  }
  return files;
}

}  // namespace

// A finalizer brings back objects whose weak cells are cleared already: equal handles would then be two.
TEST_CASE("no source registers a finalizer with the collector") {
  std::vector<std::string> found;
  for_each_source([&found](const std::string& path, std::istream& text) {
    for (std::string line; std::getline(text, line);) {
      if (line.find("GC_register_finalizer") != std::string::npos) found.push_back(path + ": " + line);
    }
  });
  for (const std::string& one : found) UNSCOPED_INFO(one);
  CHECK(found.empty());
}

TEST_CASE("every include of the sources follows the layers") {
  std::vector<std::string> found;
  const int files = for_each_source([&found](const std::string& path, std::istream& text) {
    const auto wrong = violations(path, text);
    found.insert(found.end(), wrong.begin(), wrong.end());
  });
  for (const std::string& one : found) UNSCOPED_INFO(one);
  CHECK(found.empty());
  CHECK(files > 20);
}

// So a program that embeds the language compiles without bdwgc and without the VM's headers.
TEST_CASE("the embedding headers include the standard library and each other") {
  std::vector<std::string> found;
  for_each_source([&found](const std::string& path, std::istream& text) {
    if (path != "vm/embed/interlox.hpp" && path != "vm/embed/value.hpp") return;
    for (std::string line; std::getline(text, line);) {
      if (line.find("#include") == std::string::npos || line == "#include \"vm/embed/value.hpp\"") continue;
      const std::size_t begin = line.find('<');
      const bool is_standard = begin != std::string::npos && line.find('.') == std::string::npos;
      if (!is_standard) found.push_back(path + ": " + line);
    }
  });
  for (const std::string& one : found) UNSCOPED_INFO(one);
  CHECK(found.empty());
}

TEST_CASE("a wrong arrow is found") {
  CHECK(violations_in("trie/a.hpp", "#include \"gc/heap.hpp\"\n").size() == 1);
  CHECK(violations_in("trie/a.hpp", "#include <unistd.h>\n").size() == 1);
  CHECK(violations_in("gc/a.cpp", "#include \"trie/policy.hpp\"\n").size() == 1);
  CHECK(violations_in("gc/a.cpp", "#include <lua5.4/lua.h>\n").size() == 1);
  CHECK(violations_in("vm/a.cpp", "#  include <gc/gc.h>\n").size() == 1);
  CHECK(violations_in("vm/a.cpp", "#include \"vm/lua/runtime.hpp\"\n").size() == 1);
  CHECK(violations_in("vm/a.cpp", "#include \"stdlib/natives.hpp\"\n").size() == 1);
  CHECK(violations_in("vm/a.cpp", "#include \"vm/embed/interlox.hpp\"\n").size() == 1);
  CHECK(violations_in("vm/embed/interlox.hpp", "#include <gc/gc.h>\n").size() == 1);
  CHECK(violations_in("stdlib/a.cpp", "#include \"gc/heap.hpp\"\n").size() == 1);
  CHECK(violations_in("vm/lua/a.cpp", "#include \"stdlib/natives.hpp\"\n").size() == 1);
  CHECK(violations_in("vm/a.cpp", "#include \"value.hpp\"\n").size() == 1);
}

TEST_CASE("a right arrow is let through") {
  CHECK(violations_in("trie/a.hpp", "#include <atomic>\n#include \"trie/policy.hpp\"\n").empty());
  CHECK(violations_in("gc/a.cpp", "#include <gc/gc.h>\n#include <unistd.h>\n").empty());
  CHECK(violations_in("vm/a.cpp", "#include \"trie/hash.hpp\"\n#include \"gc/heap.hpp\"\n").empty());
  CHECK(violations_in("vm/lua/a.cpp", "#include <lua.h>\n#include \"vm/vm.hpp\"\n").empty());
  CHECK(violations_in("vm/cli/a.cpp", "#include \"stdlib/natives.hpp\"\n#include \"vm/lua/runtime.hpp\"\n")
            .empty());
}
