// SPDX-License-Identifier: BSD-3-Clause
// What does not depend on the map's type.
#include "tests/sched/map_scene.hpp"

namespace interlox::trie::test::interleave {

using interlox::test::sched::kMostThreads;

Scene::Scene(const Shape& shape, bool wide) : shape_(shape), setting_(shape), wide_(wide) {
  for (unsigned i = 0; i < kMostThreads; ++i) {
    const int value = 100 * (static_cast<int>(i) + 1);
    const int other = 100 * (static_cast<int>((i + 1) % kMostThreads) + 1);
    operations_[i] = interleave::operations(setting_, shape, value, other);
  }
}

void Scene::cast(const Parts& parts) {
  parts_.clear();
  programs_.clear();
  firsts_.clear();
  std::size_t count = 0;
  for (unsigned thread = 0; thread < parts.size(); ++thread) {
    firsts_.push_back(count);
    parts_.emplace_back();
    for (const std::size_t index : parts[thread]) {
      parts_.back().push_back(operations_[thread][index]);
      // A second value of its own, so that a judgement can tell them apart.
      parts_.back().back().value += 30 * static_cast<int>(parts_.back().size() - 1);
      ++count;
    }
    programs_.push_back([this, thread] { play(thread); });
  }
  played_.assign(count, {});
}

void Scene::play(unsigned thread) {
  Played* done = &played_[firsts_[thread]];
  for (const Operation& planned : parts_[thread]) {
    done->op = planned;
    done->thread = thread;
    world.begin_operation();
    perform(done->op);
    done->span = world.end_operation();
    ++done;
  }
}

std::string Scene::judge_order(const Table& last) {
  const Model after{last, world.arena().retired_entries()};
  Order order(played_, setting_.first(), after, wide_, !world.read_old_values());
  return order.exists() ? "" : "no order of the operations explains the answers and contents";
}

std::string Scene::describe() const {
  std::ostringstream text;
  text << (wide_ ? "wide values, " : "values in place, ") << shape_.name << "\n";
  for (const Played& played : played_) {
    const Operation& op = played.op;
    text << "  thread " << played.thread << ": " << op.act << " key " << op.key << " (0x" << std::hex
         << setting_.keys()[op.key] << std::dec << ") old " << op.old << " value " << op.value << " -> ";
    if (observes(op.act)) {
      for (const int value : op.seen) text << value << " ";
    }
    text << op.answer << "\n";
  }
  return text.str();
}

}  // namespace interlox::trie::test::interleave
