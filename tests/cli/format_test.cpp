// SPDX-License-Identifier: BSD-3-Clause
// `interlox fmt` as a user meets it: which files change, what is said, exit codes.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <unistd.h>

#include "tests/cli/program.hpp"
#include "tests/support/catch.hpp"

namespace {

namespace fs = std::filesystem;

using interlox::test::Ending;
using interlox::test::interlox_with;
using interlox::test::ProcessResult;
using interlox::test::TemporaryFile;

constexpr const char* kUgly = "print  1 ;\n";
constexpr const char* kPretty = "print 1;\n";

void check(const ProcessResult& got, int code, const std::string& out, const std::string& err) {
  CHECK(got.ending == Ending::kExited);
  CHECK(got.code == code);
  CHECK(got.output == out);
  CHECK(got.errors == err);
}

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A folder that goes with the object.
struct Folder {
  fs::path path = fs::temp_directory_path() / ("interlox-fmt-" + std::to_string(getpid()));

  Folder() { fs::create_directories(path / "sub"); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path); }

  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(path / name, std::ios::binary) << text;
    return path / name;
  }

  std::ptrdiff_t files() const {
    return std::distance(fs::recursive_directory_iterator(path), fs::recursive_directory_iterator());
  }
};

}  // namespace

TEST_CASE("fmt without files, and -, filter standard input") {
  check(interlox_with({"fmt"}, kUgly), 0, kPretty, "");
  check(interlox_with({"fmt", "-"}, kPretty), 0, kPretty, "");
  check(interlox_with({"fmt"}, ""), 0, "", "");
  check(interlox_with({"fmt"}, "print 1;\n  @"), 65, "", "stdin:2:3: Unexpected character.\n");
  check(interlox_with({"fmt", "--check"}, kUgly), 1, "stdin\n", "");
  check(interlox_with({"fmt", "--check"}, kPretty), 0, "", "");
}

TEST_CASE("fmt changes files in place, keeps their mode, and names those that changed") {
  const Folder folder;
  const std::string ugly = folder.file("ugly.lox", kUgly);
  const std::string pretty = folder.file("pretty.lox", kPretty);
  const auto mode = fs::perms::owner_all | fs::perms::group_read;
  fs::permissions(ugly, mode);
  const auto before = fs::last_write_time(pretty);
  check(interlox_with({"fmt", ugly, pretty}), 0, ugly + "\n", "");
  CHECK(text_of(ugly) == kPretty);
  CHECK(fs::status(ugly).permissions() == mode);
  CHECK(fs::last_write_time(pretty) == before);
  CHECK(folder.files() == 3);  // no other one is left behind
  check(interlox_with({"fmt", ugly, pretty}), 0, "", "");
}

TEST_CASE("fmt writes through a link") {
  const Folder folder;
  const std::string file = folder.file("file.lox", kUgly);
  const std::string link = folder.path / "link.lox";
  fs::create_symlink(file, link);
  check(interlox_with({"fmt", link}), 0, link + "\n", "");
  CHECK(fs::is_symlink(link));
  CHECK(text_of(file) == kPretty);
}

TEST_CASE("fmt takes the programs below a folder, in the order of their names") {
  const Folder folder;
  const std::string b = folder.file("sub/b.lox", kUgly);
  const std::string a = folder.file("a.lox", kUgly);
  const std::string other = folder.file("sub/a.txt", kUgly);
  folder.file("c.lox", kPretty);
  check(interlox_with({"fmt", "--check", folder.path}), 1, a + "\n" + b + "\n", "");
  CHECK(text_of(a) == kUgly);
  check(interlox_with({"fmt", folder.path}), 0, a + "\n" + b + "\n", "");
  CHECK(text_of(b) == kPretty);
  CHECK(text_of(other) == kUgly);
  check(interlox_with({"fmt", "--check", folder.path}), 0, "", "");
}

TEST_CASE("fmt goes on after an error, and its worst one is the exit code") {
  const Folder folder;
  const std::string broken = folder.file("broken.lox", "{\n  f(  ]\n");
  const std::string ugly = folder.file("ugly.lox", kUgly);
  const std::string missing = folder.path / "missing.lox";
  const std::string refused = broken + ":2:7: Expect ')' before ']'.\n";
  const std::string unread = "interlox: cannot read '" + missing + "': No such file or directory\n";
  check(interlox_with({"fmt", "--check", broken, ugly}), 65, ugly + "\n", refused);
  check(interlox_with({"fmt", broken, missing, ugly}), 74, ugly + "\n", refused + unread);
  CHECK(text_of(broken) == "{\n  f(  ]\n");
}

TEST_CASE("fmt and a file that can't be replaced") {
  if (geteuid() == 0) return;  // nothing is forbidden to root
  const Folder folder;
  const std::string ugly = folder.file("sub/ugly.lox", kUgly);
  fs::permissions(folder.path / "sub", fs::perms::owner_read | fs::perms::owner_exec);
  const ProcessResult got = interlox_with({"fmt", ugly});
  fs::permissions(folder.path / "sub", fs::perms::owner_all);
  check(got, 74, "", "interlox: cannot write '" + ugly + "': Permission denied\n");
  CHECK(text_of(ugly) == kUgly);
}

TEST_CASE("fmt's words") {
  check(interlox_with({"fmt", "--chek"}), 64, "",
        "interlox: unknown option '--chek' of fmt\nTry 'interlox --help'.\n");
  CHECK(interlox_with({"-i", "fmt"}).code == 64);
  CHECK(interlox_with({"fmt", "--", "--check"}).code == 74);  // a file of that name
  const TemporaryFile file("plain.txt", kUgly);
  check(interlox_with({"fmt", file.path()}), 0, file.path() + "\n", "");
}
