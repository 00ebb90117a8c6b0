// SPDX-License-Identifier: BSD-3-Clause
// A map in the scheduler's world: its shape, what threads do to it, and the judgement of what they did.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <string>

#include "tests/sched/order.hpp"
#include "tests/sched/scene.hpp"
#include "tests/sched/sched_policy.hpp"
#include "tests/trie/small_maps.hpp"
#include "trie/hash_trie_map.hpp"

namespace interlox::trie::test::interleave {

class Boxed;

}  // namespace interlox::trie::test::interleave

// The arena takes what holds no pointers for an entry; boxes are not on its account.
template <>
inline constexpr bool interlox::trie::kMayHoldPointers<interlox::trie::test::interleave::Boxed> = false;

namespace interlox::trie::test::interleave {

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

/// What threads may do to a map of one shape, whatever its values.
class MapSceneBase : public SceneOf<Operation> {
 public:
  [[nodiscard]] bool only_reads(std::size_t operation) const final;
  [[nodiscard]] bool is_in(Choice choice, std::size_t operation) const final;
  /// A wide value is an entry's for good, and a value in place is one more thing that a load finds in an
  /// entry. So where no thread gives a key another value, the wide ones have no execution that the others
  /// don't have.
  [[nodiscard]] bool is_elsewhere(const Parts& parts) const final;
  [[nodiscard]] std::string describe() const final;

 protected:
  MapSceneBase(const Shape& shape, bool wide);
  void set_apart(Operation& op, std::size_t nth) const final { op.value += 30 * static_cast<int>(nth); }
  [[nodiscard]] std::string judge_refusals() const;
  [[nodiscard]] std::string judge_computations() const;
  [[nodiscard]] std::string judge_order(const Table& last);

  const Shape shape_;
  const Setting setting_;
  const bool wide_;
};

template <class Value>
class MapScene final : public MapSceneBase {
  using Map = HashTrieMap<Key, Value, HashIsKey, SchedPolicy>;
  static constexpr unsigned kMostBits = 6;  // of the root: still one that shrinks

 public:
  explicit MapScene(Shape shape) : MapSceneBase(shape, sizeof(Value) > sizeof(void*)) {
    shape.bits = std::min(shape.bits, kMostBits);
    world.clear();
    map_ = ::new (world.allocate(sizeof(Map), true)) Map(HashIsKey{}, kSeed);
    take_shape(*map_, shape);
    world.seal(map_);
  }

  std::string judge() override {
    if (const auto broken = map_->check()) return *broken;
    Operation all{Act::kIterate};
    interleave::perform(*map_, all, setting_.keys());
    if (all.seen_twice) return "a key is in the map twice";
    if (map_->count() != Model{all.seen}.count()) return "count() is not the number of keys";
    if (map_->stats().retired != world.arena().retirements()) {
      return "the map's count of retired nodes is wrong";
    }
    if (std::string wrong = judge_refusals(); !wrong.empty()) return wrong;
    if (std::string wrong = judge_computations(); !wrong.empty()) return wrong;
    return judge_order(all.seen);
  }

 private:
  void perform(Played<Operation>& played) override { interleave::perform(*map_, played.op, setting_.keys()); }

  Map* map_;
};

/// A scene of one of shapes(), with values that are changed in place or wide ones.
inline std::unique_ptr<Scene> make_map_scene(std::size_t shape, bool wide) {
  if (wide) return std::make_unique<MapScene<WideNumber>>(shapes()[shape]);
  return std::make_unique<MapScene<Boxed>>(shapes()[shape]);
}

}  // namespace interlox::trie::test::interleave
