// SPDX-License-Identifier: BSD-3-Clause
#include "vm/cli/interrupt.hpp"

#include <cerrno>
#include <csignal>
#include <thread>
#include <unistd.h>

#include "vm/cli/options.hpp"
#include "vm/output.hpp"

namespace interlox::cli {
namespace {

int wake_up[2] = {-1, -1};

void on_interrupt(int) {
  const int saved = errno;
  const char byte = 0;
  // A full pipe means that an earlier signal is on its way already.
  [[maybe_unused]] const ssize_t written = write(wake_up[1], &byte, 1);
  errno = saved;
}

void give_up(int) { _exit(kInterrupted); }

void wait_for_interrupt() {
  char byte = 0;
  while (read(wake_up[0], &byte, 1) < 0 && errno == EINTR) {
  }
  // The output's lock may be held by a thread that is stuck in write(2): don't wait for ever.
  std::signal(SIGALRM, give_up);
  alarm(1);
  vm::StandardOutput::instance()->flush();
  _exit(kInterrupted);
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
  struct sigaction action = {};
  action.sa_handler = on_interrupt;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
}

}  // namespace interlox::cli
