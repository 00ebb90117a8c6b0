// SPDX-License-Identifier: BSD-3-Clause
#include "vm/cli/interrupt.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>
#include <unistd.h>

#include "vm/cli/ending.hpp"
#include "vm/cli/options.hpp"
#include "vm/interpreter.hpp"
#include "vm/output.hpp"
#include "vm/waiting.hpp"

namespace interlox::cli {
namespace {

int wake_up[2] = {-1, -1};

// What the handlers tell the thread that acts for them.
constexpr char kEnd = 0;
constexpr unsigned kPatience = 10;  // seconds, for what the user has asked to be told at the end
constexpr char kWakeLoop = 1;       // the thread of the loop may be blocked

void tell(char what) {
  const int saved = errno;
  // A full pipe means that an earlier signal is on its way already.
  [[maybe_unused]] const ssize_t written = write(wake_up[1], &what, 1);
  errno = saved;
}

void on_interrupt(int) { tell(kEnd); }

void give_up(int) { _exit(kInterrupted); }

// What a handler of the loop needs to know. The thread is the main one, which outlives the loop.
std::atomic<vm::Thread*> loop_thread{nullptr};
std::atomic<const char*> loop_prompt{nullptr};
std::atomic<bool> loop_runs{false};

void wait_for_interrupt() {
  char what = kEnd;
  do {
    while (read(wake_up[0], &what, 1) < 0 && errno == EINTR) {
    }
    if (what == kWakeLoop) vm::interrupt_wait(*loop_thread.load());
  } while (what == kWakeLoop);
  // The output's lock may be held by a thread that is stuck in write(2): don't wait for ever.
  std::signal(SIGALRM, give_up);
  alarm(1);
  vm::StandardOutput::instance()->flush();
  alarm(kPatience);
  conclude(kInterrupted);
  _exit(kInterrupted);
}

void on_interrupt_of_loop(int signal) {
  const int saved = errno;
  if (loop_runs.load()) {
    if (vm::request_interrupt(*loop_thread.load())) {
      tell(kWakeLoop);
    } else {
      on_interrupt(signal);
    }
    [[maybe_unused]] const ssize_t written = write(STDOUT_FILENO, "\n", 1);  // the terminal shows ^C
  } else if (const char* const prompt = loop_prompt.load()) {
    [[maybe_unused]] ssize_t written = write(STDOUT_FILENO, "\n", 1);
    written = write(STDOUT_FILENO, prompt, std::strlen(prompt));
  }
  errno = saved;
}

void handle_interrupt(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
}

}  // namespace

void end_on_interrupt() {
  struct sigaction inherited = {};
  sigaction(SIGINT, nullptr, &inherited);
  if (inherited.sa_handler == SIG_IGN) return;  // started in the background: stays ignored
  if (pipe(wake_up) != 0) return;               // SIGINT then ends the process, unflushed
  try {
    std::thread(wait_for_interrupt).detach();
  } catch (const std::exception&) {
    return;
  }
  handle_interrupt(on_interrupt);
}

void interrupt_inputs(vm::Thread& thread, const char* prompt) {
  loop_thread = &thread;
  loop_prompt = prompt;
  if (wake_up[1] >= 0) handle_interrupt(on_interrupt_of_loop);  // else SIGINT is ignored, or can't be caught
}

bool interrupt_input() noexcept {
  if (!loop_runs.load()) return false;
  vm::request_interrupt(*loop_thread.load());
  vm::interrupt_wait(*loop_thread.load());
  return true;
}

void begin_interruptible() noexcept { loop_runs = loop_thread.load() != nullptr; }

void end_interruptible() noexcept {
  if (!loop_runs.exchange(false)) return;
  vm::take_interrupt(*loop_thread.load());  // one that came too late
}

}  // namespace interlox::cli
