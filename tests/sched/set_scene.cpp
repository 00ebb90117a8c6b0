// SPDX-License-Identifier: BSD-3-Clause
// The shapes of sets, what threads do to one, and the judgement of what they did.
#include "tests/sched/set_scene.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <new>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

#include "tests/sched/collector.hpp"
#include "trie/canonical_set.hpp"

namespace interlox::trie::test::interleave {
namespace {

/// Keys of small_maps.hpp; elements have theirs. Of a dead element nothing may be asked.
struct ElementKeys {
  static std::uint64_t hash(Key key, std::uint64_t seed) noexcept { return HashIsKey::hash(key, seed); }
  static std::uint64_t hash(const Element& element, std::uint64_t seed) noexcept {
    return hash(element.key, seed);
  }
  static bool equal(const Element& element, Key key) {
    if (!element.is_alive()) world.fail("a dead element is compared");
    return element.key == key;
  }
  static bool equal(const Element& a, const Element& b) { return equal(a, b.key); }
};

using Set = CanonicalSet<Element, ElementKeys, WeakSchedPolicy>;
using Tree = detail::Tree<WeakCell, std::monostate, detail::CellKeys<Element, ElementKeys, WeakSchedPolicy>,
                          WeakSchedPolicy>;

// The tree inside of a set, as in small_maps.hpp.
Tree& tree_of(Set& set) {
  static_assert(std::is_standard_layout_v<Set>);
  auto& tree = reinterpret_cast<Tree&>(set);
  assert(&tree.policy() == &set.policy());
  return tree;
}

// A small set, and the keys that operations are about.
struct SetShape {
  const char* name;
  std::vector<Key> made;    // in this order
  unsigned bits;            // then the root is made this large
  std::vector<Key> pruned;  // then these die, and are removed
  std::vector<Key> dead;    // then these die
  std::array<Key, 3> played;
};

const std::vector<SetShape>& set_shapes() {
  constexpr Key kFirst = key_of(0x1000);
  constexpr Key kSecond = key_of(0x1800, 0x55);
  constexpr Key kTwin = key_of(0x1000, 0x80, 1);
  constexpr Key kThird = key_of(0x1000, 0x80, 2);
  constexpr Key kFar = key_of(0x9000);
  const auto full = spaced(0x0400, 0x400);
  const auto eight = spaced(0x0200, 0x400, 8);
  static const std::vector<SetShape> all{
      {"nothing", {}, 3, {}, {}, {kFirst, kTwin, kSecond}},
      {"a live element", {kFirst}, 3, {}, {}, {kFirst, kTwin, kSecond}},
      {"a dead entry", {kFirst}, 3, {}, {kFirst}, {kFirst, kTwin, kSecond}},
      {"a leaf of two, one of them dead", {kFirst, kSecond}, 3, {}, {kFirst}, {kFirst, kSecond, kTwin}},
      {"a leaf of the dead", {kFirst, kSecond}, 4, {}, {kFirst, kSecond}, {kFirst, kSecond, kTwin}},
      {"a chain of a dead one and a live one", {kFirst, kTwin}, 3, {}, {kFirst}, {kFirst, kTwin, kThird}},
      {"a chain of the dead", {kFirst, kTwin}, 3, {}, {kFirst, kTwin}, {kFirst, kTwin, kSecond}},
      {"a full leaf", full, 3, {}, {}, {full[1], key_of(0x1F00), key_of(0x0100)}},
      {"a full leaf with a dead entry", full, 3, {}, {full[1]}, {full[1], key_of(0x1F00), full[4]}},
      {"a full leaf in two slots, with a dead entry",
       full,
       4,
       {},
       {full[4]},
       {full[4], key_of(0x1F00), full[1]}},
      {"a branch over two leaves that pruning merges",
       eight,
       3,
       {eight[0], eight[4], eight[5]},
       {eight[1]},
       {eight[1], eight[6], key_of(0x0100)}},
      {"a root that pruning shrinks",
       {kFirst, key_of(0x0800), key_of(0x5000), kFar},
       5,
       {},
       {kFirst},
       {kFirst, kFar, key_of(0x2000)}},
      {"a root that one more grows, with a dead entry",
       {kFirst, key_of(0x3000), key_of(0x5000), kFar},
       3,
       {},
       {kFirst},
       {kFirst, kSecond, key_of(0xB000)}},
  };
  return all;
}

enum class SetAct { kFind, kMake, kDie, kPrune };

struct SetOperation {
  SetAct act = SetAct::kFind;
  Key key = 0;

