// SPDX-License-Identifier: BSD-3-Clause
#include "vm/scanner.hpp"

#include <array>
#include <charconv>
#include <cstring>
#include <string>
#include <system_error>

#include "vm/number_literal.hpp"
#include "vm/text.hpp"

namespace interlox::vm {

namespace {

enum CharacterClass : std::uint8_t { kOther = 0, kLetter = 1, kDigit = 2 };

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 'a'; c <= 'z'; ++c) classes[c] = kLetter;
  for (unsigned c = 'A'; c <= 'Z'; ++c) classes[c] = kLetter;
  for (unsigned c = '0'; c <= '9'; ++c) classes[c] = kDigit;
  classes['_'] = kLetter;
  return classes;
}

constexpr std::array<std::uint8_t, 256> kClasses = make_classes();

std::uint8_t class_of(char c) noexcept { return kClasses[static_cast<unsigned char>(c)]; }

struct Keyword {
  std::string_view text;
  TokenKind kind;
};

// In the order of their first letters, so that the search can stop early.
constexpr Keyword kKeywords[] = {
    {"and", TokenKind::keyword_and},       {"class", TokenKind::keyword_class},
    {"else", TokenKind::keyword_else},     {"false", TokenKind::keyword_false},
    {"for", TokenKind::keyword_for},       {"fun", TokenKind::keyword_fun},
    {"if", TokenKind::keyword_if},         {"nil", TokenKind::keyword_nil},
    {"or", TokenKind::keyword_or},         {"print", TokenKind::keyword_print},
    {"return", TokenKind::keyword_return}, {"super", TokenKind::keyword_super},
    {"this", TokenKind::keyword_this},     {"true", TokenKind::keyword_true},
    {"var", TokenKind::keyword_var},       {"while", TokenKind::keyword_while},
};

// For each byte, one more than the index of the first keyword that starts with it; 0 for none.
constexpr std::array<std::uint8_t, 256> make_first_keywords() {
  std::array<std::uint8_t, 256> first{};
  for (std::size_t i = std::size(kKeywords); i-- > 0;) {
    first[static_cast<unsigned char>(kKeywords[i].text[0])] = static_cast<std::uint8_t>(i + 1);
  }
  return first;
}

constexpr std::array<std::uint8_t, 256> kFirstKeywords = make_first_keywords();

TokenKind identifier_kind(std::string_view text) noexcept {
  const std::size_t first = kFirstKeywords[static_cast<unsigned char>(text[0])];
  if (first == 0 || text.size() > 6) return TokenKind::identifier;
  for (std::size_t i = first - 1; i < std::size(kKeywords) && kKeywords[i].text[0] == text[0]; ++i) {
    if (kKeywords[i].text == text) return kKeywords[i].kind;
  }
  return TokenKind::identifier;
}

struct UnicodeEscape {
  bool valid;
  std::size_t length;  // of all of it; of a wrong one, of what is surely part of it
  std::uint32_t code;
};

// Reads what `text` starts with, such as \u{1F600}: one to six hexadecimal digits of a Unicode scalar value.
UnicodeEscape read_unicode_escape(std::string_view text) noexcept {
  constexpr std::size_t kLongest = 10;
  const std::size_t end = text.substr(0, kLongest).find('}');
  std::uint32_t code = 0;
  if (text.substr(0, 3) != "\\u{" || end == std::string_view::npos) return {false, 2, 0};
  const auto [stop, result] = std::from_chars(text.data() + 3, text.data() + end, code, 16);
  const bool valid = result == std::errc() && stop == text.data() + end && is_unicode_scalar(code);
  return {valid, valid ? end + 1 : 2, code};
}

}  // namespace

std::string_view token_kind_name(TokenKind kind) noexcept {
  static constexpr std::string_view kNames[] = {
#define INTERLOX_TOKEN(name) #name,
      INTERLOX_TOKENS(INTERLOX_TOKEN)
#undef INTERLOX_TOKEN
  };
  return kNames[static_cast<std::size_t>(kind)];
}

