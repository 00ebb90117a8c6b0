// SPDX-License-Identifier: BSD-3-Clause
// io: files as strings, and lines from standard input. Paths are relative to the current folder.
//
// Standard input is read through stdio, whose lock and buffer the process shares; the collector's signals
// restart what they interrupt (SA_RESTART), and a thread that waits for input is stopped like any other.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "stdlib/modules.hpp"
#include "stdlib/paths.hpp"
#include "vm/file.hpp"
#include "vm/list.hpp"
#include "vm/native_arguments.hpp"

namespace interlox::stdlib {
namespace {

using vm::Arguments;
using vm::List;
using vm::String;
using vm::Value;

/// Reads the file that the first argument names. False with the error set.
bool read(const Arguments& in, std::string& text) {
  const String* const path = path_argument(in);
  if (path == nullptr) return false;
  const int error = vm::read_file(path->bytes, text);
  if (error != 0) raise_system_error(in.thread(), "read", path->view(), error);
  return error == 0;
}

Value read_file(const Arguments& in) {
  std::string text;
  return read(in, text) ? Value::object(String::make(text)) : Value::absent();
}

/// The line without its end, \n or \r\n.
Value make_line(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(line.ends_with("\r\n") ? 2 : 1);
  return Value::object(String::make(line));
}

Value lines(const Arguments& in) {
  std::string text;
  if (!read(in, text)) return Value::absent();
  List* const list = List::make();
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    list->add(make_line(rest.substr(0, end)));
    rest.remove_prefix(end);
  }
  return Value::object(list);
}

Value write(const Arguments& in, bool append) {
  const String* const path = path_argument(in);
  if (path == nullptr) return Value::absent();
  const String* const text = in.string(1, "text");
  if (text == nullptr) return Value::absent();
  if (const int error = vm::write_file(path->bytes, text->view(), append); error != 0) {
    return raise_system_error(in.thread(), "write", path->view(), error);
  }
  return Value::nil();
}

Value write_file(const Arguments& in) { return write(in, false); }
Value append_file(const Arguments& in) { return write(in, true); }

Value exists(const Arguments& in) {
  const String* const path = path_argument(in);
  if (path == nullptr) return Value::absent();
  std::error_code error;
  return Value::boolean(std::filesystem::exists(path->view(), error));
}

/// listFolder(path): the names of what is in it, in the order of their bytes.
Value list_folder(const Arguments& in) {
  const String* const path = path_argument(in);
  if (path == nullptr) return Value::absent();
  std::error_code error;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator entry(path->view(), error), end; !error && entry != end;
       entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) return raise_system_error(in.thread(), "read", path->view(), error.value());
  std::sort(names.begin(), names.end());
  List* const list = List::make(names.size());
  for (const std::string& name : names) list->add(Value::object(String::make(name)));
  return Value::object(list);
}

/// What getline() allocates.
struct LineBuffer {
  char* text = nullptr;
  std::size_t size = 0;

  LineBuffer() = default;
  ~LineBuffer() { std::free(text); }
  LineBuffer(const LineBuffer&) = delete;
  LineBuffer& operator=(const LineBuffer&) = delete;
};

/// readLine(): nil at the end of the input.
Value read_line(const Arguments& in) {
  in.thread().output().flush();  // a prompt
  LineBuffer part;
  std::string line;
  for (bool complete = false; !complete;) {
    errno = 0;
    const ssize_t length = ::getline(&part.text, &part.size, stdin);
    const int error = errno;
    if (length > 0) line.append(part.text, static_cast<std::size_t>(length));
    if (std::ferror(stdin) != 0 && error == EINTR) {  // a signal has broken the line in two
      std::clearerr(stdin);
      complete = line.ends_with('\n');
      continue;
    }
    complete = true;
    if (!line.empty()) continue;
    if (std::ferror(stdin) == 0) return Value::nil();
    return raise_system_error(in.thread(), "read", "standard input", error);
  }
  if (line.size() > String::kMaxLength) return in.thread().raise("String too long.");
  return make_line(line);
}

constexpr vm::NativeMember kMembers[] = {
    vm::method("readFile", 1, read_file),     vm::method("writeFile", 2, write_file),
    vm::method("appendFile", 2, append_file), vm::method("lines", 1, lines),
    vm::method("exists", 1, exists),          vm::method("listFolder", 1, list_folder),
    vm::method("readLine", 0, read_line),
};

}  // namespace

constinit const std::span<const vm::NativeMember> io_members(kMembers);

}  // namespace interlox::stdlib
