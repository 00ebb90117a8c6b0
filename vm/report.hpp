// SPDX-License-Identifier: BSD-3-Clause
// Errors as a person at a terminal sees them: with the line of the source, a caret, hints, colours.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "vm/diagnostics.hpp"
#include "vm/vm.hpp"

namespace interlox::vm {

/// How errors are shown. Not rich: as Result::error has them.
struct ReportStyle {
  bool rich = false;
  bool color = false;
};

/// Gives the source text that a call ran, if it is to be had; what it asks of the frame is its file, which
/// is empty for a source without a name, and whether it is a script's top level.
using SourceLookup = std::function<std::optional<std::string>(const TraceFrame& frame)>;

/// `diagnostic`, and in rich style the excerpt of `source` (all of its text) and the hint. Ends without a
/// newline, as the next one.
std::string report_text(const Diagnostic& diagnostic, std::string_view source, ReportStyle style);

/// What is to be said of a run that failed. Sources are looked up in rich style only.
std::string report_text(const Result& result, ReportStyle style, const SourceLookup& source_of);

/// The line of `source` that `at` is in, with its number, and under it a caret, and tildes for the rest of
/// the `length` bytes that are on this line:
///
///      12 | print valeu;
///         |       ^~~~~
///
/// Tabs stay, so that both lines have them; other control characters become '?'. What is long is cut
/// around the caret. Ends without a newline; empty if there is no such line.
std::string excerpt(std::string_view source, Position at, std::uint32_t length, bool color = false);

}  // namespace interlox::vm
