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
bool handles_interrupt = false;

// What the handlers tell the thread that acts for them.
constexpr char kEnd = 0;
constexpr unsigned kPatience = 10;  // seconds, for what the user has asked to be told at the end
constexpr char kWakeLoop = 1;       // the thread of the loop may be blocked
constexpr char kTerminate = 2;

void tell(char what) {
  const int saved = errno;
  // A full pipe means that an earlier signal is on its way already.
  [[maybe_unused]] const ssize_t written = write(wake_up[1], &what, 1);
  errno = saved;
}

void on_interrupt(int) { tell(kEnd); }
void on_terminate(int) { tell(kTerminate); }

void handle(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

// Who sent SIGTERM finds that the process has died of it. May be called by a handler.
void die_of_termination(int /*signal*/) {
  handle(SIGTERM, SIG_DFL);
  kill(getpid(), SIGTERM);
}
void die_of_interrupt(int /*signal*/) { _exit(kInterrupted); }

// What a handler of the loop needs to know. The thread is the main one, which outlives the loop.
std::atomic<vm::Thread*> loop_thread{nullptr};
std::atomic<const char*> loop_prompt{nullptr};
std::atomic<bool> loop_runs{false};

void wait_for_signals() {
  char what = kEnd;
  do {
    while (read(wake_up[0], &what, 1) < 0 && errno == EINTR) {
    }
    if (what == kWakeLoop) vm::interrupt_wait(*loop_thread.load());
  } while (what == kWakeLoop);
  void (*const die)(int) = what == kTerminate ? die_of_termination : die_of_interrupt;
  // The output's lock may be held by a thread that is stuck in write(2): don't wait for ever.
  handle(SIGALRM, die);
  alarm(1);
  vm::StandardOutput::instance()->flush();
  alarm(kPatience);
  conclude(kInterrupted);
  die(0);
  for (;;) pause();  // the signal may come to another thread
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

// As when started in the background: it stays ignored.
bool is_ignored(int signal) {
  struct sigaction inherited = {};
  sigaction(signal, nullptr, &inherited);
  return inherited.sa_handler == SIG_IGN;
}

}  // namespace

void end_on_signals() {
  if (pipe(wake_up) != 0) return;  // the signals then end the process, unflushed
  try {
    std::thread(wait_for_signals).detach();
  } catch (const std::exception&) {
    return;
  }
  handles_interrupt = !is_ignored(SIGINT);
  if (handles_interrupt) handle(SIGINT, on_interrupt);
  if (!is_ignored(SIGTERM)) handle(SIGTERM, on_terminate);
}

void interrupt_inputs(vm::Thread& thread, const char* prompt) {
  loop_thread = &thread;
  loop_prompt = prompt;
  if (handles_interrupt) handle(SIGINT, on_interrupt_of_loop);  // else it is ignored, or can't be caught
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
