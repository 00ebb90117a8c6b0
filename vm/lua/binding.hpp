// SPDX-License-Identifier: BSD-3-Clause
// How C++ is bound to Lua. Every function that a script can call is made by binding<> below.
//
// liblua is C. A Lua error, also one from want of memory, is a longjmp from nearly any
// function of its API to the innermost protected call; it skips destructors. A C++
// exception that reached Lua's frames would be undefined behaviour too. So:
//
//   R1  A body (and what it calls with a lua_State) holds only trivially destructible objects
//       whenever it calls a Lua function that can raise. State that needs cleaning up lies in
//       a full userdata that Lua owns (new_text, new_owned), made before the state is, so
//       that it is cleaned up by Lua whatever happens.
//   R2  C++ objects with destructors may live in inner scopes and callees that make no such
//       Lua call. There, exceptions are thrown and pass as usual.
//   R3  An exception that leaves the body is caught by binding<>, copied into a buffer on the
//       stack, and raised as a Lua error after the catch block has ended: nothing of C++ is
//       alive then.
//   R4  A collected pointer is never only in memory of Lua's other than a full userdata (which
//       state.cpp allocates scanned): registers and the C stack until it is in one.
//
// Arguments are checked by Call, which knows its function's name: messages name function,
// argument and expectation also where Lua could not find the name (pcall(map.load, map)).
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <lua.hpp>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>

#include "gc/heap.hpp"

namespace interlox::lua {

/// A string literal as a template argument.
template <std::size_t N>
struct FixedString {
  char text[N];
  consteval FixedString(const char (&s)[N]) {  // implicit: "load" is to be written as just that
    for (std::size_t i = 0; i < N; ++i) text[i] = s[i];
  }
};

/// One call from Lua: its arguments, and how errors are raised about them. Arguments are
/// numbered from 1, without the object of a method.
class Call {
 public:
  /// What a number in a message counts.
  enum class Role : std::uint8_t { argument, result };

  Call(lua_State* state, const char* function, int objects, Role role = Role::argument) noexcept
      : state_(state), function_(function), objects_(objects), role_(role) {}

  lua_State* state() const noexcept { return state_; }

  /// The stack index of an argument.
  int at(int argument) const noexcept { return argument + objects_; }
  /// How many arguments there are.
  int count() const noexcept { return lua_gettop(state_) - objects_; }
  bool is_method() const noexcept { return objects_ != 0; }
  bool is_missing(int argument) const noexcept { return lua_isnoneornil(state_, at(argument)); }

  // The functions from here on raise Lua errors (R1).

  /// "bad argument #1 to 'load' (key expected, got nil)"; `expected` says what.
  [[noreturn]] void expected(int argument, const char* expected) const;
  /// "bad argument #1 to 'load' (MESSAGE)".
  [[noreturn]] void bad_argument(int argument, const char* message) const;
  /// "calling 'load' on bad self (map expected, got nil)".
  [[noreturn]] void bad_object(const char* expected) const;
  /// A message with the caller's position. lua_pushfstring's formats.
  [[noreturn]] void fail(const char* format, ...) const;
  /// "interrupted", for a wait that ended so: the thread takes the interrupt (vm::take_interrupt).
  [[noreturn]] void interrupted() const;

  /// An argument that must be a string (numbers are not taken for one). Valid while it is on
  /// Lua's stack.
  std::string_view string(int argument, const char* what = "string") const;
  /// An argument that must be a number with an integral value.
  lua_Integer integer(int argument, const char* what = "integer") const;
  /// An argument that must be a number.
  double number(int argument, const char* what = "number") const;

  /// Runs `f`, which may throw but makes no Lua call; once more after a full collection of
  /// this Lua state if memory ran out: what Lua has dropped but not collected is kept alive by
  /// its userdata, and Lua can't know that they are the tips of icebergs. For what has no effect
  /// unless it succeeds.
  template <class F>
  auto with_memory(F f) const {
    static_assert(std::is_trivially_destructible_v<F>);
    try {
      return f();
    } catch (const gc::OutOfMemory&) {
    }
    lua_gc(state_, LUA_GCCOLLECT);
    return f();
  }

