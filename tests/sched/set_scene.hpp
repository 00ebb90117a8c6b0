// SPDX-License-Identifier: BSD-3-Clause
// A canonical set in the scheduler's world, and a collector.
#pragma once

#include <cstddef>
#include <memory>

#include "tests/sched/scene.hpp"

namespace interlox::trie::test::interleave {

std::size_t count_set_scenes();
std::unique_ptr<Scene> make_set_scene(std::size_t shape);

}  // namespace interlox::trie::test::interleave
