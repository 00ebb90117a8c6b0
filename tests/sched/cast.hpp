// SPDX-License-Identifier: BSD-3-Clause
// A scene and what each thread does there, and both as text.
#pragma once

#include <string>
#include <string_view>

#include "tests/sched/scene.hpp"

namespace interlox::trie::test::interleave {

struct Cast {
  SceneName scene;
  Scene::Parts parts;
};

/// "w5-3,4+7-": wide values, shape 5, operations 3 and 4 of the first thread, 7 of the second.
std::string to_text(const Cast& cast);

/// Takes a cast from the front of the text; false if there is none, or no such scene.
bool take(std::string_view& text, Cast& cast);

}  // namespace interlox::trie::test::interleave
