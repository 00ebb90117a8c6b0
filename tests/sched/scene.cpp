// SPDX-License-Identifier: BSD-3-Clause
// The one place that knows all kinds of scenes.
#include "tests/sched/scene.hpp"

#include "tests/sched/map_scene.hpp"
#include "tests/sched/set_scene.hpp"

namespace interlox::trie::test::interleave {

std::size_t count_scenes(char kind) {
  if (kind == 's') return count_set_scenes();
  return kind == 'i' || kind == 'w' ? shapes().size() : 0;
}

std::unique_ptr<Scene> make_scene(const SceneName& name) {
  if (name.kind == 's') return make_set_scene(name.shape);
  return make_map_scene(name.shape, name.kind == 'w');
}

}  // namespace interlox::trie::test::interleave
