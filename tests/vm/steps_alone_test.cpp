// SPDX-License-Identifier: BSD-3-Clause
// What one thread does while another one is between two of its instructions, whichever two: an element that
// is read or written while the list changes, and a field whose inline cache changes. What threads that merely
// run would meet once in hours is met here each time.
#include <cstddef>
#include <memory>
#include <string>

#include "gc/root.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"
#include "tests/support/single_step.hpp"
#include "vm/frames.hpp"
#include "vm/list.hpp"
#include "vm/operations.hpp"
#include "vm/symbol_table.hpp"
#include "vm/thread.hpp"
#include "vm/vm.hpp"

using namespace interlox;
using test::SingleStep;
using vm::List;
using vm::Value;

namespace {

constexpr std::size_t kLong = 100'000;  // instructions: more than any operation here has

/// Calls attempt(n) for n = 1, 2, ... until it says that there was no nth instruction.
template <class Attempt>
void at_every_instruction(Attempt attempt) {
  std::size_t nth = 1;
  while (attempt(nth)) REQUIRE(++nth < kLong);
  CHECK(nth > 5);
}

Value number(double d) { return Value::number(d); }

// ---- lists ----

constexpr std::size_t kElements = 60;
constexpr double kForeign = 1e6;  // what only the neighbours in memory have

/// A list with elements that say where they belong, and something that happens to it.
struct Change {
  const char* name;
  void (*make)(List& list);
};

constexpr Change kChanges[] = {
    {"clear", [](List& list) { list.clear(); }},
    {"assign",
     [](List& list) {
       const Value few[] = {number(0), number(1)};
       list.assign(few, 2);
     }},
    {"pop",
     [](List& list) {
       while (list.length() > 2) list.pop();
     }},
    {"clear and add",
     [](List& list) {
       list.clear();
       list.add(number(0));
     }},
    {"add",
     [](List& list) {
       for (std::size_t i = kElements; i < 3 * kElements; ++i) list.add(number(static_cast<double>(i)));
     }},
};

List* make_list() {
  List* const list = List::make(kElements);
  for (std::size_t i = 0; i < kElements; ++i) list->add(number(static_cast<double>(i)));
  return list;
}

/// Lists whose cells lie around those of any list that is made meanwhile.
class Neighbours {
 public:
  Neighbours() {
    for (const std::size_t length : {1, 2, 4}) {
      for (int i = 0; i < 200; ++i) lists_.push_back(List::filled(length, number(kForeign)));
    }
  }
  bool are_whole() const {
    for (std::size_t n = 0; n < lists_.size(); ++n) {
      const List* const list = lists_[n];
      for (std::uint32_t i = 0; i < list->length(); ++i) {
        if (list->get(i) != number(kForeign)) return false;
      }
    }
    return true;
  }

 private:
  gc::RootVector<List*> lists_;
};

/// Runs access(list, index) for elements all over a list while it changes, each of these changes at each
/// instruction; is_right(list, index, what access has given) judges what has come of it.
template <class Access, class IsRight>
void race(Access access, IsRight is_right) {
  const vm::ThreadScope scope;
  const Neighbours neighbours;
  for (const Change& change : kChanges) {
    for (std::size_t index = 0; index < kElements; index += 7) {
      INFO(change.name << ", index " << index);
      at_every_instruction([&](std::size_t nth) {
        const gc::Root<List> root(make_list());
        List& list = *root.get();
        SingleStep step(nth, [&] { change.make(list); });
        SingleStep::begin();
        const auto got = access(list, index);
        SingleStep::end();
        REQUIRE(is_right(list, index, got));
        return step.has_interrupted();
      });
    }
    REQUIRE(neighbours.are_whole());
  }
}

// ---- fields ----

// The same name in another place of each, with something at its place in the other one.
constexpr const char* kClasses = R"(
class A { init() { this.x = "A.x"; this.p = "A.p"; this.q = "A.q"; } }
class B { init() { this.p = "B.p"; this.q = "B.q"; this.x = "B.x"; } }
)";

/// Two threads at one instruction that accesses the field x, of objects of their own. The other one's is a
/// Thread for it alone, so that its work can be done in a signal handler on this one.
class Fields {
 public:
  Fields() { REQUIRE(machine_.run(kClasses).error == ""); }

