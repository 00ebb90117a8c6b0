// SPDX-License-Identifier: BSD-3-Clause
#include "vm/text.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "vm/object.hpp"

using namespace interlox;
using namespace std::string_view_literals;

namespace {

/// The definition of well-formed UTF-8 by what it encodes, as a second opinion: the length of the sequence at
/// the start of `text`, 1 if there is none.
std::size_t encoded_length(std::string_view text) {
  const auto bits = [&](std::size_t i) { return static_cast<unsigned char>(text[i]) & 0x3fu; };
  for (std::size_t length = 2; length <= 4 && length <= text.size(); ++length) {
    char32_t code_point = static_cast<unsigned char>(text[0]) & (0x7fu >> length);
    for (std::size_t i = 1; i < length; ++i) code_point = code_point << 6 | bits(i);
    std::string encoded;
    if (vm::append_character(encoded, code_point) && encoded == text.substr(0, length)) return length;
  }
  return 1;
}

std::vector<std::size_t> boundaries(std::string_view text) {
  std::vector<std::size_t> result{0};
  while (result.back() < text.size()) {
    result.push_back(result.back() + vm::sequence_length(text.substr(result.back())));
  }
  return result;
}

/// Texts of `length` bytes out of those at which sequences are decided.
template <class Use>
void for_each_text(std::size_t length, Use use) {
  constexpr std::string_view kBytes = "a\x80\x8f\x90\x9f\xa0\xbf\xc1\xc2\xdf\xe0\xe1\xed\xef\xf0\xf4\xf5\xff";
  std::vector<std::size_t> digits(length);
  std::string text(length, kBytes[0]);
  for (;;) {
    use(std::string_view(text));
    std::size_t i = 0;
    while (i < length && ++digits[i] == kBytes.size()) digits[i++] = 0;
    if (i == length) return;
    for (std::size_t k = 0; k <= i; ++k) text[k] = kBytes[digits[k]];
  }
}

}  // namespace

TEST_CASE("each code point is encoded, and read back") {
  for (char32_t c = 0; c <= 0x110010; ++c) {
    std::string text;
    if (!vm::append_character(text, c)) {
      const bool is_no_character = c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff);
      REQUIRE(is_no_character);
      REQUIRE(text.empty());
      continue;
    }
    REQUIRE(vm::sequence_length(text) == text.size());
    REQUIRE(vm::decode_character(text) == c);
    REQUIRE(vm::count_characters(text) == 1);
  }
}

TEST_CASE("sequences are well-formed when they are what their code point is encoded as") {
  for_each_text(4, [](std::string_view text) {
    if (vm::sequence_length(text) != encoded_length(text)) FAIL_CHECK(text);
    if (vm::sequence_length(text) == 1 && text[0] != 'a' && vm::decode_character(text) != 0xfffd)
      FAIL_CHECK(text);
  });
  CHECK(vm::sequence_length("\xe2\x82"sv) == 1);
  CHECK(vm::sequence_length("\xf0\x9f\x98"sv) == 1);
  CHECK(vm::sequence_length("\xc3"sv) == 1);
}

TEST_CASE("positions, offsets and boundaries agree") {
  std::size_t texts = 0;
  for_each_text(5, [&texts](std::string_view text) {
    if (++texts % 7 != 0) return;
    const std::vector<std::size_t> starts = boundaries(text);
    bool agree = vm::count_characters(text) == starts.size() - 1;
    for (std::size_t position = 0; position < starts.size(); ++position) {
      agree = agree && vm::offset_of_character(text, position) == starts[position];
    }
    std::size_t next = 0;
    for (std::size_t offset = 0; offset <= text.size(); ++offset) {
      const bool is_start = starts[next] == offset;
      next += is_start ? 1 : 0;
      agree = agree && vm::is_character_boundary(text, offset) == is_start;
    }
    if (!agree) FAIL_CHECK(text);
  });
}

TEST_CASE("long texts are counted in words of ASCII and what is between") {
  for (std::size_t before = 0; before < 20; ++before) {
    for (std::size_t after = 0; after < 20; ++after) {
      const std::string text = std::string(before, 'x') + "\xe2\x82\xac" + std::string(after, 'y');
      CHECK(vm::count_characters(text) == before + 1 + after);
      CHECK(vm::offset_of_character(text, before) == before);
      CHECK(vm::offset_of_character(text, before + 1) == before + 3);
      CHECK(vm::offset_of_character(text, before + 1 + after) == text.size());
      CHECK(vm::offset_of_character(text, before + after + 30) == text.size());
    }
  }
  CHECK(vm::count_characters("") == 0);
  CHECK(vm::offset_of_character("", 3) == 0);
}

TEST_CASE("a text is found as whole characters only") {
  CHECK(vm::find_text("banana", "an", 0) == 1);
  CHECK(vm::find_text("banana", "an", 2) == 3);
  CHECK(vm::find_text("banana", "an", 4) == std::string_view::npos);
  CHECK(vm::find_text("banana", "", 6) == 6);
  CHECK(vm::find_text("\xc3\xa9", "\xa9", 0) == std::string_view::npos);
  CHECK(vm::find_text("\xc3\xa9", "\xc3", 0) == std::string_view::npos);
  CHECK(vm::find_text("\xc3\xa9\xc3", "\xc3", 0) == 2);
  CHECK(vm::find_text("\xc3\xa9\xa9", "\xa9", 0) == 2);
  CHECK(vm::find_text("\xe2\x82\xac\xe2\x82", "\xe2\x82", 0) == 3);
  CHECK(vm::find_text("\xc3\xa9", "", 1) == 2);  // never between the two bytes
}

TEST_CASE("a string knows how many characters it has") {
  const vm::String* const ascii = vm::String::make("plain");
  const vm::String* const wide = vm::String::make("\xe2\x82\xac uro");
  const vm::String* const bytes = vm::String::make("\xff\xfe");
  for (int i = 0; i < 2; ++i) {  // counted, and remembered
    CHECK(ascii->character_count() == 5);
    CHECK(ascii->is_of_single_bytes());
    CHECK(wide->character_count() == 5);
    CHECK_FALSE(wide->is_of_single_bytes());
    CHECK(bytes->character_count() == 2);
    CHECK(bytes->is_of_single_bytes());
    CHECK(vm::String::make("")->character_count() == 0);
  }
  CHECK(ascii->is(vm::ObjectKind::string));
}
