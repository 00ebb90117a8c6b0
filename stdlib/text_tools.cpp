// SPDX-License-Identifier: BSD-3-Clause
#include "stdlib/text_tools.hpp"

#include <cstdint>
#include <stdexcept>

#include "vm/object.hpp"
#include "vm/print.hpp"
#include "vm/string_index.hpp"

namespace interlox::stdlib {

void check_text_length(std::size_t length) {
  if (length > vm::String::kMaxLength) throw std::length_error("String too long.");
}

std::string_view trim_blanks(std::string_view text) noexcept {
  constexpr std::string_view kBlanks = " \t\n\v\f\r";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

vm::Value make_text(std::string_view text) {
  check_text_length(text.size());
  return vm::Value::object(text.size() == 1 ? vm::character_string(text) : vm::String::make(text));
}

void append_text(std::string& text, std::string_view more) {
  check_text_length(text.size() + more.size());
  text += more;
}

vm::Value join_elements(vm::Thread& thread, const vm::List& list, std::string_view separator) {
  // Before memory is filled with what must be too long.
  if (list.length() > 1) check_text_length(std::size_t{list.length() - 1} * separator.size());
  std::string text;
  for (std::uint32_t i = 0; i < list.length(); ++i) {  // its text may change the list
    const vm::Value element = list.get(i);
    if (element.is_absent()) break;  // another thread has shortened it
    if (i != 0) append_text(text, separator);
    if (vm::is_object(element, vm::ObjectKind::string)) {
      append_text(text, vm::as<vm::String>(element)->view());
      continue;
    }
    const auto written = vm::text_of(thread, element);
    if (!written) return vm::Value::absent();
    append_text(text, *written);
  }
  return make_text(text);
}

}  // namespace interlox::stdlib
