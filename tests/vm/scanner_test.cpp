// SPDX-License-Identifier: BSD-3-Clause
#include "vm/scanner.hpp"

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.hpp"

using namespace interlox::vm;

namespace {

std::vector<Token> scan(std::string_view source) {
  Scanner scanner(source);
  std::vector<Token> tokens;
  do tokens.push_back(scanner.next());
  while (tokens.back().kind != TokenKind::end);
  return tokens;
}

std::vector<TokenKind> kinds(std::string_view source) {
  std::vector<TokenKind> result;
  for (const Token& token : scan(source)) result.push_back(token.kind);
  return result;
}

std::string dump(std::string_view source) {
  std::ostringstream out;
  dump_tokens(source, out);
  return out.str();
}

std::string with_nul(const char* before, const char* after) {
  std::string result = before;
  result.push_back('\0');
  return result + after;
}

}  // namespace

TEST_CASE("Every kind of token is scanned") {
  using K = TokenKind;
  CHECK(kinds("(){},.-+;/ *!!====>>=<<=") ==
        std::vector<K>{K::left_paren, K::right_paren,   K::left_brace, K::right_brace, K::comma,
                       K::dot,        K::minus,         K::plus,       K::semicolon,   K::slash,
                       K::star,       K::bang,          K::bang_equal, K::equal_equal, K::equal,
                       K::greater,    K::greater_equal, K::less,       K::less_equal,  K::end});
  CHECK(kinds("[]:? %..+=-=*=/=%=") == std::vector<K>{K::left_bracket, K::right_bracket, K::colon,
                                                      K::question, K::percent, K::dot_dot, K::plus_equal,
                                                      K::minus_equal, K::star_equal, K::slash_equal,
                                                      K::percent_equal, K::end});
  CHECK(kinds("and class else false for fun if nil or print return super this true var while") ==
        std::vector<K>{K::keyword_and, K::keyword_class, K::keyword_else, K::keyword_false, K::keyword_for,
                       K::keyword_fun, K::keyword_if, K::keyword_nil, K::keyword_or, K::keyword_print,
                       K::keyword_return, K::keyword_super, K::keyword_this, K::keyword_true, K::keyword_var,
                       K::keyword_while, K::end});
  CHECK(kinds("an classy forfun _if Nil returns whil thi f") ==
        std::vector<K>{K::identifier, K::identifier, K::identifier, K::identifier, K::identifier,
                       K::identifier, K::identifier, K::identifier, K::identifier, K::end});
}

TEST_CASE("Numbers have a fraction only with digits on both sides") {
  CHECK(dump("12 1.5 1. .5 1.x 007") ==
        "1:1 number 12\n1:4 number 1.5\n1:8 number 1\n1:9 dot .\n1:11 dot .\n1:12 number 5\n"
        "1:14 number 1\n1:15 dot .\n1:16 identifier x\n1:18 number 007\n1:21 end\n");
  CHECK(dump("1..5") == "1:1 number 1\n1:2 dot_dot ..\n1:4 number 5\n1:5 end\n");
}

TEST_CASE("Numbers may be hexadecimal, have an exponent, and underscores between digits") {
  const auto parts = [](std::string_view source) {
    std::string result;
    for (const Token& token : scan(source)) result.append(token.text).append(" ");
    return result;
  };
  for (const char* const whole :
       {"0xFF", "0xdead_BEEF", "1e9", "1.5e-3", "2e+10", "1_000", "1_0.2_5e1_0", "0"}) {
    CAPTURE(whole);
    CHECK(parts(whole) == std::string(whole) + "  ");
    CHECK(kinds(whole).front() == TokenKind::number);
  }
  CHECK(parts("0x") == "0 x  ");
  CHECK(parts("0xg") == "0 xg  ");
  CHECK(parts("0x_1") == "0 x_1  ");
  CHECK(parts("0X1") == "0 X1  ");
  CHECK(parts("1e") == "1 e  ");
  CHECK(parts("1e+") == "1 e +  ");
  CHECK(parts("1E9") == "1 E9  ");
  CHECK(parts("1.e5") == "1 . e5  ");
  CHECK(parts("1_") == "1 _  ");
  CHECK(parts("1__0") == "1 __0  ");
  CHECK(parts("1_.5") == "1 _ . 5  ");
  CHECK(parts("1e5x") == "1e5 x  ");
}

TEST_CASE("Block comments nest") {
  CHECK(dump("a /* b /* c */ \n /**/ */ d") == "1:1 identifier a\n2:10 identifier d\n2:11 end\n");
  CHECK(dump("/*/ a */ b") == "1:10 identifier b\n1:11 end\n");
  CHECK(dump("a\n /* b /* c */\n") == "1:1 identifier a\n3:2 error Unterminated comment.\n3:1 end\n");
}

TEST_CASE("Templates are cut at their interpolations") {
  using K = TokenKind;
  CHECK(dump("`a b`") == "1:1 template_whole `a b`\n1:6 end\n");
  CHECK(kinds("`${a}`") == std::vector<K>{K::template_head, K::identifier, K::template_tail, K::end});
  CHECK(dump("`x${a}y${{}}z` b") ==
        "1:1 template_head `x${\n1:5 identifier a\n1:6 template_middle }y${\n1:10 left_brace {\n"
        "1:11 right_brace }\n1:12 template_tail }z`\n1:16 identifier b\n1:17 end\n");
  CHECK(kinds("`a${`b${c}`}`") == std::vector<K>{K::template_head, K::template_head, K::identifier,
                                                 K::template_tail, K::template_tail, K::end});
  CHECK(dump("`a\nb` c") == "2:1 template_whole `a\nb`\n2:4 identifier c\n2:5 end\n");
  CHECK(kinds("`$ \\` \\${ $$`").front() == K::template_whole);
  CHECK(dump("`a") == "1:1 error Unterminated string.\n1:3 end\n");
  CHECK(kinds("`${a").back() == K::end);
  CHECK(kinds("}`").front() == K::right_brace);
}

