// SPDX-License-Identifier: BSD-3-Clause
#include "vm/text.hpp"

#include <cstdint>
#include <cstring>

namespace interlox::vm {
namespace {

unsigned byte_at(std::string_view text, std::size_t i) noexcept {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
}

bool is_continuation(unsigned byte) noexcept { return (byte & 0xc0) == 0x80; }

/// Whether `text` starts with eight bytes of ASCII.
bool starts_with_ascii_word(std::string_view text) noexcept {
  if (text.size() < sizeof(std::uint64_t)) return false;
  std::uint64_t word;
  std::memcpy(&word, text.data(), sizeof word);
  return (word & 0x8080808080808080u) == 0;
}

}  // namespace

std::size_t sequence_length(std::string_view text) noexcept {
  const auto follows = [&](std::size_t i) { return is_continuation(byte_at(text, i)); };
  const unsigned lead = byte_at(text, 0);
  const unsigned second = byte_at(text, 1);
  if (lead < 0xc2) return 1;
  if (lead <= 0xdf) return follows(1) ? 2 : 1;
  if (lead <= 0xef) {
    const bool overlong = lead == 0xe0 && second < 0xa0;
    const bool surrogate = lead == 0xed && second > 0x9f;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 1;
  }
  if (lead <= 0xf4) {
    const bool overlong = lead == 0xf0 && second < 0x90;
    const bool beyond = lead == 0xf4 && second > 0x8f;
    return follows(1) && follows(2) && follows(3) && !overlong && !beyond ? 4 : 1;
  }
  return 1;
}

std::size_t count_characters(std::string_view text) noexcept {
  std::size_t count = 0;
  while (!text.empty()) {
    const bool word = starts_with_ascii_word(text);
    count += word ? sizeof(std::uint64_t) : 1;
    text.remove_prefix(word ? sizeof(std::uint64_t) : sequence_length(text));
  }
  return count;
}

std::size_t offset_of_character(std::string_view text, std::size_t position) noexcept {
  std::string_view rest = text;
  while (position != 0 && !rest.empty()) {
    const bool word = position >= sizeof(std::uint64_t) && starts_with_ascii_word(rest);
    position -= word ? sizeof(std::uint64_t) : 1;
    rest.remove_prefix(word ? sizeof(std::uint64_t) : sequence_length(rest));
  }
  return text.size() - rest.size();
}

bool is_character_boundary(std::string_view text, std::size_t offset) noexcept {
  if (!is_continuation(byte_at(text, offset))) return true;
  // The byte belongs to a sequence if one of the three before it starts one that reaches so far. No sequence
  // has a byte inside that could start another, so the nearest that is no continuation decides.
  for (std::size_t back = 1; back <= 3 && back <= offset; ++back) {
    if (!is_continuation(byte_at(text, offset - back))) {
      return sequence_length(text.substr(offset - back)) <= back;
    }
  }
  return true;
}

std::size_t find_text(std::string_view text, std::string_view pattern, std::size_t from) noexcept {
  for (std::size_t at = from; (at = text.find(pattern, at)) != std::string_view::npos; ++at) {
    if (is_character_boundary(text, at) && is_character_boundary(text, at + pattern.size())) return at;
  }
  return std::string_view::npos;
}

char32_t decode_character(std::string_view text) noexcept {
  const unsigned lead = byte_at(text, 0);
  const auto bits = [&](std::size_t i) { return byte_at(text, i) & 0x3f; };
  switch (sequence_length(text)) {
    case 2:
      return (lead & 0x1f) << 6 | bits(1);
    case 3:
      return (lead & 0x0f) << 12 | bits(1) << 6 | bits(2);
    case 4:
      return (lead & 0x07) << 18 | bits(1) << 12 | bits(2) << 6 | bits(3);
    default:
      return lead < 0x80 ? lead : kReplacementCharacter;
  }
}

bool append_character(std::string& text, char32_t code_point) {
  if (!is_unicode_scalar(code_point)) return false;
  char bytes[4];
  std::size_t count = 0;
  const auto put = [&](char32_t byte) { bytes[count++] = static_cast<char>(byte); };
  if (code_point < 0x80) {
    put(code_point);
  } else {
    if (code_point < 0x800) {
      put(0xc0 | code_point >> 6);
    } else {
      if (code_point < 0x10000) {
        put(0xe0 | code_point >> 12);
      } else {
        put(0xf0 | code_point >> 18);
        put(0x80 | (code_point >> 12 & 0x3f));
      }
      put(0x80 | (code_point >> 6 & 0x3f));
    }
    put(0x80 | (code_point & 0x3f));
  }
  text.append(bytes, count);
  return true;
}

}  // namespace interlox::vm