bool starts_operand(TokenKind kind) noexcept {
  switch (kind) {
    case TokenKind::identifier:
    case TokenKind::string:
    case TokenKind::number:
    case TokenKind::template_whole:
    case TokenKind::template_head:
    case TokenKind::keyword_false:
    case TokenKind::keyword_fun:
    case TokenKind::keyword_nil:
    case TokenKind::keyword_super:
    case TokenKind::keyword_this:
    case TokenKind::keyword_true:
    case TokenKind::bang:
      return true;
    default:
      return false;
  }
}

Scanner::Scanner(std::string_view source) : source_(source) {
  if (source_.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    current_ = line_start_ = kByteOrderMark.size();  // the mark takes no column
  }
  if (peek() == '#' && peek(1) == '!') {
    while (current_ < source_.size() && source_[current_] != '\n') ++current_;
  }
}

void Scanner::end_line() noexcept {
  ++line_;
  line_start_ = current_;
}

// False: at current_ a comment begins that does not end.
bool Scanner::skip_blanks() noexcept {
  while (current_ < source_.size()) {
    switch (source_[current_]) {
      case ' ':
      case '\r':
      case '\t':
        ++current_;
        break;
      case '\n':
        ++current_;
        end_line();
        break;
      case '/': {
        if (peek(1) == '*') {
          if (!skip_block_comment()) return false;
          break;
        }
        if (peek(1) != '/') return true;
        const std::size_t end = source_.find('\n', current_);
        current_ = end == std::string_view::npos ? source_.size() : end;
        break;
      }
      default:
        return true;
    }
  }
  return true;
}

// Comments nest.
bool Scanner::skip_block_comment() noexcept {
  start_ = current_;
  column_ = static_cast<std::uint32_t>(start_ - line_start_ + 1);
  std::size_t depth = 0;
  while (current_ < source_.size()) {
    const char c = source_[current_++];
    if (c == '\n') {
      end_line();
    } else if (c == '/' && peek() == '*') {
      ++current_;
      ++depth;
    } else if (c == '*' && peek() == '/') {
      ++current_;
      if (--depth == 0) return true;
    }
  }
  return false;
}

Token Scanner::make(TokenKind kind) const noexcept {
  return {kind,
          static_cast<std::uint32_t>(start_),
          {line_, column_},
          source_.substr(start_, current_ - start_),
          false};
}

Token Scanner::error(std::string_view message) const noexcept {
  return {TokenKind::error, static_cast<std::uint32_t>(start_), {line_, column_}, message, false};
}

Token Scanner::unterminated(std::string_view message) const noexcept {
  Token token = error(message);
  token.unterminated = true;
  return token;
}

bool Scanner::match(char expected) noexcept {
  if (current_ >= source_.size() || source_[current_] != expected) return false;
  ++current_;
  return true;
}

Token Scanner::identifier() noexcept {
  while (current_ < source_.size() && class_of(source_[current_]) != kOther) ++current_;
  return make(identifier_kind(source_.substr(start_, current_ - start_)));
}

Token Scanner::number() noexcept {
  current_ = start_ + number_literal_length(source_.substr(start_));
  return make(TokenKind::number);
}

Token Scanner::string() noexcept {
  while (current_ < source_.size()) {
    const char c = source_[current_++];
    if (c == '"') return make(TokenKind::string);
    if (c == '\n') end_line();
  }
  return unterminated("Unterminated string.");
}

// From behind a backquote (`first`), or behind the brace that ends an interpolation, to the template's end or
// its next interpolation.
Token Scanner::template_piece(bool first) {
  bool valid = true;
  Token wrong;
  while (current_ < source_.size()) {
    const char c = source_[current_++];
    if (c == '\n') {
      end_line();
    } else if (c == '\\') {
      const std::size_t escape = current_ - 1;
      if (!template_escape() && valid) {
        valid = false;
        wrong = {TokenKind::error,
                 static_cast<std::uint32_t>(escape),
                 {line_, static_cast<std::uint32_t>(escape - line_start_ + 1)},
                 "Invalid escape."};
      }
    } else if (c == '`') {
      if (!first) open_braces_.pop_back();
      if (!valid) return wrong;
      return make(first ? TokenKind::template_whole : TokenKind::template_tail);
    } else if (c == '$' && match('{')) {
      if (first) open_braces_.push_back(0);
      if (!valid) return wrong;
      return make(first ? TokenKind::template_head : TokenKind::template_middle);
    }
  }
  if (!first) open_braces_.pop_back();
  return unterminated("Unterminated string.");
}

