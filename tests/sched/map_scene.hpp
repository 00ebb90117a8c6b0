// SPDX-License-Identifier: BSD-3-Clause
// A map in the scheduler's world: its shape, what its threads do, and the judgement of what they did.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "tests/sched/order.hpp"
#include "tests/support/sched/atomic.hpp"
#include "tests/support/sched/world.hpp"
#include "tests/trie/small_maps.hpp"
#include "trie/hash_trie_map.hpp"

namespace interlox::trie::test::interleave {

using interlox::test::sched::world;
using interlox::test::sched::World;

class Boxed;

}  // namespace interlox::trie::test::interleave

// The arena takes what holds no pointers for an entry; boxes are not on its account.
template <>
inline constexpr bool interlox::trie::kMayHoldPointers<interlox::trie::test::interleave::Boxed> = false;

namespace interlox::trie::test::interleave {

/// Atomics of the world, and memory of its arena. Threads park at once.
struct SchedPolicy {
  template <class T>
  using atomic = interlox::test::sched::Atomic<T>;
  static constexpr int kSpins = 0;

  static void* allocate(std::size_t bytes, bool may_hold_pointers) {
    return world.allocate(bytes, may_hold_pointers);
  }
  static void retired(void* node, std::size_t /*bytes*/) noexcept { world.retired(node); }
  static void yield_point() noexcept {}
};

/// A value in place that leads to memory of its own: whoever gets it must see that as its maker left it.
class Boxed {
 public:
  Boxed(int number)  // NOLINT: converts, as an int would
      : box_(::new (world.allocate(sizeof(int), false)) int(number)) {}
  [[nodiscard]] int number() const { return *box_; }
  friend bool operator==(const Boxed& a, const Boxed& b) { return a.number() == b.number(); }

 private:
  const int* box_;
};
inline int to_int(const Boxed& value) { return value.number(); }

/// What threads may do to a map of one shape, whatever its values. One at a time, since there is one world.
class Scene {
 public:
  virtual ~Scene() = default;

  /// Everything that the nth of so many threads may do; for each the same, but for the values.
  [[nodiscard]] const std::vector<Operation>& operations(unsigned thread) const {
    return operations_[thread];
  }

  /// What each thread does from now on, as indexes of its operations.
  using Parts = std::vector<std::vector<std::size_t>>;
  void cast(const Parts& parts);
  [[nodiscard]] const std::vector<World::Program>& programs() const { return programs_; }

  /// What is wrong now that all threads are done, or nothing.
  [[nodiscard]] virtual std::string judge() = 0;
  [[nodiscard]] std::string describe() const;

 protected:
  Scene(const Shape& shape, bool wide);
  virtual void perform(Operation& op) = 0;
  [[nodiscard]] std::string judge_order(const Table& last);

  const Shape shape_;
  const Setting setting_;
  const bool wide_;

 private:
  void play(unsigned thread);

  std::array<std::vector<Operation>, interlox::test::sched::kMostThreads> operations_;
  std::vector<std::vector<Operation>> parts_;
  std::vector<World::Program> programs_;
  std::vector<std::size_t> firsts_;  // of each thread, in `played_`
  std::vector<Played> played_;
};

template <class Value>
class MapScene final : public Scene {
  using Map = HashTrieMap<Key, Value, HashIsKey, SchedPolicy>;
  static constexpr unsigned kMostBits = 6;  // of the root: still one that shrinks

 public:
  explicit MapScene(Shape shape) : Scene(shape, sizeof(Value) > sizeof(void*)) {
    shape.bits = std::min(shape.bits, kMostBits);
    world.clear();
    map_ = ::new (world.allocate(sizeof(Map), true)) Map(HashIsKey{}, kSeed);
    take_shape(*map_, shape);
    world.seal(map_);
  }

  std::string judge() override {
    if (const auto broken = map_->check()) return *broken;
    Operation all{Act::kIterate};
    perform(all);
    if (all.seen_twice) return "a key is in the map twice";
    if (map_->count() != Model{all.seen}.count()) return "count() is not the number of keys";
    if (tree_of(*map_).books().retirements() != world.arena().retirements()) {
      return "the map's count of retired nodes is wrong";
    }
    return judge_order(all.seen);
  }

 private:
  void perform(Operation& op) override { interleave::perform(*map_, op, setting_.keys()); }

  Map* map_;
};

/// A scene of one of shapes(), with values that are changed in place or wide ones.
inline std::unique_ptr<Scene> make_scene(std::size_t shape, bool wide) {
  if (wide) return std::make_unique<MapScene<WideNumber>>(shapes()[shape]);
  return std::make_unique<MapScene<Boxed>>(shapes()[shape]);
}

}  // namespace interlox::trie::test::interleave