  // What it did.
  Element* got = nullptr;
  bool made = false;  // that element
};

/// Judges each answer when it is given, by the elements, which remember what was given and who has died; and
/// the set, its figures and what find() has missed when all threads are done.
class SetScene final : public SceneOf<SetOperation> {
 public:
  explicit SetScene(const SetShape& shape) : shape_(shape) {
    std::vector<SetOperation> all;
    for (const Key key : shape.played) {
      for (const SetAct act : {SetAct::kFind, SetAct::kMake, SetAct::kDie}) all.push_back({act, key});
    }
    all.push_back({SetAct::kPrune});
    operations_.assign(interlox::test::sched::kMostThreads, all);
    world.clear();
    collector = collector_ = ::new (world.allocate(sizeof(Collector), false)) Collector();
    set_ = ::new (world.allocate(sizeof(Set), true)) Set(WeakSchedPolicy{}, ElementKeys{}, kSeed);
    for (const Key key : shape.made) make(key)->given = true;
    while (tree_of(*set_).root()->bits() < shape.bits) {
      detail::Maintenance(tree_of(*set_)).grow(tree_of(*set_).root());
    }
    for (const Key key : shape.pruned) collector_->collect(key, Element::kBefore);
    set_->prune_all();
    for (const Key key : shape.dead) collector_->collect(key, Element::kBefore);
    world.seal(set_);
  }

  [[nodiscard]] bool only_reads(std::size_t operation) const override {
    return this->operation(operation).act == SetAct::kFind;
  }
  [[nodiscard]] bool is_in(Choice choice, std::size_t operation) const override {
    const SetOperation& op = this->operation(operation);
    return choice == Choice::kAll || op.act == SetAct::kPrune || op.key != shape_.played[2];
  }
  [[nodiscard]] bool is_elsewhere(const Parts& /*parts*/) const override { return false; }

  std::string judge() override {
    if (const auto broken = set_->check()) return *broken;
    if (std::string wrong = judge_contents(); !wrong.empty()) return wrong;
    if (std::string wrong = judge_figures(); !wrong.empty()) return wrong;
    return judge_misses();
  }

  [[nodiscard]] std::string describe() const override;

 private:
  Element* make(Key key) {
    return set_->make(key, [&](std::uint64_t /*hash*/) { return collector_->make(key); });
  }

  void set_apart(SetOperation& /*op*/, std::size_t /*nth*/) const override {}
  void perform(Played<SetOperation>& played) override;
  void end_operation(const Played<SetOperation>& played) override {
    collector_->keep(played.thread, played.op.got);
  }
  void end_program(unsigned thread) override { collector_->drop_all(thread); }
  void give(SetOperation& op) const;

  /// The elements whose entries are in the set. Nothing on the heap: the execution may end in the midst of
  /// it.
  [[nodiscard]] Collector::Elements linked() const;
  [[nodiscard]] std::string judge_contents();
  [[nodiscard]] std::string judge_figures();
  [[nodiscard]] std::string judge_misses() const;
  /// Whether it had died when the operation ended.
  [[nodiscard]] bool died_until_end(const Element& element, const Played<SetOperation>& played) const {
    if (element.killer < 0) return element.killer == Element::kBefore;
    return played_[static_cast<std::size_t>(element.killer)].span.end_tick < played.span.end_tick;
  }

