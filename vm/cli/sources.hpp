// SPDX-License-Identifier: BSD-3-Clause
// Source texts: how they are read, remembered for reports, and complained about.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "vm/cli/options.hpp"
#include "vm/report.hpp"

namespace interlox::cli {

/// Writes `message` and a newline to standard error, after what was printed so far. Needs no memory.
void complain(std::string_view message);

/// Reads the file `path`, or standard input for "-". False, with a complaint, if it can't.
bool read_source(const std::string& path, std::string& source);

/// What errors call the source that read_source() gave for `path`.
std::string source_name(const std::string& path);

/// How errors are to be shown, going by the terminal and the environment where the user leaves it to them.
vm::ReportStyle report_style(Diagnostics diagnostics);

/// The texts that were run, by name, for excerpts. What is not among them is looked for on the disk.
class Sources {
 public:
  void add(const std::string& name, std::string text) { texts_[name] = std::move(text); }

  /// The text of `name`, the last that was added; nothing if it can't be read.
  std::optional<std::string> find(const std::string& name);

 private:
  std::map<std::string, std::optional<std::string>> texts_;
};

}  // namespace interlox::cli
