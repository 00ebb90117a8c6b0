// SPDX-License-Identifier: BSD-3-Clause
#include "vm/string_index.hpp"

#include <atomic>
#include <new>

#include "gc/heap.hpp"
#include "vm/native_arguments.hpp"
#include "vm/text.hpp"

namespace interlox::vm {
namespace {

/// The strings of one character of ASCII.
struct AsciiStrings {
  String* of[128];
};

/// In uncollectable memory that is never given back: threads may run until the process ends.
constinit std::atomic<AsciiStrings*> the_ascii_strings{nullptr};

const AsciiStrings& ascii_strings() {
  AsciiStrings* known = the_ascii_strings.load(std::memory_order_acquire);  // (1) pairs with (2)
  if (known != nullptr) return *known;
  // Filled where the collector sees it; given back if memory runs out half-way.
  struct Block {
    AsciiStrings* strings = ::new (gc::allocate_uncollectable(sizeof(AsciiStrings))) AsciiStrings{};
    ~Block() { gc::free_uncollectable(strings); }
  } block;
  for (unsigned c = 0; c < 128; ++c) {
    const char byte = static_cast<char>(c);
    block.strings->of[c] = String::make({&byte, 1});
  }
  if (!the_ascii_strings.compare_exchange_strong(known, block.strings, std::memory_order_acq_rel)) {  // (2)
    return *known;  // another thread was faster
  }
  known = block.strings;
  block.strings = nullptr;
  return *known;
}

}  // namespace

std::size_t character_offset(const String& string, std::uint32_t position) noexcept {
  return string.is_of_single_bytes() ? position : offset_of_character(string.view(), position);
}

std::uint32_t character_position(const String& string, std::size_t offset) noexcept {
  const std::size_t position =
      string.is_of_single_bytes() ? offset : count_characters(string.view().substr(0, offset));
  return static_cast<std::uint32_t>(position);
}

String* character_string(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  return first < 128 ? ascii_strings().of[first] : String::make(character);
}

Value string_at(Thread& thread, const String& string, Value index) {
  const std::uint32_t length = string.character_count();
  const auto position = resolve_index(thread, "String", index, length, length);
  if (!position) return Value::absent();
  const std::string_view rest = string.view().substr(character_offset(string, *position));
  return Value::object(character_string(rest.substr(0, sequence_length(rest))));
}

}  // namespace interlox::vm