  const SetShape& shape_;
  Collector* collector_;
  Set* set_;
};

void SetScene::perform(Played<SetOperation>& played) {
  SetOperation& op = played.op;
  switch (op.act) {
    case SetAct::kFind:
      op.got = set_->find(op.key);
      break;
    case SetAct::kMake: {
      const Element* fresh = nullptr;
      op.got = set_->make(op.key, [&](std::uint64_t /*hash*/) {
        Element* const element = collector_->make(op.key);
        fresh = element;
        return element;
      });
      op.made = op.got == fresh;
      world.expect(op.got != nullptr, "make() returns nothing");
      break;
    }
    case SetAct::kDie:
      collector_->collect(op.key, static_cast<int>(&played - played_.data()));
      break;
    case SetAct::kPrune: {
      const auto dead = collector_->dead();
      set_->prune_all();
      world.expect((dead & linked()) == 0, "prune_all() has left a dead entry");
      break;
    }
  }
  if (op.got != nullptr) give(op);
}

// I1: as long as one lives that was given to somebody, no other one of its key is.
void SetScene::give(SetOperation& op) const {
  world.expect(op.got->is_alive(), "a dead element is returned");
  world.expect(op.got->key == op.key, "an element of another key is returned");
  for (const auto& [cell, other] : collector_->rows()) {
    world.expect(other == op.got || other->key != op.key || !other->given || !other->is_alive(),
                 "there are two live elements of one key");
  }
  op.got->given = true;
}

Collector::Elements SetScene::linked() const {
  Collector::Elements linked = 0;
  detail::HashCursor<Tree, detail::ElementView<Element, WeakCell>, std::monostate> at(tree_of(*set_));
  while (const auto item = at.next()) {
    for (const auto& [cell, element] : collector_->rows()) {
      if (cell == item->key.cell) linked |= Collector::bit(*element);
    }
  }
  return linked;
}

// I1: of the elements that were given, those that live are in the set, and no others.
std::string SetScene::judge_contents() {
  const Collector::Elements linked = this->linked();
  for (const auto& [cell, element] : collector_->rows()) {
    const bool is_linked = (linked & Collector::bit(*element)) != 0;
    if (element->is_alive() && element->given != is_linked) {
      return is_linked ? "an element is in the set that nobody was given" : "a live element has left the set";
    }
  }
  return {};
}

std::string SetScene::judge_figures() {
  const CanonicalStats stats = set_->stats();
  std::size_t live = 0;
  set_->for_each([&](const Element& /*element*/) { ++live; });
  std::size_t misses = shape_.made.size();
  std::size_t hits = 0;
  for (const auto& [op, thread, span, refused] : played_) {
    if (refused && op.act != SetAct::kMake) return "an operation throws that needs no memory";
    if (op.act == SetAct::kMake && !refused) ++(op.made ? misses : hits);
  }
  if (set_->count() != live || stats.live != live) return "the count of live elements is wrong";
  if (stats.dead != stats.entries - live) return "the count of dead entries is wrong";
  if (stats.misses != misses || stats.hits != hits) return "hits and misses are counted wrong";
  if (stats.misses != stats.live + stats.dead + stats.pruned) return "the figures don't add up";
  if (stats.pruned != world.arena().retired_entries()) return "pruned entries are counted wrong";
  if (stats.retired != world.arena().retirements()) return "the set's count of retired nodes is wrong";
  return {};
}

// find() may return null only if there was a moment without a live element of the key: not if one was there
// from before it began, as far as its thread must know, until it had ended.
std::string SetScene::judge_misses() const {
  const bool by_time = !world.read_old_values();
  for (const auto& [cell, element] : collector_->rows()) {
    for (const Played<SetOperation>& played : played_) {
      if (played.op.act != SetAct::kFind || played.op.got != nullptr || played.op.key != element->key)
        continue;
      if (died_until_end(*element, played)) continue;
      const bool was_there =
          element->number < shape_.made.size() ||
          std::any_of(played_.begin(), played_.end(), [&, it = element](const Played<SetOperation>& giver) {
            return giver.op.got == it && precedes(giver, played, by_time);
          });
      if (was_there) return "find() has missed a live element";
    }
  }
  return {};
}

std::string SetScene::describe() const {
  static constexpr std::array kNames{"find", "make", "die", "prune_all"};
  std::ostringstream text;
  text << "a set: " << shape_.name << "\n";
  for (const auto& [op, thread, span, refused] : played_) {
    text << "  thread " << thread << ": " << kNames[static_cast<std::size_t>(op.act)];
    if (op.act != SetAct::kPrune) text << " 0x" << std::hex << op.key << std::dec;
    if (op.got != nullptr) text << " -> element " << op.got->number << (op.made ? ", made" : "");
    text << (refused ? ", refused its memory" : "") << "\n";
  }
  return text.str();
}

}  // namespace

std::size_t count_set_scenes() { return set_shapes().size(); }

std::unique_ptr<Scene> make_set_scene(std::size_t shape) {
  return std::make_unique<SetScene>(set_shapes()[shape]);
}

}  // namespace interlox::trie::test::interleave
