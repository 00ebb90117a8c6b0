// SPDX-License-Identifier: BSD-3-Clause
// Interlox inside a program of your own. This header is all that such a program includes; docs/embedding.md
// walks through one.
//
// Rules for all that is here
//   - A thread that uses an Interpreter, or makes or changes values, holds a ThreadScope. A thread that makes
//     an Interpreter has one from then on. Copying, comparing and destroying values, asking for their types,
//     and reading numbers, booleans and strings needs none.
//   - What a program does wrong comes back as a Result. What the host does wrong throws Misuse, which names
//     the function; anything may throw std::bad_alloc.
//   - Any number of threads may use one Interpreter, or values of it, at once; a single Value or Result
//     object is to be changed by one thread at a time, like an int. All interpreters of a process share one
//     heap, so a value may go from one to the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "vm/embed/value.hpp"

namespace interlox {

/// How many arguments something takes.
struct Arity {
  /// As `max`: there is no most.
  static constexpr std::uint32_t kUnlimited = 0xffffffff;
  std::uint32_t min;  ///< at least so many
  std::uint32_t max;  ///< at most so many

  /// Exactly so many.
  constexpr Arity(std::uint32_t count) noexcept : min(count), max(count) {}
  /// From the one to the other, both included.
  constexpr Arity(std::uint32_t least, std::uint32_t most) noexcept : min(least), max(most) {}
  /// However many.
  static constexpr Arity any() noexcept { return {0, kUnlimited}; }
};

/// A function of the host. An exception that leaves it becomes an error of the program, whose message is
/// what().
using Function = std::function<Value(Arguments)>;

namespace embed {

/// Whether there is nothing to call.
template <class F>
bool is_empty(const F& f) noexcept {
  if constexpr (std::is_pointer_v<F>) {
    return f == nullptr;
  } else {
    return false;
  }
}
template <class Signature>
bool is_empty(const std::function<Signature>& f) noexcept {
  return f == nullptr;
}

/// What `f` returns; nil if it returns nothing.
template <class F, class... A>
Value call_for_value(F& f, A&&... arguments) {
  if constexpr (std::is_void_v<std::invoke_result_t<F&, A...>>) {
    std::invoke(f, std::forward<A>(arguments)...);
    return {};
  } else {
    return std::invoke(f, std::forward<A>(arguments)...);
  }
}

/// A Class without its type.
struct ClassPlan {
  struct Member {
    std::string name;
    bool is_property;
    std::uint32_t arity;
    std::function<Value(void*, Arguments)> run;
  };
  std::string name;
  const std::type_info* type;
  std::uint32_t arity;
  std::function<std::shared_ptr<void>(Arguments)> make;
  std::vector<Member> members;
};

}  // namespace embed

/// What Interpreter::define() makes a class of the language of: its instances have a T of the host behind
/// them. Classes of a program may inherit from it (their init() is to call super.init()). The functions may
/// run on any thread that the program starts, and many at once; a T lives until its instance has been
/// collected and nobody else holds it, and is then destroyed on a thread of the library's.
template <class T>
class Class {
 public:
  /// A class of that name, without members yet.
  explicit Class(std::string name) : plan_{std::move(name), &typeid(T), 0, nullptr, {}} {}

  /// make(Arguments), with `arity` of them, gives the std::shared_ptr<T> of a new instance. Without a
  /// constructor, only the host makes instances (Interpreter::wrap).
  template <class Make>
  Class& constructor(std::uint32_t arity, Make make) {
    plan_.arity = arity;
    plan_.make = [make](Arguments arguments) -> std::shared_ptr<void> {
      std::shared_ptr<T> made = make(arguments);
      return made;
    };
    return *this;
  }
  /// run(T&, Arguments), with `arity` of them: what may become a Value, or nothing.
  template <class Run>
  Class& method(std::string name, std::uint32_t arity, Run run) {
    plan_.members.push_back({std::move(name), false, arity, [run](void* self, Arguments arguments) mutable {
                               return embed::call_for_value(run, *static_cast<T*>(self), arguments);
                             }});
    return *this;
  }
  /// read(T&): what a program reads under the name.
  template <class Read>
  Class& property(std::string name, Read read) {
    plan_.members.push_back({std::move(name), true, 0, [read](void* self, Arguments) mutable {
                               return embed::call_for_value(read, *static_cast<T*>(self));
                             }});
    return *this;
  }

