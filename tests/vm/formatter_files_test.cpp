// SPDX-License-Identifier: BSD-3-Clause
// The formatter on every Lox program of the repository, and on what chance makes of their tokens.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.hpp"
#include "vm/formatter.hpp"
#include "vm/scanner.hpp"

using namespace interlox::vm;

namespace {

namespace fs = std::filesystem;

std::vector<std::string> programs() {
  std::vector<std::string> paths;
  for (const char* top : {"docs", "tests", "scripts", "stdlib"}) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(INTERLOX_SOURCE_DIR) / top)) {
      if (entry.path().extension() == ".lox") paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

enum class Outcome { formatted, refused, unstable, broken };

// The formatter itself checks that tokens and comments stay: then it is broken.
Outcome try_format(const std::string& source) {
  try {
    const std::string once = format(source);
    return format(once) == once ? Outcome::formatted : Outcome::unstable;
  } catch (const FormatError& error) {
    return error.cause() == FormatError::Cause::source ? Outcome::refused : Outcome::broken;
  }
}

/// The texts of all kinds of tokens that the programs have, and what no program there has.
std::vector<std::string> words() {
  std::vector<std::string> result;
  for (const std::string& path : programs()) {
    const std::string text = text_of(path);
    Scanner scanner(text);
    for (Token token = scanner.next(); token.kind != TokenKind::end; token = scanner.next()) {
      if (token.kind != TokenKind::error && token.text.size() < 20) result.emplace_back(token.text);
    }
  }
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  std::erase_if(result,
                [](const std::string& word) { return word.find_first_of("(){}[]`") != std::string::npos; });
  return result;
}

/// Random words, brackets that match, comments, blanks and line ends.
class Soup {
 public:
  Soup(const std::vector<std::string>& words, std::uint32_t seed) : words_(words), random_(seed) {}

  std::string make(int length) {
    text_.clear();
    open_.clear();
    for (int i = 0; i < length; ++i) {
      piece();
      gap();
    }
    while (!open_.empty()) close();
    return text_;
  }

 private:
  std::size_t below(std::size_t bound) { return random_() % bound; }

  template <std::size_t N>
  const char* one_of(const char* const (&choices)[N]) {
    return choices[below(N)];
  }

  void piece() {
    static constexpr const char* kCommon[] = {";",  ";",  ",",    ".",     "..",      "=",     "=>",
                                              "-",  "!",  "?",    ":",     "/",       "in",    "try",
                                              "is", "if", "else", "catch", "finally", "throw", "`t`"};
    switch (below(8)) {
      case 0:
        open_.push_back(one_of({")", "]", "}", "}`"}));
        text_ += open_.back() == ")" ? "(" : open_.back() == "]" ? "[" : open_.back() == "}" ? "{" : "`a${";
        break;
      case 1:
        if (!open_.empty()) close();
        break;
      case 2:
        text_ +=
            one_of({"if (a) ", "for (var x in ", "fun (a) ", "class A ", "while (b) ", "x is ", "fun f() "});
        if (text_.ends_with("in ")) open_.push_back(")");
        break;
      case 3:
      case 4:
        text_ += one_of(kCommon);
        break;
      default:
        text_ += words_[below(words_.size())];
    }
  }

  void gap() {
    static constexpr const char* kGaps[] = {
        "",   "",     " ",     " ",        "\n",        "\n\n",         "\r\n\t",
        "\n", "/**/", "//c\n", " /*\n*/ ", "\n/*c*/\n", "\n\n\n//c\n\n"};
    text_ += one_of(kGaps);
  }

  void close() {
    if (open_.back() == "}`" && below(4) == 0) {
      text_ += "}b${";
      return;
    }
    text_ += open_.back();
    open_.pop_back();
  }

  const std::vector<std::string>& words_;
  std::mt19937 random_;
  std::string text_;
  std::vector<std::string> open_;  // what closes them
};

}  // namespace

TEST_CASE("Every program of the repository that has tokens and brackets can be formatted") {
  int formatted = 0;
  for (const std::string& path : programs()) {
    INFO(path);
    const Outcome outcome = try_format(text_of(path));
    CHECK((outcome == Outcome::formatted || outcome == Outcome::refused));
    if (outcome == Outcome::formatted) ++formatted;
  }
  CHECK(formatted > 400);
}

TEST_CASE("No order of tokens, comments and blanks breaks the formatter") {
  const std::vector<std::string> all = words();
  int formatted = 0;
  for (std::uint32_t seed = 1; seed <= 4000; ++seed) {
    const std::string source = Soup(all, seed).make(static_cast<int>(seed % 60));
    const Outcome outcome = try_format(source);
    if (outcome != Outcome::formatted && outcome != Outcome::refused) {
      INFO(source);
      CHECK(outcome == Outcome::formatted);
    }
    if (outcome == Outcome::formatted) ++formatted;
  }
  CHECK(formatted > 2000);
}
