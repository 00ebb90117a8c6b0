// SPDX-License-Identifier: BSD-3-Clause
// The one place that knows all kinds of scenes.
#include "tests/sched/scene.hpp"

#include "tests/sched/map_scene.hpp"

namespace interlox::trie::test::interleave {

std::size_t count_scenes(char kind) {
  return kind == 'i' || kind == 'w' ? shapes().size() : 0;
}

std::unique_ptr<Scene> make_scene(const SceneName& name) {
  return make_map_scene(name.shape, name.kind == 'w');
}

}  // namespace interlox::trie::test::interleave
