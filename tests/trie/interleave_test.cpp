// SPDX-License-Identifier: BSD-3-Clause
// Every way in which one operation on a map can be preempted once by another, and a sample of the ways in
// which three can preempt one another: the answers, the contents, and what became of each node must be those
// of some order of the operations.
#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/trie/interleave_scene.hpp"
#include "tests/trie/moments.hpp"

using namespace interlox::trie::test;
using namespace interlox::trie::test::interleave;

namespace {

constexpr int kMine = 100;
constexpr int kTheirs = 200;
constexpr std::size_t kLong = 2000;  // accesses: longer than any operation that does not wait

// Lets the actors go on in turn until none can. Returns whether all are done.
bool finish(std::span<Actor* const> actors) {
  for (std::size_t round = 0; round < actors.size(); ++round) {
    for (Actor* const actor : actors) actor->finish();
  }
  return std::all_of(actors.begin(), actors.end(),
                     [](Actor* actor) { return actor->finish() == State::kDone; });
}

// Lets one of the actors go on. Returns whether one could.
bool help(std::span<Actor* const> actors) {
  for (Actor* const actor : actors) {
    if (actor->can_go_on()) {
      actor->step(kLong);
      return true;
    }
  }
  return false;
}

// Runs a program on this thread and, before its nth access, another one on the other thread, for as long as
// that can go on. Returns whether there was an nth access.
template <class Value>
bool preempt(Scene<Value>& scene, Actor& other, const Program& mine, const Program& theirs, std::size_t nth) {
  scene.set_up({mine, theirs});
  Actor* const actors[] = {&other};
  Interrupted thread(
      nth,
      [&] {
        scene.look();
        other.start([&] { scene.perform(1); });
        other.step(kLong);
        scene.look();
      },
      [&] { return help(actors); });
  if (!thread.run([&] { scene.perform(0); })) return false;
  if (!finish(actors)) give_up("a thread waits for ever");
  return true;
}

// All preemptions of one program by another, one at a time. A `stride` above 1 takes every stride-th, from
// another first one for each pair of programs.
class Exploration {
 public:
  explicit Exploration(std::size_t stride) : stride_(stride) {}

  // Returns what is wrong and when; empty if nothing is.
  template <class Value>
  std::string run(Scene<Value>& scene, const Program& mine, const Program& theirs) {
    for (std::size_t nth = 1 + ++pairs_ % stride_;; nth += stride_) {
      const Schedule schedule(
          [&] { return "before access " + std::to_string(nth) + " of thread 0; " + scene.describe(); });
      if (!preempt(scene, other_, mine, theirs, nth)) return {};
      ++schedules_;
      if (const std::string fault = scene.fault(); !fault.empty()) return fault + "\n" + schedule.text();
    }
  }

  [[nodiscard]] std::size_t schedules() const { return schedules_; }

 private:
  const std::size_t stride_;
  std::size_t pairs_ = 0;
  std::size_t schedules_ = 0;
  CrashReport crash_report_;
  Actor other_;
};

// Programs of two steps: they change a key and change it back, or see it in two ways.
std::vector<Program> two_steps(const std::vector<Operation>& all) {
  std::vector<Program> programs;
  const auto changes = [](Act act) {
    return act == Act::kStore || act == Act::kSwap || act == Act::kLoadAndDelete || act == Act::kClear;
  };
  for (const Operation& one : all) {
    for (const Operation& two : all) {
      const bool both =
          (changes(one.act) && changes(two.act)) || (only_reads(one.act) && only_reads(two.act));
      if (both && one.act != two.act) programs.push_back({one, two});
    }
  }
  return programs;
}

// Whether an operation may change more than a leaf: those are what three threads can confuse.
template <class Value>
bool reshapes(const Scene<Value>& scene, const Operation& op) {
  return op.act >= Act::kClear ||
         (op.act == Act::kLoadOrStore && scene.setting().first_value(op.key) == kAbsent);
}

}  // namespace

TEST_CASE("the shapes are what they are called") {
  for (const Shape& shape : shapes()) {
    CAPTURE(shape.name);
    Scene<int> scene(shape);
    scene.set_up({});
    REQUIRE(scene.nodes() == shape.nodes);
    REQUIRE(scene.fault().empty());
  }
}

