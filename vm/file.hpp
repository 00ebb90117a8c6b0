// SPDX-License-Identifier: BSD-3-Clause
// Reading files whole.
#pragma once

#include <string>

namespace interlox::vm {

/// Appends what is in the file to `text`. 0, or the errno of what went wrong: EFBIG for a file that no string
/// could hold. The collector may stop the thread meanwhile. Throws std::bad_alloc.
int read_file(const char* path, std::string& text);

}  // namespace interlox::vm
