// SPDX-License-Identifier: BSD-3-Clause
// What is explored: a structure in the scheduler's world, what threads may do to it, and the judgement of
// what they did.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/sched/world.hpp"

namespace interlox::trie::test::interleave {

using interlox::test::sched::Span;
using interlox::test::sched::world;
using interlox::test::sched::World;

/// Operations that a family makes its casts of.
enum class Choice {
  kAll,
  kDistinct,     ///< without those for which others take the same way, and answer more; on two of the keys
  kComputations  ///< of the value of one key, and what makes them start again
};

/// A structure in some shape. One at a time, since there is one world.
class Scene {
 public:
  virtual ~Scene() = default;

  /// How many operations a thread may do. They go by their indexes, which mean the same in each thread.
  [[nodiscard]] virtual std::size_t size() const = 0;
  [[nodiscard]] virtual bool only_reads(std::size_t operation) const = 0;
  [[nodiscard]] virtual bool is_in(Choice choice, std::size_t operation) const = 0;

  /// What each thread does, as indexes of operations.
  using Parts = std::vector<std::vector<std::size_t>>;
  /// Whether another scene has all the executions of this cast, too.
  [[nodiscard]] virtual bool is_elsewhere(const Parts& parts) const = 0;

  void cast(const Parts& parts) {
    programs_.clear();
    for (unsigned thread = 0; thread < parts.size(); ++thread) {
      programs_.push_back([this, thread] { play(thread); });
    }
    take(parts);
  }
  /// Each begins with what was cast last, whenever it runs.
  [[nodiscard]] const std::vector<World::Program>& programs() const { return programs_; }

  /// What is wrong now that all threads are done, or nothing.
  [[nodiscard]] virtual std::string judge() = 0;
  [[nodiscard]] virtual std::string describe() const = 0;

 protected:
  virtual void take(const Parts& parts) = 0;
  virtual void play(unsigned thread) = 0;

 private:
  std::vector<World::Program> programs_;
};

/// An operation that was done.
template <class Op>
struct Played {
  Op op;
  unsigned thread = 0;
  Span span;
  bool refused = false;  // it has thrown std::bad_alloc
};

/// Whether one comes before the other: it does in its thread, or it had ended when the other one began. That
/// is a matter of time as long as every load returns the newest value, and otherwise one of happens-before.
template <class Op>
bool precedes(const Played<Op>& one, const Played<Op>& other, bool by_time) {
  if (one.thread == other.thread || by_time) return one.span.end_tick < other.span.begin_tick;
  return other.span.begin[one.thread] >= one.span.end;
}

/// A scene with operations of some type.
template <class Op>
class SceneOf : public Scene {
 public:
  [[nodiscard]] std::size_t size() const final { return operations_[0].size(); }

 protected:
  /// Everything that each thread may do.
  std::vector<std::vector<Op>> operations_;
  std::vector<Played<Op>> played_;  // thread by thread

  [[nodiscard]] const Op& operation(std::size_t index) const { return operations_[0][index]; }
  /// Does it, as this thread.
  virtual void perform(Played<Op>& played) = 0;
  /// The thread is done with one operation, or with all of them.
  virtual void end_operation(const Played<Op>& /*played*/) {}
  virtual void end_program(unsigned /*thread*/) {}
  /// Makes one that comes so late in its thread another one than the same one before.
  virtual void set_apart(Op& op, std::size_t nth) const = 0;

 private:
  void take(const Parts& parts) final {
    planned_.clear();
    firsts_.clear();
    for (unsigned thread = 0; thread < parts.size(); ++thread) {
      firsts_.push_back(planned_.size());
      for (const std::size_t index : parts[thread]) {
        planned_.push_back({operations_[thread][index], thread, {}, false});
        set_apart(planned_.back().op, planned_.size() - 1 - firsts_.back());
      }
    }
    firsts_.push_back(planned_.size());
    played_ = planned_;
  }

  void play(unsigned thread) final {
    for (std::size_t i = firsts_[thread]; i < firsts_[thread + 1]; ++i) {
      Played<Op>& played = played_[i];
      played = planned_[i];
      world.begin_operation();
      try {
        perform(played);
      } catch (const std::bad_alloc&) {
        played.refused = true;
      }
      end_operation(played);
      played.span = world.end_operation();
    }
    end_program(thread);
  }

  std::vector<Played<Op>> planned_;
  std::vector<std::size_t> firsts_;  // of each thread, and one more
};

/// Which scene: 'i' is a map whose values are changed in place, 'w' one with wide values, 's' a canonical
/// set.
struct SceneName {
  char kind = 'i';
  std::size_t shape = 0;
  friend bool operator==(const SceneName&, const SceneName&) = default;
};

/// How many scenes of a kind there are; none of one that there isn't.
std::size_t count_scenes(char kind);
std::unique_ptr<Scene> make_scene(const SceneName& name);

}  // namespace interlox::trie::test::interleave
