// SPDX-License-Identifier: BSD-3-Clause
#include "vm/report.hpp"

#include <algorithm>
#include <vector>

#include "vm/scanner.hpp"

namespace interlox::vm {
namespace {

constexpr std::string_view kBold = "1";
constexpr std::string_view kRed = "1;31";
constexpr std::string_view kYellow = "1;33";
constexpr std::string_view kBlue = "34";
constexpr std::string_view kCyan = "1;36";

/// `text`, in a colour (the parameter of the escape sequence) if there are to be any.
std::string paint(std::string_view text, std::string_view color, bool colors) {
  if (!colors) return std::string(text);
  return std::string("\033[").append(color).append("m").append(text).append("\033[0m");
}

struct Line {
  std::string_view text;
  std::size_t offset;  // of its first byte in the source
};

/// A line by its number; a carriage return at its end, and a byte order mark, belong to none.
std::optional<Line> find_line(std::string_view source, std::uint32_t number) {
  std::size_t begin = 0;
  for (std::uint32_t line = 1; line < number; ++line) {
    const std::size_t end = source.find('\n', begin);
    if (end == std::string_view::npos) return std::nullopt;
    begin = end + 1;
  }
  const std::size_t end = std::min(source.find('\n', begin), source.size());
  if (number == 1) begin = byte_order_mark_length(source);
  std::string_view text = source.substr(begin, end - begin);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return Line{text, begin};
}

/// One character of the line and what stands under it.
struct Column {
  std::string_view shown;
  char mark;
};

/// The line in characters. One more than it has, where the end is marked.
std::vector<Column> columns_of(std::string_view line, std::size_t begin, std::size_t length) {
  std::vector<Column> columns;
  const auto mark_at = [&](std::size_t byte) {
    if (byte == begin) return '^';
    return byte > begin && byte - begin < length ? '~' : ' ';
  };
  for (std::size_t i = 0; i < line.size();) {
    const std::size_t size = character_length(line.substr(i));
    const auto first = static_cast<unsigned char>(line[i]);
    const bool control = (first < 0x20 && first != '\t') || first == 0x7f;
    // A place inside of a character is the character's.
    const bool here = begin > i && begin < i + size;
    columns.push_back({control ? std::string_view("?") : line.substr(i, size), here ? '^' : mark_at(i)});
    i += size;
  }
  if (begin >= line.size()) columns.push_back({"", '^'});
  return columns;
}

/// Cuts what is long around the caret; says what was there by dots.
void cut(std::vector<Column>& columns) {
  constexpr std::ptrdiff_t kWidth = 100;
  constexpr std::ptrdiff_t kBefore = 60;
  const auto caret =
      std::find_if(columns.begin(), columns.end(), [](const Column& c) { return c.mark == '^'; });
  const std::ptrdiff_t first = std::max<std::ptrdiff_t>(0, caret - columns.begin() - kBefore);
  if (std::ssize(columns) - first > kWidth) {
    columns.erase(columns.begin() + first + kWidth, columns.end());
    columns.push_back({"...", ' '});
  }
  if (first == 0 || std::ssize(columns) <= kWidth - kBefore) return;
  columns.erase(columns.begin(), columns.begin() + first);
  columns.insert(columns.begin(), {"...", ' '});
}

std::string excerpt_in(std::string_view source, Position at, std::size_t length, std::string_view mark_color,
                       bool colors) {
  std::optional<Line> line = find_line(source, at.line);
  if (!line) return {};
  std::size_t begin = std::min<std::size_t>(at.column - 1, line->text.size());
  // The end of the source is best shown behind what came last.
  while (length == 0 && at.line > 1 && line->text.find_first_not_of(" \t") == std::string_view::npos) {
    line = find_line(source, --at.line);
    begin = line->text.size();
  }
  std::vector<Column> columns = columns_of(line->text, begin, std::min(length, line->text.size() - begin));
  cut(columns);
  std::string number = std::to_string(at.line);
  number.insert(0, number.size() < 4 ? 4 - number.size() : 0, ' ');
  std::string text = paint(number + " | ", kBlue, colors);
  std::string marks;
  std::size_t marks_end = 0;
  for (const Column& column : columns) {
    text += column.shown;
    if (column.shown == "..." && column.mark == ' ') {
      marks += "   ";
    } else {
      marks += column.mark == ' ' && column.shown == "\t" ? '\t' : column.mark;
    }
    if (column.mark != ' ') marks_end = marks.size();
  }
  marks.resize(marks_end);
  const std::size_t caret = marks.find('^');
  text += '\n' + paint(std::string(number.size(), ' ') + " | ", kBlue, colors);
  return text += marks.substr(0, caret) + paint(marks.substr(caret), mark_color, colors);
}

std::string hint_line(const std::string& hint, bool colors) {
  return hint.empty() ? std::string() : '\n' + paint("help:", kCyan, colors) + ' ' + hint;
}

/// The bytes of the token that begins at `at`.
std::size_t token_length(std::string_view source, Position at) {
  const std::optional<Line> line = find_line(source, at.line);
  if (!line || at.column > line->text.size()) return 1;
  const Token token = Scanner(source.substr(line->offset + at.column - 1)).next();
  return token.kind == TokenKind::error || token.offset != 0 ? 1 : token.text.size();
}

/// What stands before the frames in an error's text.
std::string_view message_of(const Result& result) {
  std::string_view text = result.error;
  for (auto frame = result.trace.rbegin(); frame != result.trace.rend(); ++frame) {
    const std::string line = '\n' + plain_text(*frame);
    if (!text.ends_with(line)) return result.error;
    text.remove_suffix(line.size());
  }
  return text;
}

/// A line a frame, with its place; of a deep recursion the two ends.
void append_frames(std::string& text, const std::vector<TraceFrame>& trace, bool colors) {
  constexpr std::size_t kInner = 16;
  constexpr std::size_t kOuter = 8;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    if (i == kInner && trace.size() > kInner + kOuter + 1) {
      const std::size_t last = trace.size() - kOuter;
      text += "\n... " + std::to_string(last - i) + " more ...";
      i = last;
    }
    text += '\n' + plain_text(trace[i]);
    const std::string place = place_text(trace[i].file, trace[i].at);
    if (!place.empty()) text += paint(" (" + place + ')', kBlue, colors);
  }
}

/// The excerpt for the innermost call whose source can be read.
std::string trace_excerpt(const Result& result, ReportStyle style, const SourceLookup& source_of) {
  constexpr std::size_t kFramesTried = 100;  // of a deep recursion, too
  for (std::size_t i = 0; i < std::min(kFramesTried, result.trace.size()); ++i) {
    const TraceFrame& frame = result.trace[i];
    const std::optional<std::string> source = source_of(frame);
    if (!source) continue;
    std::string text = excerpt_in(*source, frame.at, token_length(*source, frame.at), kRed, style.color);
    if (!text.empty()) return '\n' + text;
  }
  return {};
}

}  // namespace