TEMPLATE_TEST_CASE("an operation that is preempted anywhere by another one is atomic, and so is the other",
                   "", int, WideNumber) {
  Exploration exploration(kScale);
  for (const Shape& shape : shapes()) {
    Scene<TestType> scene(shape);
    for (const Operation& mine : operations(scene.setting(), shape, kMine, kTheirs)) {
      for (const Operation& theirs : operations(scene.setting(), shape, kTheirs, kMine)) {
        if (only_reads(mine.act) && only_reads(theirs.act)) continue;
        if (const auto fault = exploration.run(scene, {mine}, {theirs}); !fault.empty()) FAIL(fault);
      }
    }
  }
  REQUIRE(exploration.schedules() > 100'000 / kScale);
}

TEMPLATE_TEST_CASE("an operation that is preempted anywhere by two others, one after the other, is atomic",
                   "", int, WideNumber) {
  Exploration exploration(8 * kScale);
  for (const Shape& shape : shapes()) {
    Scene<TestType> scene(shape);
    const auto programs = two_steps(operations(scene.setting(), shape, kTheirs, kMine));
    for (const Operation& mine : operations(scene.setting(), shape, kMine, kTheirs)) {
      for (const Program& theirs : programs) {
        if (only_reads(mine.act) && only_reads(theirs[0].act)) continue;
        if (const auto fault = exploration.run(scene, {mine}, theirs); !fault.empty()) FAIL(fault);
      }
    }
  }
  REQUIRE(exploration.schedules() > 20'000 / kScale);
}

// The second is stopped somewhere too, where the third runs for as long as that can go on; then any goes on
// first.
TEMPLATE_TEST_CASE("of three operations that preempt one another each is atomic", "", int, WideNumber) {
  const CrashReport crash_report;
  Random random(kSeed);
  Actor second;
  Actor third;
  std::size_t schedules = 0;
  const auto explore = [&](Scene<TestType>& scene, const Program& mine, const Program& theirs,
                           const Program& others, std::size_t nth) {
    const std::size_t mth = random.below(40);
    const bool second_goes_on = random.below(2) == 0;
    std::array<Actor*, 2> actors{&second, &third};
    if (random.below(2) == 0) std::swap(actors[0], actors[1]);
    const Schedule schedule([&] {
      std::ostringstream text;
      text << "thread 1 before access " << nth << " of thread 0; thread 2 when thread 1 has made " << mth
           << " accesses; then " << (second_goes_on ? "thread 1" : "thread 0") << "; " << scene.describe();
      return text.str();
    });
    scene.set_up({mine, theirs, others});
    Interrupted thread(
        nth,
        [&] {
          second.start([&] { scene.perform(1); });
          second.step(mth);
          scene.look();
          third.start([&] { scene.perform(2); });
          third.step(kLong);
          scene.look();
          if (second_goes_on) second.step(kLong);
        },
        [&] { return help(actors); });
    if (!thread.run([&] { scene.perform(0); })) return false;
    if (!finish(actors)) give_up("a thread waits for ever");
    if (const std::string fault = scene.fault(); !fault.empty()) FAIL(fault + "\n" + schedule.text());
    ++schedules;
    return true;
  };
  constexpr std::size_t kStride = 16 * kScale;
  for (const Shape& shape : shapes()) {
    Scene<TestType> scene(shape);
    for (const Operation& mine : operations(scene.setting(), shape, kMine, kTheirs)) {
      for (const Operation& theirs : operations(scene.setting(), shape, kTheirs, 2 * kTheirs)) {
        for (const Operation& others : operations(scene.setting(), shape, 2 * kTheirs, kMine)) {
          if (!reshapes(scene, theirs) || !reshapes(scene, others)) continue;
          for (std::size_t nth = 1 + random.below(kStride);
               explore(scene, {mine}, {theirs}, {others}, nth);) {
            nth += kStride;
          }
        }
      }
    }
  }
  REQUIRE(schedules > 5'000 / kScale);
}
