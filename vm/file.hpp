// SPDX-License-Identifier: BSD-3-Clause
// Reading and writing files whole. The collector may stop the thread meanwhile.
#pragma once

#include <string>
#include <string_view>

namespace interlox::vm {

/// Appends what is in the file to `text`. 0, or the errno of what went wrong: EFBIG for a file that no string
/// could hold. Throws std::bad_alloc.
int read_file(const char* path, std::string& text);

/// Writes `text` in place of what is in the file, or behind it; the file is made if need be. 0 or the errno:
/// part of the text may have been written then.
int write_file(const char* path, std::string_view text, bool append);

}  // namespace interlox::vm