std::string excerpt(std::string_view source, Position at, std::uint32_t length, bool color) {
  return excerpt_in(source, at, length, kRed, color);
}

std::string report_text(const Diagnostic& diagnostic, std::string_view source, ReportStyle style) {
  if (!style.rich) return plain_text(diagnostic);
  const std::string_view color = diagnostic.severity == Severity::error ? kRed : kYellow;
  std::string text = place_text(diagnostic.file, diagnostic.at);
  if (!text.empty()) text = paint(text + ": ", kBold, style.color);
  text += paint(diagnostic.text, color, style.color);
  const std::string lines = excerpt_in(source, diagnostic.at, diagnostic.length, color, style.color);
  if (!lines.empty()) text += '\n' + lines;
  return text += hint_line(diagnostic.hint, style.color);
}

std::string report_text(const Result& result, ReportStyle style, const SourceLookup& source_of) {
  if (!style.rich || (result.diagnostics.empty() && result.trace.empty())) return result.error;
  std::string text;
  if (!result.diagnostics.empty()) {  // one source has all of them
    const Diagnostic& first = result.diagnostics.front();
    const std::string source = source_of({{}, first.file, first.at}).value_or("");
    for (const Diagnostic& diagnostic : result.diagnostics) {
      if (!text.empty()) text += '\n';
      text += report_text(diagnostic, source, style);
    }
    return text;
  }
  text = paint(message_of(result), kRed, style.color);
  append_frames(text, result.trace, style.color);
  return text + trace_excerpt(result, style, source_of) + hint_line(result.hint, style.color);
}

}  // namespace interlox::vm
