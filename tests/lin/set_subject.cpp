// SPDX-License-Identifier: BSD-3-Clause
// trie::CanonicalSet as a subject. Its elements die when the scenario says so, and not for want of
// references: any that was handed out may go. What the set promises then is that of a map in which an element
// stands for its key until it dies: at any moment one at most, which make() and find() agree on.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "tests/lin/subject.hpp"
#include "tests/stress/duel_policy.hpp"
#include "tests/support/weak_std_policy.hpp"
#include "trie/canonical_set.hpp"

namespace interlox::lin {
namespace {

struct Element {
  std::uint64_t key = 0;
  Value number = kNothing;
  /// Its maker, who holds it until it is in the set, no longer does.
  std::atomic<bool> mortal{false};
};

struct ElementTraits {
  [[nodiscard]] std::uint64_t hash(std::uint64_t key, std::uint64_t seed) const noexcept {
    return shape(key, seed);
  }
  [[nodiscard]] std::uint64_t hash(const Element& element, std::uint64_t seed) const noexcept {
    return hash(element.key, seed);
  }
  static bool equal(const Element& stored, std::uint64_t key) noexcept { return stored.key == key; }
  static bool equal(const Element& stored, const Element& other) noexcept { return stored.key == other.key; }
  HashShape shape;
};

struct Policy : trie::duel::JumpyPolicy<test::WeakStdPolicy> {
  explicit Policy(test::WeakWorld& world) : JumpyPolicy<WeakStdPolicy>{WeakStdPolicy(world)} {}
};

class SetSubject final : public Subject {
 public:
  explicit SetSubject(const Scenario& scenario)
      : Subject(scenario), set_(Policy(world_), ElementTraits{scenario.hash}, scenario.seed) {
    for (std::uint8_t i = 0; i < scenario.added; ++i) {
      Element& other = others_[i];
      set_.make(other_key(i), [&](std::uint64_t) { return enter(other, other_key(i), kRestValue); });
      other.mortal = i >= scenario.kept;
    }
    collect();
    // Some of the others have gone for good, some are dead and still there.
    set_.prune((scenario.added - scenario.kept) / 2U);
    for (std::uint8_t key = 0; key < kAsked; ++key) {
      if (scenario.dead[key] == kNothing) continue;
      make(key, scenario.dead[key]);
      collect();
    }
    for (std::uint8_t key = 0; key < kAsked; ++key) {
      if (scenario.initial[key] != kNothing) make(key, scenario.initial[key]);
    }
  }

 private:
  static constexpr std::size_t kMostOthers = 40;
  static constexpr std::size_t kNumbers = 64;

  static Element* enter(Element& element, std::uint64_t key, Value number) noexcept {
    element.key = key;
    element.number = number;
    return &element;
  }
  static Value number_of(const Element* element) noexcept {
    return element == nullptr ? kNothing : element->number;
  }

  /// What make() has given, and whether it was made for it.
  struct Made {
    Value made = kNothing;
    Value got = kNothing;
    bool was_there = false;
  };

  Made make(std::uint64_t key, Value number) {
    Element* made = nullptr;
    Element* const got = set_.make(key, [&](std::uint64_t) {
      expect(made == nullptr, "make() has made an element twice");
      return made = enter(elements_[number], key, number);
    });
    expect(got->key == key, "make() has given an element of another key");
    if (got == made) got->mortal.store(true, std::memory_order_release);
    return {number_of(made), number_of(got), got != made};
  }

  /// Lets die what may, one after the other; calls died(element) for those of the keys that are asked for.
  template <class Died>
  void collect(const Died& died) {
    world_.kill([&](void* target) {
      const auto& element = *static_cast<const Element*>(target);
      if (!element.mortal.load(std::memory_order_acquire)) return false;
      if (element.key < kAsked) died(element);
      return true;
    });
  }
  void collect() {
    collect([](const Element&) {});
  }

  void take(const Step& step, Log& log) override {
    trie::duel::jitter.fail_allocation(step.failing);
    try {
      act(step, log);
    } catch (const std::bad_alloc&) {
      // The set is unchanged, and what was made for it is forgotten.
    }
    trie::duel::jitter.fail_allocation(0);
  }

  void act(const Step& step, Log& log) {
    Operation done;
    done.key = step.key;
    switch (static_cast<SetCall>(step.call)) {
      case SetCall::kMake: {
        const Made made = make(step.key, step.value);
        done.kind = Kind::kMake;
        done.value = made.made;
        done.answer = made.got;
        done.yes = made.was_there;
        return log.add(done);
      }
      case SetCall::kFind:
        return find(step.key, log);
      case SetCall::kCollect:
        done.kind = Kind::kDie;
        done.yes = true;
        return collect([&](const Element& element) {
          done.key = static_cast<std::uint8_t>(element.key);
          done.old = element.number;
          log.add(done);
        });
      case SetCall::kPrune:
        set_.prune(1 + step.key);
        return;
      case SetCall::kForEach:
        walk(log);
        return;
    }
  }

  void find(std::uint8_t key, Log& log) {
    Operation done;
    done.kind = Kind::kFind;
    done.key = key;
    done.answer = number_of(set_.find(std::uint64_t{key}));
    log.add(done);
  }

  /// Returns how many elements were met. The others are alive the whole time.
  std::size_t walk(Log& log) {
    State met{};
    std::size_t others = 0;
    set_.for_each([&](const Element& element) {
      if (element.key >= kAsked) {
        ++others;
        return;
      }
      expect(met[element.key] == kNothing, "a walk has met a key twice");
      met[element.key] = element.number;
    });
    expect(others == scenario().kept,
           "a walk has missed an element that was alive the whole time, or met it twice");
    std::size_t all = others;
    for (std::uint8_t key = 0; key < kAsked; ++key) {
      Operation done;
      done.kind = Kind::kFind;
      done.key = key;
      done.answer = met[key];
      log.add(done);
      all += met[key] == kNothing ? 0 : 1;
    }
    return all;
  }

  void look(Log& log) override {
    for (std::uint8_t key = 0; key < kAsked; ++key) find(key, log);
    const std::size_t alive = walk(log);
    expect(set_.count() == alive, "count() is not the number of elements that are alive");
    set_.prune_all();
    const trie::CanonicalStats stats = set_.stats();
    expect(stats.entries == alive && stats.live == alive && stats.dead == 0,
           "dead entries are left after prune_all()");
    expect(stats.misses == alive + stats.pruned && stats.cleared == stats.pruned,
           "the figures of stats() do not add up");
    expect_order(set_.check());
  }

  std::array<Element, kMostOthers> others_;
  std::array<Element, kNumbers> elements_;
  test::WeakWorld world_;
  trie::CanonicalSet<Element, ElementTraits, Policy> set_;
};

}  // namespace

Species set_on_std() {
  return {"set",
          [](const Scenario& scenario) -> SubjectPointer {
            return {new SetSubject(scenario), [](Subject* subject) { delete subject; }};
          },
          draw_set, [](std::function<void()> body) { return std::jthread(std::move(body)); }};
}

}  // namespace interlox::lin
