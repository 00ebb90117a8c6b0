// SPDX-License-Identifier: BSD-3-Clause
// Threads that may touch the collected heap.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <semaphore>
#include <stop_token>
#include <system_error>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>

#include "gc/heap.hpp"

namespace interlox::gc {

/// True if the calling thread is known to the collector: it may allocate and hold collected pointers.
/// Any thread; wait-free.
[[nodiscard]] bool this_thread_is_registered() noexcept;

/// Registers the calling thread for as long as the scope lives. Every thread that touches the collected
/// heap holds one around all that it does there; no collected pointer may be held before or after.
/// Scopes nest: an inner one, or one on the main thread, does nothing. A thread that the program itself has
/// registered with bdwgc stays so after the scope.
///
/// The constructor throws OutOfMemory when the heap is exhausted and the reserve kept for new threads is
/// used up too; the thread is then not registered. Locks the heap; both ends must be on the same thread.
class ThreadScope {
 public:
  ThreadScope();
  ~ThreadScope();
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;

 private:
  bool owns_;
  bool registers_;  // with bdwgc, which knew the thread already if not
};

namespace detail {

/// How a new thread tells its maker that it is registered, or why not. In malloc'd memory of shared
/// ownership: either side may be done with it first.
struct StartSignal {
  std::binary_semaphore done{0};
  std::exception_ptr error;
};

/// Starts a detached thread with a stack of that size that calls run(body), where `body` is its own. Throws
/// std::system_error.
void start_native_thread(std::size_t stack_bytes, void (*run)(void* body), void* body);

/// A thread, as std::jthread makes it; an error says what could not be done.
template <class F>
[[nodiscard]] std::jthread make_thread(F&& function) {
  try {
    return std::jthread(std::forward<F>(function));
  } catch (const std::system_error& error) {
    throw std::system_error(error.code(), "cannot start a thread");
  }
}

/// Fills the reserve for new threads as far as the heap allows. On a registered thread.
void refill_thread_reserve() noexcept;

/// The function and arguments of a thread, in scanned memory for as long as the thread runs.
template <class F, class... Args>
class ThreadBody {
 public:
  template <class G, class... As>
  explicit ThreadBody(G&& function, As&&... args)
      : function_(std::forward<G>(function)), args_(std::forward<As>(args)...) {}

  static void* operator new(std::size_t bytes) { return allocate_uncollectable(bytes); }
  static void operator delete(void* block) noexcept { free_uncollectable(block); }

  void run(const std::stop_token& token) {
    std::apply(
        [&](Args&... args) {
          if constexpr (std::is_invocable_v<F, std::stop_token, Args...>) {
            std::invoke(std::move(function_), token, std::move(args)...);
          } else {
            std::invoke(std::move(function_), std::move(args)...);
          }
        },
        args_);
  }

 private:
  F function_;
  std::tuple<Args...> args_;
};

/// What a new thread does: registers, says so, runs the body, which is its own if that went well.
template <class Body>
void run_registered(Body* body, std::shared_ptr<StartSignal> signal, const std::stop_token& token) {
  std::optional<ThreadScope> scope;
  try {
    scope.emplace();
  } catch (...) {
    signal->error = std::current_exception();
  }
  const bool registered = scope.has_value();
  std::exchange(signal, nullptr)->done.release();
  if (!registered) return;                  // the maker keeps the body
  const std::unique_ptr<Body> owned(body);  // dies before the scope does
  owned->run(token);
}

}  // namespace detail

/// Starts a thread that runs function(args...), or function(stop_token, args...) where that can be called,
/// registered for its whole length; returns once it is registered. Function and arguments are copied (or
/// moved) into scanned memory, where the collector sees pointers that are captured or passed until the
/// thread ends; std::jthread's own copies would be in malloc's memory, which it does not scan.
///
/// Throws OutOfMemory as ThreadScope does, and std::system_error as std::jthread; no thread runs then.
/// The calling thread must be registered, and waits for the heap's lock.
template <class F, class... Args>
[[nodiscard]] std::jthread start_thread(F&& function, Args&&... args) {
  using Body = detail::ThreadBody<std::decay_t<F>, std::decay_t<Args>...>;
  std::unique_ptr<Body> body(new Body(std::forward<F>(function), std::forward<Args>(args)...));
  auto signal = std::make_shared<detail::StartSignal>();
  detail::refill_thread_reserve();
  std::jthread thread =
      detail::make_thread([body = body.get(), signal](const std::stop_token& token) mutable {
        detail::run_registered(body, std::move(signal), token);
      });
  signal->done.acquire();
  if (signal->error) std::rethrow_exception(signal->error);  // thread joins on the way out
  static_cast<void>(body.release());                         // the thread's own by now
  return thread;
}

/// The same for a thread that nobody waits for, with a stack of `stack_bytes` (rounded up to pages, and to
/// what the system asks for at least).
template <class F, class... Args>
void start_detached_thread(std::size_t stack_bytes, F&& function, Args&&... args) {
  using Body = detail::ThreadBody<std::decay_t<F>, std::decay_t<Args>...>;
  struct Start {
    Body* body;
    std::shared_ptr<detail::StartSignal> signal;
  };
  std::unique_ptr<Body> body(new Body(std::forward<F>(function), std::forward<Args>(args)...));
  auto start = std::make_unique<Start>(Start{body.get(), std::make_shared<detail::StartSignal>()});
  const std::shared_ptr<detail::StartSignal> signal = start->signal;
  detail::refill_thread_reserve();
  constexpr auto kRun = [](void* argument) {
    auto [mine, done] = std::move(*std::unique_ptr<Start>(static_cast<Start*>(argument)));
    detail::run_registered(mine, std::move(done), std::stop_token());
  };
  detail::start_native_thread(stack_bytes, kRun, start.get());
  static_cast<void>(start.release());
  signal->done.acquire();
  if (signal->error) std::rethrow_exception(signal->error);
  static_cast<void>(body.release());
}

}  // namespace interlox::gc