TEST_CASE("Templates have escapes") {
  const auto text = [](std::string_view source) { return template_text(Scanner(source).next()); };
  CHECK(text("`a\\n\\t\\r\\\\\\`\\$b`") == "a\n\t\r\\`$b");
  CHECK(text("`\\0`") == std::string(1, '\0'));
  CHECK(text("`\\u{1F600}\\u{e9}\\u{20AC}\\u{41}`") ==
        "\xf0\x9f\x98\x80\xc3\xa9\xe2\x82\xac"
        "A");
  CHECK(text("`\\u{10FFFF}`") == "\xf4\x8f\xbf\xbf");
  CHECK(text("`a${b}`") == "a");
  for (const char* const wrong :
       {"\\x", "\\u", "\\u{}", "\\u{110000}", "\\u{D800}", "\\u{0000041}", "\\u{g}", "\\\""}) {
    CAPTURE(wrong);
    const std::string source = std::string("`ab") + wrong + "` c";
    const std::vector<Token> tokens = scan(source);
    REQUIRE(tokens.size() == 3);
    CHECK(tokens[0].text == "Invalid escape.");
    CHECK(tokens[0].at.column == 4);
  }
}

TEST_CASE("Tokens know their line, column and offset") {
  const std::vector<Token> tokens = scan("a\n  bc // rest\n\n\"x\ny\" z");
  REQUIRE(tokens.size() == 5);
  CHECK(tokens[0].at.line == 1);
  CHECK(tokens[0].at.column == 1);
  CHECK(tokens[1].at.line == 2);
  CHECK(tokens[1].at.column == 3);
  CHECK(tokens[1].offset == 4);
  CHECK(tokens[1].text == "bc");
  CHECK(tokens[2].kind == TokenKind::string);
  CHECK(tokens[2].at.line == 5);  // where the string ends
  CHECK(tokens[2].at.column == 1);
  CHECK(tokens[2].text == "\"x\ny\"");
  CHECK(tokens[3].at.line == 5);
  CHECK(tokens[3].at.column == 4);
  CHECK(tokens[4].kind == TokenKind::end);
  CHECK(tokens[4].offset == 23);
  CHECK(tokens[4].text.empty());
}

TEST_CASE("A byte order mark, a #! line and CRLF are accepted") {
  CHECK(dump("\xef\xbb\xbf"
             "a") == "1:1 identifier a\n1:2 end\n");
  CHECK(dump("#!/usr/bin/interlox\nb") == "2:1 identifier b\n2:2 end\n");
  CHECK(dump("\xef\xbb\xbf#!x\r\nb\r\n c\r\n") == "2:1 identifier b\n3:2 identifier c\n4:1 end\n");
  CHECK(dump("#!only") == "1:7 end\n");
  CHECK(kinds("\n#!").front() == TokenKind::error);      // on line 1 only
  CHECK(kinds("a\xef\xbb\xbf")[1] == TokenKind::error);  // at the start only
  CHECK(dump("// comment without an end of line") == "1:34 end\n");
  CHECK(dump("") == "1:1 end\n");
}

TEST_CASE("What starts no token is an unexpected character") {
  CHECK(dump("a @ b") == "1:1 identifier a\n1:3 error Unexpected character.\n1:5 identifier b\n1:6 end\n");
  CHECK(dump("|") == "1:1 error Unexpected character.\n1:2 end\n");
  CHECK(kinds(with_nul("a", "b")) == std::vector<TokenKind>{TokenKind::identifier, TokenKind::error,
                                                            TokenKind::identifier, TokenKind::end});
  // A whole character is one error, and so is each byte of invalid UTF-8.
  CHECK(kinds("\xc3\xa9").size() == 2);
  CHECK(kinds("\xe2\x82\xac").size() == 2);
  CHECK(kinds("\xf0\x9f\x98\x80").size() == 2);
  CHECK(kinds("\xff\xfe").size() == 3);
  CHECK(kinds("\xc0\xaf").size() == 3);          // overlong
  CHECK(kinds("\xed\xa0\x80").size() == 4);      // a surrogate
  CHECK(kinds("\xf4\x90\x80\x80").size() == 5);  // beyond Unicode
  CHECK(kinds("\xe2\x82").size() == 3);          // cut off
  CHECK(kinds("\xe2\x82 a").size() == 4);
}

TEST_CASE("Strings and comments may hold any byte") {
  const std::string source = with_nul("\"a", "\xff\" // ") + with_nul("\xff", "\n") + "b";
  const std::vector<Token> tokens = scan(source);
  REQUIRE(tokens.size() == 3);
  CHECK(tokens[0].kind == TokenKind::string);
  CHECK(tokens[0].text.size() == 5);
  CHECK(tokens[1].at.line == 2);
}

TEST_CASE("An unterminated string is an error on the last line") {
  CHECK(dump("\n\"a\nb\n") == "4:1 error Unterminated string.\n4:1 end\n");
  CHECK(dump("\"") == "1:1 error Unterminated string.\n1:2 end\n");
}
