// SPDX-License-Identifier: BSD-3-Clause
#include "vm/lua/tap.hpp"

namespace interlox::lua {
namespace {

// A name may hold anything, a result is one line, and " # SKIP" in a name must not be a directive.
void append_name(std::string& line, std::string_view name) {
  for (const char c : name) {
    if (c == '#' || c == '\\') line += '\\';
    line += c == '\n' || c == '\r' ? ' ' : c;
  }
}

}  // namespace

void Tap::write(std::string_view text) {
  const std::lock_guard lock(mutex_);
  comment(text);
}

void Tap::comment(std::string_view text) {
  std::string lines;
  for (const char c : text) {
    if (!in_comment_) lines += c == '\n' ? "#" : "# ";
    lines += c;
    in_comment_ = c != '\n';
  }
  to_->write(lines);
}

void Tap::result(std::string_view verdict, std::string_view name, std::string_view rest) {
  std::string line;
  if (in_comment_) line += '\n';
  in_comment_ = false;
  line += verdict;
  line += ' ' + std::to_string(passed_ + failed_ + skipped_) + " - ";
  append_name(line, name);
  line += rest;
  line += '\n';
  to_->write(line);
}

void Tap::passed(std::string_view name) {
  const std::lock_guard lock(mutex_);
  ++passed_;
  result("ok", name, "");
}

void Tap::failed(std::string_view name, std::string_view why) {
  const std::lock_guard lock(mutex_);
  ++failed_;
  result("not ok", name, "");
  comment(why);
  if (in_comment_) comment("\n");
}

void Tap::skipped(std::string_view name, std::string_view why) {
  const std::lock_guard lock(mutex_);
  ++skipped_;
  std::string rest = " # SKIP ";
  append_name(rest, why);
  while (rest.back() == ' ') rest.pop_back();
  result("ok", name, rest);
}

std::size_t Tap::results() const {
  const std::lock_guard lock(mutex_);
  return passed_ + failed_ + skipped_;
}

void Tap::finish() {
  const std::lock_guard lock(mutex_);
  std::string lines = in_comment_ ? "\n" : "";
  in_comment_ = false;
  lines += "1.." + std::to_string(passed_ + failed_ + skipped_) + "\n# " + std::to_string(passed_) +
           " passed, " + std::to_string(failed_) + " failed";
  if (skipped_ != 0) lines += ", " + std::to_string(skipped_) + " skipped";
  to_->write(lines + "\n");
}

bool Tap::good() const {
  const std::lock_guard lock(mutex_);
  return failed_ == 0 && passed_ != 0;
}

}  // namespace interlox::lua
