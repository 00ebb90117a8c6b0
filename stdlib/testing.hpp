// SPDX-License-Identifier: BSD-3-Clause
// What the module testing needs of the process that it runs in: somebody who takes the results of tests.
#pragma once

#include <functional>
#include <string_view>

namespace interlox::stdlib {

/// Takes the result of one test: the verdict, "passed", "failed" or "skipped"; the test's name; and why it
/// failed, in lines. Called on any thread, by one at a time.
using TestSink = std::function<void(std::string_view verdict, std::string_view name, std::string_view why)>;

/// Sets who takes the results of all tests of the process from now on. Without one (null), a test that fails
/// throws its error. Any thread.
void set_test_sink(TestSink sink);

}  // namespace interlox::stdlib