// Behind a backslash. False if no escape stands there; then nothing of what follows it is skipped but what
// looks like one.
bool Scanner::template_escape() noexcept {
  switch (peek()) {
    case 'n':
    case 't':
    case 'r':
    case '0':
    case '\\':
    case '`':
    case '$':
      ++current_;
      return true;
    case 'u': {
      const UnicodeEscape escape = read_unicode_escape(source_.substr(current_ - 1));
      current_ += escape.length - 1;
      return escape.valid;
    }
    default:
      return false;
  }
}

Token Scanner::unexpected() noexcept {
  current_ = start_ + sequence_length(source_.substr(start_));
  return error("Unexpected character.");
}

Token Scanner::next() {
  if (!skip_blanks()) return unterminated("Unterminated comment.");
  start_ = current_;
  column_ = static_cast<std::uint32_t>(start_ - line_start_ + 1);
  if (current_ >= source_.size()) return make(TokenKind::end);
  const char c = source_[current_++];
  switch (class_of(c)) {
    case kLetter:
      return identifier();
    case kDigit:
      return number();
    default:
      return symbol(c);
  }
}

Token Scanner::symbol(char c) {
  const auto with_equal = [this](TokenKind plain, TokenKind equal) {
    return make(match('=') ? equal : plain);
  };
  switch (c) {
    case '(':
      return make(TokenKind::left_paren);
    case ')':
      return make(TokenKind::right_paren);
    case '{':
      if (!open_braces_.empty()) ++open_braces_.back();
      return make(TokenKind::left_brace);
    case '}':
      if (!open_braces_.empty()) {
        if (open_braces_.back() == 0) return template_piece(false);
        --open_braces_.back();
      }
      return make(TokenKind::right_brace);
    case '[':
      return make(TokenKind::left_bracket);
    case ']':
      return make(TokenKind::right_bracket);
    case ';':
      return make(TokenKind::semicolon);
    case ':':
      return make(TokenKind::colon);
    case '?':
      return make(TokenKind::question);
    case ',':
      return make(TokenKind::comma);
    case '.':
      return make(match('.') ? TokenKind::dot_dot : TokenKind::dot);
    case '-':
      return with_equal(TokenKind::minus, TokenKind::minus_equal);
    case '+':
      return with_equal(TokenKind::plus, TokenKind::plus_equal);
    case '/':
      return with_equal(TokenKind::slash, TokenKind::slash_equal);
    case '*':
      return with_equal(TokenKind::star, TokenKind::star_equal);
    case '%':
      return with_equal(TokenKind::percent, TokenKind::percent_equal);
    case '!':
      return with_equal(TokenKind::bang, TokenKind::bang_equal);
    case '=':
      return with_equal(TokenKind::equal, TokenKind::equal_equal);
    case '<':
      return with_equal(TokenKind::less, TokenKind::less_equal);
    case '>':
      return with_equal(TokenKind::greater, TokenKind::greater_equal);
    case '"':
      return string();
    case '`':
      return template_piece(true);
    default:
      return unexpected();
  }
}

std::string template_text(const Token& piece) {
  const bool ends = piece.kind == TokenKind::template_whole || piece.kind == TokenKind::template_tail;
  const std::string_view raw = piece.text.substr(1, piece.text.size() - (ends ? 2 : 3));
  std::string result;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\') {
      result += raw[i];
      continue;
    }
    switch (raw[++i]) {
      case 'n':
        result += '\n';
        break;
      case 't':
        result += '\t';
        break;
      case 'r':
        result += '\r';
        break;
      case '0':
        result += '\0';
        break;
      case 'u': {
        const UnicodeEscape escape = read_unicode_escape(raw.substr(i - 1));
        append_character(result, escape.code);
        i += escape.length - 2;
        break;
      }
      default:
        result += raw[i];
    }
  }
  return result;
}

void dump_tokens(std::string_view source, std::ostream& out) {
  Scanner scanner(source);
  for (;;) {
    const Token token = scanner.next();
    out << token.at.line << ':' << token.at.column << ' ' << token_kind_name(token.kind);
    if (!token.text.empty()) out << ' ' << token.text;
    out << '\n';
    if (token.kind == TokenKind::end) return;
  }
}

}  // namespace interlox::vm