 private:
  friend class Interpreter;
  embed::ClassPlan plan_;
};

/// Who starts the collector, bdwgc, which a process has one of.
enum class Collector : std::uint8_t {
  initialize,  ///< the first Interpreter, which is then to be made on the main thread
  /// The host: it has called GC_set_all_interior_pointers(0), then GC_INIT() and, if it has threads of its
  /// own there, GC_allow_register_threads(). The library replaces GC_set_oom_fn's function by one that gives
  /// null.
  already_initialized,
};

/// What an Interpreter is told when it is made.
struct Options {
  Collector collector = Collector::initialize;  ///< counts for the first Interpreter, as do the next two
  std::size_t initial_heap = 32u << 20;         ///< bytes
  std::size_t max_heap = 0;                     ///< bytes; 0: no limit
  /// Whether the process ends with exit code 70, after a report on standard error, when all threads that
  /// programs have started or that have a ThreadScope wait for each other for ever. To be turned off
  /// where a thread without one may still wake them. What the latest Interpreter says counts.
  bool detect_deadlocks = true;
  /// Gets what programs print, whole lines mostly, one call at a time; must not throw. Empty: standard
  /// output.
  std::function<void(std::string_view)> output = {};
  /// Gets errors that reach nobody else, such as those of onCollect(), without a newline. Empty: standard
  /// error.
  std::function<void(std::string_view)> report = {};
};

/// Makes the calling thread one that may use interpreters and values, for as long as the scope lives, which
/// is on this thread. Scopes nest. The constructor throws Misuse if there has been no Interpreter yet, and
/// std::system_error if there is no memory for the thread's stacks.
class ThreadScope {
 public:
  ThreadScope();
  ~ThreadScope();
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A virtual machine with the standard library and globals of its own. The members throw Misuse on a thread
/// without a scope.
class Interpreter {
 public:
  /// Throws Misuse if `options` does not fit how the process uses the collector.
  explicit Interpreter(Options options = {});
  /// On any thread. Threads that its programs have started may go on, and its values live on.
  ~Interpreter();
  /// What was moved from may only be destroyed or assigned to; its members throw Misuse.
  ///@{
  Interpreter(Interpreter&&) noexcept;
  Interpreter& operator=(Interpreter&&) noexcept;
  ///@}

  /// Compiles `source` and runs it: nil. `name` is the file's, for errors and to look imports up from.
  /// Globals stay from one call to the next, also after an error.
  Result run(std::string_view source, std::string_view name = {});
  /// The same with what is in a file; Status::unreadable if it can't be read.
  Result run_file(const std::string& path);
  /// The value of one expression.
  Result eval(std::string_view expression);
  /// Calls a function, a method or a class, and gives what it returns.
  ///@{
  Result call(const Value& callee, Arguments arguments = {});
  Result call(const Value& callee, std::initializer_list<Value> arguments) {
    return call(callee, Arguments(arguments.begin(), arguments.size()));
  }
  ///@}
  /// Calls the global or builtin of that name; that there is none is an error of the program.
  ///@{
  Result call_global(std::string_view name, Arguments arguments = {});
  Result call_global(std::string_view name, std::initializer_list<Value> arguments) {
    return call_global(name, Arguments(arguments.begin(), arguments.size()));
  }
  ///@}

  /// The value of a global or builtin; nothing if it is not defined.
  std::optional<Value> global(std::string_view name) const;
  /// Gives a global its value, defined before or not. Imported modules do not see it.
  void set_global(std::string_view name, const Value& value);

  /// `f` as a value of the language. It is kept as long as that is, and destroyed as a Class's T is; it may
  /// run on any thread that the program starts. f(Arguments) returns what may become a Value, or nothing.
  /// `name` is for errors. Throws Misuse if `f` is an empty std::function.
  template <class F>
  Value function(std::string_view name, Arity arity, F f) {
    if (embed::is_empty(f)) return make_function(name, arity, nullptr);
    return make_function(name, arity,
                         [f](Arguments arguments) mutable { return embed::call_for_value(f, arguments); });
  }
  /// Makes it a global that imported modules see, too.
  template <class F>
  void define(std::string_view name, Arity arity, F f) {
    define_builtin(name, function(name, arity, std::move(f)));
  }
  /// Makes a class of the language and a global of that; gives it. Throws Misuse if a name is none of the
  /// language, or a member is called init.
  template <class T>
  Value define(const Class<T>& description) {
    return define_class(description.plan_);
  }
  /// An instance of such a class, which define() gave, for an object that there is. Its init() does not run.
  /// Throws Misuse if the class is another, or the pointer null.
  template <class T>
  Value wrap(const Value& klass, std::shared_ptr<T> object) {
    return wrap_object(klass, typeid(T), std::move(object));
  }

  /// A full collection; then waits, at most a second, until the cleanups that are due have run.
  static void collect();

 private:
  Value make_function(std::string_view name, Arity arity, Function f);
  void define_builtin(std::string_view name, const Value& value);
  Value define_class(const embed::ClassPlan& plan);
  Value wrap_object(const Value& klass, const std::type_info& type, std::shared_ptr<void> object);

  struct Impl;
  Impl& impl(const char* function) const;
  std::unique_ptr<Impl> impl_;
};

}  // namespace interlox
