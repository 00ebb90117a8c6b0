// SPDX-License-Identifier: BSD-3-Clause
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include "tests/stdlib/program.hpp"

using namespace interlox;
using test::Program;

namespace {

namespace fs = std::filesystem;

/// A program with a folder of its own, in the global `dir`.
struct IoProgram : Program {
  IoProgram() : Program{"io"} {
    fs::create_directories(folder);
    machine.set_global("dir", vm::Value::object(vm::String::make(folder.string() + "/")));
  }
  ~IoProgram() { fs::remove_all(folder); }

  void write(const char* name, std::string_view text) const {
    std::ofstream(folder / name, std::ios::binary) << text;
  }

  const fs::path folder = fs::temp_directory_path() / ("interlox_io_test_" + std::to_string(::getpid()));
};

}  // namespace

TEST_CASE("files are written, appended to and read as they are") {
  IoProgram p;
  CHECK(p.run("print io.exists(dir + \"f\"); print io.writeFile(dir + \"f\", \"one\"); print io.exists(dir + "
              "\"f\");"
              "print io.appendFile(dir + \"f\", \" two\"); print io.readFile(dir + \"f\");"
              "io.writeFile(dir + \"f\", \"\"); print io.readFile(dir + \"f\") == \"\";"
              "io.appendFile(dir + \"new\", \"x\"); print io.readFile(dir + \"new\");") ==
        "false\nnil\ntrue\nnil\none two\ntrue\nx\n");
  const std::string bytes("a\0\xff\r\n", 5);
  p.write("bytes", bytes);
  const vm::Value text = p.machine.eval("io.readFile(dir + \"bytes\")").value;
  CHECK(vm::as<vm::String>(text)->view() == bytes);
}

TEST_CASE("lines are what lies between line ends") {
  IoProgram p;
  p.write("f", "one\ntwo\r\n\nthree\rfour");
  const std::string lines = p.eval("io.lines(dir + \"f\")");
  CHECK(lines.starts_with(R"(["one", "two", "", "three)"));
  CHECK(p.eval("io.lines(dir + \"f\").length") == "4");
  p.write("f", "a\n");
  CHECK(p.eval("io.lines(dir + \"f\")") == R"(["a"])");
  p.write("f", "");
  CHECK(p.eval("io.lines(dir + \"f\")") == "[]");
}

TEST_CASE("a folder's files and folders are listed") {
  IoProgram p;
  CHECK(p.eval("io.listFolder(dir)") == "[]");
  for (const char* const name : {"b", "a.lox", "B"}) p.write(name, "");
  fs::create_directories(p.folder / "folder" / "inside");
  CHECK(p.eval("io.listFolder(dir)") == R"(["B", "a.lox", "b", "folder"])");
  const std::string dir = p.folder.string() + "/";
  CHECK(p.eval("io.listFolder(dir + \"no\")") == "Cannot read '" + dir + "no': No such file or directory.");
  CHECK(p.eval("io.listFolder(dir + \"b\")") == "Cannot read '" + dir + "b': Not a directory.");
  CHECK(p.eval("io.listFolder(nil)") == "listFolder() path must be a string, not nil.");
}

TEST_CASE("what the system refuses is an error that names the file") {
  IoProgram p;
  const std::string dir = p.folder.string() + "/";
  CHECK(p.eval("io.readFile(dir + \"no\")") == "Cannot read '" + dir + "no': No such file or directory.");
  CHECK(p.eval("io.lines(dir)") == "Cannot read '" + dir + "': Is a directory.");
  CHECK(p.eval("io.writeFile(dir + \"no/x\", \"\")") ==
        "Cannot write '" + dir + "no/x': No such file or directory.");
  CHECK(p.eval("io.appendFile(dir, \"\")") == "Cannot write '" + dir + "': Is a directory.");
  CHECK(p.eval("io.readFile(1)") == "readFile() path must be a string, not 1.");
  CHECK(p.eval("io.writeFile(dir + \"f\", 1)") == "writeFile() text must be a string, not 1.");
  CHECK(p.eval("io.exists(dir + \"f\")") == "false");
  p.machine.set_global("nul", vm::Value::object(vm::String::make(std::string_view("a\0b", 3))));
  CHECK(p.eval("io.exists(nul)").starts_with("exists() path must be without NUL"));
}

TEST_CASE("readLine gives the lines of standard input, then nil") {
  IoProgram p;
  p.write("input", "first\r\n\nlast");
  const int before = ::dup(STDIN_FILENO);
  REQUIRE(std::freopen((p.folder / "input").c_str(), "r", stdin) != nullptr);
  CHECK(p.run("print io.readLine(); print io.readLine(); print io.readLine(); print io.readLine(); print "
              "io.readLine();") == "first\n\nlast\nnil\nnil\n");
  std::clearerr(stdin);
  ::dup2(before, STDIN_FILENO);
  ::close(before);
}
