// SPDX-License-Identifier: BSD-3-Clause
#include "vm/scanner.hpp"

#include <array>
#include <cstring>

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

// The length of the well-formed UTF-8 sequence that `text` starts with, or 1 if there is none.
std::size_t sequence_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned lead = byte(0);
  if (lead >= 0xc2 && lead <= 0xdf) return follows(1) ? 2 : 1;
  if (lead >= 0xe0 && lead <= 0xef) {
    const bool overlong = lead == 0xe0 && byte(1) < 0xa0;
    const bool surrogate = lead == 0xed && byte(1) > 0x9f;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 1;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const bool overlong = lead == 0xf0 && byte(1) < 0x90;
    const bool beyond = lead == 0xf4 && byte(1) > 0x8f;
    return follows(1) && follows(2) && follows(3) && !overlong && !beyond ? 4 : 1;
  }
  return 1;
}

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

std::string_view token_kind_name(TokenKind kind) noexcept {
  static constexpr std::string_view kNames[] = {
#define INTERLOX_TOKEN(name) #name,
      INTERLOX_TOKENS(INTERLOX_TOKEN)
#undef INTERLOX_TOKEN
  };
  return kNames[static_cast<std::size_t>(kind)];
}

Scanner::Scanner(std::string_view source) noexcept : source_(source) {
  if (source_.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    current_ = line_start_ = kByteOrderMark.size();  // the mark takes no column
  }
  if (peek() == '#' && peek(1) == '!') {
    while (current_ < source_.size() && source_[current_] != '\n') ++current_;
  }
}

void Scanner::skip_blanks() noexcept {
  while (current_ < source_.size()) {
    switch (source_[current_]) {
      case ' ':
      case '\r':
      case '\t':
        ++current_;
        break;
      case '\n':
        ++line_;
        line_start_ = ++current_;
        break;
      case '/': {
        if (peek(1) != '/') return;
        const std::size_t end = source_.find('\n', current_);
        current_ = end == std::string_view::npos ? source_.size() : end;
        break;
      }
      default:
        return;
    }
  }
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
  while (class_of(peek()) == kDigit) ++current_;
  if (peek() == '.' && class_of(peek(1)) == kDigit) {
    ++current_;
    while (class_of(peek()) == kDigit) ++current_;
  }
  return make(TokenKind::number);
}

Token Scanner::string() noexcept {
  while (current_ < source_.size()) {
    const char c = source_[current_++];
    if (c == '"') return make(TokenKind::string);
    if (c == '\n') {
      ++line_;
      line_start_ = current_;
    }
  }
  return unterminated("Unterminated string.");
}

Token Scanner::unexpected() noexcept {
  current_ = start_ + sequence_length(source_.substr(start_));
  return error("Unexpected character.");
}

Token Scanner::next() noexcept {
  skip_blanks();
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
      break;
  }
  switch (c) {
    case '(':
      return make(TokenKind::left_paren);
    case ')':
      return make(TokenKind::right_paren);
    case '{':
      return make(TokenKind::left_brace);
    case '}':
      return make(TokenKind::right_brace);
    case ';':
      return make(TokenKind::semicolon);
    case ',':
      return make(TokenKind::comma);
    case '.':
      return make(TokenKind::dot);
    case '-':
      return make(TokenKind::minus);
    case '+':
      return make(TokenKind::plus);
    case '/':
      return make(TokenKind::slash);
    case '*':
      return make(TokenKind::star);
    case '!':
      return make(match('=') ? TokenKind::bang_equal : TokenKind::bang);
    case '=':
      return make(match('=') ? TokenKind::equal_equal : TokenKind::equal);
    case '<':
      return make(match('=') ? TokenKind::less_equal : TokenKind::less);
    case '>':
      return make(match('=') ? TokenKind::greater_equal : TokenKind::greater);
    case '"':
      return string();
    default:
      return unexpected();
  }
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
