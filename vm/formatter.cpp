// SPDX-License-Identifier: BSD-3-Clause
#include "vm/formatter.hpp"

#include <algorithm>

#include "vm/formatter_layout.hpp"
#include "vm/formatter_source.hpp"

namespace interlox::vm {
namespace {

using formatter::Break;
using formatter::Comment;
using formatter::Gap;
using formatter::Layout;
using formatter::Lexeme;
using formatter::Source;

/// Writes tokens and comments with what the layout asks for between them.
class Writer {
 public:
  explicit Writer(const Source& source)
      : source_(source), layout_(source.lexemes), out_(source.byte_order_mark) {}

  std::string write() {
    for (std::size_t i = 0; i < source_.lexemes.size(); ++i) {
      const Lexeme& lexeme = source_.lexemes[i];
      const Gap gap = layout_.before(i);
      broke_ = at_start();
      for (const Comment& comment : lexeme.comments) write_comment(comment, gap);
      if (lexeme.kind != TokenKind::end) write_token(lexeme, gap);
      layout_.place(i, broke_);
    }
    if (!at_start()) out_ += '\n';
    return std::move(out_);
  }

 private:
  // Deeper code is indented no further, which keeps the result linear in the source.
  static constexpr std::uint32_t kDeepest = 64;

  /// What was written last.
  enum class Last : std::uint8_t { token, comment, comment_to_line_end };

  bool at_start() const noexcept { return out_.size() == source_.byte_order_mark.size(); }

  void start_line(bool after_blank_line, std::uint32_t level) {
    if (at_start()) return;
    out_.append(after_blank_line ? 2 : 1, '\n');
    out_.append(std::size_t{2} * std::min(level, kDeepest), ' ');
    layout_.started_line(level);
    broke_ = true;
  }

  void write_comment(const Comment& comment, const Gap& gap) {
    if (comment.newlines > 0 || last_ == Last::comment_to_line_end) {
      start_line(comment.newlines > 1 && !(gap.after_opener && last_ == Last::token), gap.comment_level);
    } else if (!at_start() && comment.to_line_end) {
      out_ += "  ";
    } else if (!at_start() && (gap.comment_space || last_ == Last::comment)) {
      out_ += ' ';
    }
    out_ += comment.text;
    last_ = comment.to_line_end ? Last::comment_to_line_end : Last::comment;
  }

  void write_token(const Lexeme& lexeme, const Gap& gap) {
    if (breaks(lexeme, gap)) {
      const bool edge = gap.before_closer || (gap.after_opener && last_ == Last::token);
      start_line(lexeme.newlines > 1 && !edge, gap.level);
    } else if (!at_start() && (last_ == Last::token ? gap.space : gap.space_after_comment)) {
      out_ += ' ';
    }
    out_ += lexeme.text;
    last_ = Last::token;
  }

  bool breaks(const Lexeme& lexeme, const Gap& gap) const noexcept {
    if (last_ == Last::comment_to_line_end) return true;
    switch (gap.line_end) {
      case Break::join:
        return last_ != Last::token && lexeme.newlines > 0;
      case Break::keep:
        return lexeme.newlines > 0;
      case Break::force:
        return !broke_ || lexeme.newlines > 0;
      case Break::close:
        return true;
    }
    return false;
  }

  const Source& source_;
  Layout layout_;
  std::string out_;
  Last last_ = Last::token;
  bool broke_ = false;  // there is a line end since the last token
};

}  // namespace

std::string format(std::string_view source) {
  const Source before = formatter::read_source(source);
  std::string result = Writer(before).write();
  const FormatError changed(FormatError::Cause::internal, {},
                            "The formatter would change the program: this is an error in it.");
  try {
    if (!formatter::same_program(before, formatter::read_source(result))) throw changed;
  } catch (const FormatError&) {
    throw changed;
  }
  return result;
}

}  // namespace interlox::vm