  // As the instructions do it.
  static Value read(vm::Thread& thread, Value object, vm::Cache& cache) {
    const Value v = vm::cached_field(object, cache);
    return v.is_absent() ? vm::get_field_operation(thread, object, cache).value : v;
  }
  static void write(vm::Thread& thread, Value object, vm::Cache& cache, Value v) {
    if (!vm::set_cached_field(object, cache, v)) vm::set_field_operation(thread, object, cache, v);
  }

  /// Runs access(thread, object, cache, x) on an object of each class, with a cache that knows none or one of
  /// them, while the other thread reads and writes an object of a class that the cache doesn't know.
  template <class Access>
  void race(Access access) {
    for (const char* const mine : {"A", "B"}) {
      race(mine, nullptr, "A", access);
      race(mine, nullptr, "B", access);
      race(mine, "A", "B", access);
      race(mine, "B", "A", access);
    }
  }

 private:
  Value make(const char* klass) {
    const vm::Result made = machine_.eval(std::string(klass) + "()");
    REQUIRE(made.error == "");
    return made.value;
  }
  Value field(Value object, const char* name) {
    vm::Cache cache;
    cache.name = vm::intern(name);
    return read(thread_, object, cache);
  }
  bool is_whole(Value object, const std::string& klass) {
    const auto has = [&](const char* name) {
      return vm::as<vm::String>(field(object, name))->view() == klass + "." + name;
    };
    return has("x") && has("p") && has("q");
  }

  template <class Access>
  void race(const char* mine, const char* known, const char* theirs, Access access) {
    INFO(mine << ", known " << (known == nullptr ? "none" : known) << ", theirs " << theirs);
    at_every_instruction([&](std::size_t nth) {
      vm::Cache cache;
      cache.name = vm::intern("x");
      if (known != nullptr) read(thread_, make(known), cache);
      const Value object = make(mine);
      const Value their_object = make(theirs);
      const Value x = field(object, "x");
      const Value their_x = field(their_object, "x");
      bool is_right = true;
      SingleStep step(nth, [&] {
        for (int i = 0; i < 2000; ++i) {  // a full cache is replaced now and then only
          is_right = is_right && read(*other_, their_object, cache) == their_x;
          write(*other_, their_object, cache, their_x);
        }
      });
      SingleStep::begin();
      const Value got = access(thread_, object, cache, x);
      SingleStep::end();
      REQUIRE(is_right);
      REQUIRE(got == x);
      REQUIRE(read(*other_, their_object, cache) == their_x);
      REQUIRE(read(*other_, object, cache) == x);
      REQUIRE((is_whole(object, mine) && is_whole(their_object, theirs)));
      return step.has_interrupted();
    });
  }

  vm::ThreadScope scope_;
  vm::Thread& thread_ = vm::Thread::current();
  std::unique_ptr<vm::Thread> other_ = vm::Thread::make(thread_.shared_output());
  vm::VM machine_;
};

}  // namespace

TEST_CASE(
    "an element read while the list changes between any two instructions is one of its own, or absent") {
  race([](const List& list, std::size_t index) { return list.get(index); },
       [](const List&, std::size_t index, Value got) {
         return got.is_absent() || got == number(static_cast<double>(index));
       });
}

TEST_CASE("an element written while the list changes between any two instructions is in it, or nowhere") {
  race([](List& list, std::size_t index) { return list.set(index, number(-1)); },
       [](const List& list, std::size_t index, bool) {
         for (std::uint32_t i = 0; i < list.length(); ++i) {
           const Value v = list.get(i);
           if (v != number(i) && (i != index || v != number(-1))) return false;
         }
         return true;
       });
}

TEST_CASE(
    "a field read while its inline cache changes between any two instructions is the one that was named") {
  Fields().race([](vm::Thread& thread, Value object, vm::Cache& cache, Value) {
    return Fields::read(thread, object, cache);
  });
}

TEST_CASE(
    "a field written while its inline cache changes between any two instructions is the one that was named") {
  Fields().race([](vm::Thread& thread, Value object, vm::Cache& cache, Value x) {
    Fields::write(thread, object, cache, x);
    return x;
  });
}
