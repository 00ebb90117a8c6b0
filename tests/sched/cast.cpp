// SPDX-License-Identifier: BSD-3-Clause
// The text of a cast.
#include "tests/sched/cast.hpp"

#include <charconv>

namespace interlox::trie::test::interleave {

namespace {

// Takes a number from the front of the text.
bool take(std::string_view& text, std::size_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return error == std::errc{};
}

bool take(std::string_view& text, char mark) {
  if (text.empty() || text[0] != mark) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string to_text(const Cast& cast) {
  std::string text = cast.scene.kind + std::to_string(cast.scene.shape) + '-';
  for (const auto& part : cast.parts) {
    if (&part != &cast.parts.front()) text += '+';
    for (const std::size_t& op : part) text += (&op != &part.front() ? "," : "") + std::to_string(op);
  }
  return text + '-';
}

bool take(std::string_view& text, Cast& cast) {
  cast = {};
  if (text.empty()) return false;
  cast.scene.kind = text[0];
  text.remove_prefix(1);
  if (!take(text, cast.scene.shape) || cast.scene.shape >= count_scenes(cast.scene.kind)) return false;
  if (!take(text, '-')) return false;
  do {
    cast.parts.emplace_back();
    do {
      if (!take(text, cast.parts.back().emplace_back())) return false;
    } while (take(text, ','));
  } while (take(text, '+'));
  return take(text, '-') && cast.parts.size() <= interlox::test::sched::kMostThreads;
}

}  // namespace interlox::trie::test::interleave
