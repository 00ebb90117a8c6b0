// SPDX-License-Identifier: BSD-3-Clause
// What does not depend on the map's type.
#include "tests/sched/map_scene.hpp"

#include <algorithm>
#include <sstream>

namespace interlox::trie::test::interleave {

using interlox::test::sched::kMostThreads;

MapSceneBase::MapSceneBase(const Shape& shape, bool wide) : shape_(shape), setting_(shape), wide_(wide) {
  for (unsigned i = 0; i < kMostThreads; ++i) {
    const int value = 100 * (static_cast<int>(i) + 1);
    const int other = 100 * (static_cast<int>((i + 1) % kMostThreads) + 1);
    operations_.push_back(interleave::operations(setting_, shape, value, other));
    const auto more = computations(setting_, shape, value);
    operations_.back().insert(operations_.back().end(), more.begin(), more.end());
  }
}

bool MapSceneBase::only_reads(std::size_t operation) const {
  return interleave::only_reads(this->operation(operation).act);
}

bool MapSceneBase::is_in(Choice choice, std::size_t operation) const {
  const Operation& op = this->operation(operation);
  switch (op.act) {
    case Act::kLoadOrCompute:
    case Act::kFailToCompute:
      return choice == Choice::kAll ||
             (choice == Choice::kComputations && op.key == setting_.index_of(shape_.played[0]));
    case Act::kLoadMany:
    case Act::kSwapIf:
    case Act::kDeleteIf:
      return choice == Choice::kAll;
    case Act::kLoadAndDelete:
      if (choice == Choice::kComputations) return op.key == setting_.index_of(shape_.played[0]);
      break;
    case Act::kClear:
      return true;
    default:
      if (choice == Choice::kComputations) return false;
  }
  return choice == Choice::kAll || op.key != setting_.index_of(shape_.played[2]);
}

bool MapSceneBase::is_elsewhere(const Parts& parts) const {
  const auto changes_value = [&](std::size_t i) {
    const Act act = operation(i).act;
    return act == Act::kStore || act == Act::kSwap || act == Act::kSwapIf;
  };
  return wide_ && std::none_of(parts.begin(), parts.end(), [&](const std::vector<std::size_t>& part) {
           return std::any_of(part.begin(), part.end(), changes_value);
         });
}

std::string MapSceneBase::judge_refusals() const {
  const auto wrong = [](const Played<Operation>& played) {
    return played.refused && !may_allocate(played.op.act);
  };
  return std::any_of(played_.begin(), played_.end(), wrong) ? "an operation throws that needs no memory" : "";
}

// Each value that is stored was computed by one call, and none for nothing, unless somebody else has stored
// one without computing it.
std::string MapSceneBase::judge_computations() const {
  for (const auto& [op, thread, span, refused] : played_) {
    if (op.runs > 1) return "a computation ran more than once";
    if ((op.act != Act::kLoadOrCompute && op.act != Act::kFailToCompute) || refused) continue;
    if (!op.answer.yes && op.runs == 0) return "a value was stored that was not computed";
    if (!op.answer.yes || op.runs == 0) continue;
    const bool stored = std::any_of(played_.begin(), played_.end(), [key = op.key](const auto& other) {
      return other.op.key == key && !other.refused && puts(other.op.act) &&
             other.op.act != Act::kLoadOrCompute;
    });
    if (!stored) return "two computations of one value ran at once";
  }
  return "";
}

std::string MapSceneBase::judge_order(const Table& last) {
  const Model after{last, world.arena().retired_entries()};
  Order order(played_, setting_.first(), after, wide_, !world.read_old_values());
  return order.exists() ? "" : "no order of the operations explains the answers and contents";
}

std::string MapSceneBase::describe() const {
  std::ostringstream text;
  text << (wide_ ? "wide values, " : "values in place, ") << shape_.name << "\n";
  for (const auto& [op, thread, span, refused] : played_) {
    text << "  thread " << thread << ": " << op.act << " key " << op.key << " (0x" << std::hex
         << setting_.keys()[op.key] << std::dec << ") old " << op.old << " value " << op.value << " -> ";
    if (observes(op.act)) {
      for (const int value : op.seen) text << value << " ";
    }
    text << op.answer << (refused ? ", refused its memory" : "") << "\n";
  }
  return text.str();
}

}  // namespace interlox::trie::test::interleave
