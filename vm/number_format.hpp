// SPDX-License-Identifier: BSD-3-Clause
// How numbers are written.
#pragma once

#include <string>

namespace interlox::vm {

/// The shortest decimal text that reads back as `d`, laid out as ECMAScript's
/// Number::toString does (ECMA-262, 6.1.6.1.20), but for "-0", "nan", "inf" and "-inf".
/// Any thread; throws std::bad_alloc only.
std::string format_number(double d);

}  // namespace interlox::vm
