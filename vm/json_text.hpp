// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string_view>

#include "vm/text.hpp"

namespace interlox::vm {

/// Gives put(std::string_view) any bytes as what stands between the quotes of a string of JSON, piece by
/// piece: what is no UTF-8 becomes the replacement character.
template <class Put>
void put_json_text(std::string_view bytes, const Put& put) {
  constexpr std::string_view kHex = "0123456789abcdef";
  while (!bytes.empty()) {
    const std::size_t length = sequence_length(bytes);
    const auto byte = static_cast<unsigned char>(bytes[0]);
    if (byte < 0x20) {
      put("\\u00");
      put(kHex.substr(byte >> 4, 1));
      put(kHex.substr(byte & 15, 1));
    } else if (byte == '"' || byte == '\\') {
      put("\\");
      put(bytes.substr(0, 1));
    } else if (length == 1 && byte >= 0x80) {
      put("\\ufffd");
    } else {
      put(bytes.substr(0, length));
    }
    bytes.remove_prefix(length);
  }
}

}  // namespace interlox::vm