 private:
  lua_State* state_;
  const char* function_;
  int objects_;  // 1 for a method
  Role role_;
};

/// An exception that was caught, as something that R1 allows.
class Failure {
 public:
  /// In a catch block: takes down the exception that is being handled.
  void capture() noexcept;
  /// Raises it.
  [[noreturn]] void raise(lua_State* state) const;

 private:
  bool out_of_memory_ = false;
  char text_[256] = {};
};

static_assert(std::is_trivially_destructible_v<Failure> && std::is_trivially_destructible_v<Call>);

/// The lua_CFunction that runs `kBody`. `kObjects` is 1 for a method, whose first Lua argument
/// is its object.
template <FixedString kName, int (*kBody)(Call&), int kObjects = 0>
int binding(lua_State* state) {
  Failure failure;
  try {
    Call call(state, kName.text, kObjects);
    return kBody(call);
  } catch (...) {
    failure.capture();
  }
  failure.raise(state);
}

/// A C++ object in a full userdata of Lua's.
template <class T>
struct Owned {
  const void* tag;  // the address that names the type: Lua's metatables can be tampered with
  T value;
};

/// The T in the userdata at `index` that new_owned() made with `kTag`, or null.
template <class T, const char* kTag>
T* to_owned(lua_State* state, int index) noexcept {
  if (lua_type(state, index) != LUA_TUSERDATA || lua_rawlen(state, index) != sizeof(Owned<T>)) return nullptr;
  auto* const owned = static_cast<Owned<T>*>(lua_touserdata(state, index));
  return owned->tag == kTag ? &owned->value : nullptr;
}

/// Pushes the metatable that Owned<T> of this tag have in this state: with a __gc that calls
/// `kRelease(T&)`; a module adds further fields.
template <class T, const char* kTag, void (*kRelease)(T&) noexcept>
void push_owned_metatable(lua_State* state) {
  if (lua_rawgetp(state, LUA_REGISTRYINDEX, kTag) == LUA_TTABLE) return;
  lua_pop(state, 1);
  lua_createtable(state, 0, 1);
  lua_pushcfunction(state, [](lua_State* s) {
    if (T* const value = to_owned<T, kTag>(s, 1)) kRelease(*value);
    return 0;
  });
  lua_setfield(state, -2, "__gc");
  lua_pushboolean(state, 0);
  lua_setfield(state, -2, "__metatable");
  lua_pushvalue(state, -1);
  lua_rawsetp(state, LUA_REGISTRYINDEX, kTag);
}

/// Pushes a full userdata that holds a T, made by its default constructor. Lua calls
/// `kRelease(T&)` when it is done with it, perhaps more than once; what is left after that is
/// abandoned, so it must need no destructor.
template <class T, const char* kTag, void (*kRelease)(T&) noexcept>
T& new_owned(lua_State* state) {
  static_assert(std::is_nothrow_default_constructible_v<T> && alignof(T) <= alignof(std::max_align_t));
  auto* const made = ::new (lua_newuserdatauv(state, sizeof(Owned<T>), 0)) Owned<T>{kTag, T()};
  push_owned_metatable<T, kTag, kRelease>(state);
  lua_setmetatable(state, -2);
  return made->value;
}

/// Pushes a userdata that holds an empty string for C++ code to fill: the way of a text of any
/// length to Lua.
std::string& new_text(lua_State* state);

/// Pushes a copy of `text`, which new_text() made, and frees its memory.
void push_text(lua_State* state, std::string& text);

/// Pushes a text that `write()` gives; returns 1. `write` may throw.
template <class F>
int push_text_of(Call& call, F write) {
  std::string& text = new_text(call.state());
  text = write();
  push_text(call.state(), text);
  return 1;
}

/// Pushes true, or raises the sentence that `check()` gives, an optional text. `check` may throw.
template <class F>
int push_check(Call& call, F check) {
  std::string& fault = new_text(call.state());
  if (auto found = check()) fault.swap(*found);
  if (fault.empty()) {
    lua_pushboolean(call.state(), 1);
    return 1;
  }
  push_text(call.state(), fault);
  call.fail("%s", lua_tostring(call.state(), -1));
}

/// "nil", "table", the __name of a userdata, "no value", ...
const char* type_name(lua_State* state, int index);

}  // namespace interlox::lua
