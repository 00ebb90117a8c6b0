// SPDX-License-Identifier: BSD-3-Clause
#include "vm/completion.hpp"

#include <algorithm>
#include <optional>

#include "vm/instance.hpp"
#include "vm/members.hpp"
#include "vm/symbol_table.hpp"
#include "vm/token.hpp"

namespace interlox::vm {
namespace {

constexpr std::string_view kKeywordKinds[] = {
#define INTERLOX_TOKEN(name) #name,
    INTERLOX_TOKENS(INTERLOX_TOKEN)
#undef INTERLOX_TOKEN
};

bool is_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Where the word begins that ends at `end`.
std::size_t word_begin(std::string_view text, std::size_t end) noexcept {
  while (end > 0 && is_word(text[end - 1])) --end;
  return end;
}

std::optional<Value> field_of(Value v, std::string_view name) {
  const Symbol* const symbol = is_instance(v) ? SymbolTable::instance().find(name) : nullptr;
  if (symbol == nullptr) return std::nullopt;
  const auto& instance = *static_cast<const Instance*>(v.as_object());
  const std::optional<std::uint32_t> slot = instance.klass()->find_field(symbol);
  const Cell* const cell = slot ? instance.find_cell(*slot) : nullptr;
  const Value value = cell == nullptr ? Value::absent() : cell->load();
  return value.is_absent() ? std::nullopt : std::optional(value);
}

/// The value of the path `a.b.c` that ends at `end`, as far as variables and fields can tell.
std::optional<Value> value_before(const VM& machine, std::string_view text, std::size_t end) {
  const std::size_t begin = word_begin(text, end);
  if (begin == end || is_digit(text[begin])) return std::nullopt;
  const std::string_view name = text.substr(begin, end - begin);
  if (begin == 0 || text[begin - 1] != '.') return machine.global(name);
  const std::optional<Value> owner = value_before(machine, text, begin - 1);
  return owner ? field_of(*owner, name) : std::nullopt;
}

}  // namespace

std::string Completion::common() const {
  if (words.empty()) return {};
  // They are sorted, so that the first and the last differ soonest.
  const std::string& first = words.front();
  const std::string& last = words.back();
  const auto [end, other] = std::mismatch(first.begin(), first.end(), last.begin(), last.end());
  static_cast<void>(other);
  return std::string(first.begin(), end);
}

Completion complete(const VM& machine, std::string_view typed) {
  Completion result;
  result.begin = word_begin(typed, typed.size());
  const std::string_view prefix = typed.substr(result.begin);
  if (!prefix.empty() && is_digit(prefix[0])) return result;
  const auto offer = [&](std::string_view word) {
    if (word.starts_with(prefix)) result.words.emplace_back(word);
  };
  if (result.begin > 0 && typed[result.begin - 1] == '.') {
    const std::optional<Value> owner = value_before(machine, typed, result.begin - 1);
    if (owner) for_each_member(*owner, offer);
  } else {
    constexpr std::string_view kKeyword = "keyword_";
    for (const std::string_view kind : kKeywordKinds) {
      if (kind.starts_with(kKeyword)) offer(kind.substr(kKeyword.size()));
    }
    machine.for_each_global([&](std::string_view name, Value) { offer(name); });
  }
  std::sort(result.words.begin(), result.words.end());
  result.words.erase(std::unique(result.words.begin(), result.words.end()), result.words.end());
  return result;
}

}  // namespace interlox::vm
