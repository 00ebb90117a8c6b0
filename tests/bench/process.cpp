// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/process.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/cat.hpp"

namespace interlox::bench {
namespace {

[[noreturn]] void fail(const std::vector<std::string>& words, const std::string& what) {
  std::string text;
  for (const std::string& word : words) add(text, text.empty() ? "" : " ", word);
  throw std::runtime_error(cat(text, ": ", what));
}

double nanoseconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_usec) * 1e3;
}

// Starts the program with its standard output in a new pipe; gives the end to read from, and its process.
pid_t start(const std::vector<std::string>& words, int& read_end) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail(words, std::strerror(errno));
  read_end = ends[0];
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  pid_t process = 0;
  const int error = posix_spawnp(&process, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (error == 0) return process;
  close(read_end);
  fail(words, std::strerror(error));
}

std::string read_all(int from) {
  std::string all;
  std::array<char, 1 << 16> buffer{};
  for (;;) {
    const ssize_t count = read(from, buffer.data(), buffer.size());
    if (count > 0) {
      all.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (count == 0 || errno != EINTR) {
      close(from);
      return all;
    }
  }
}

}  // namespace

ProcessRun run_process(const std::vector<std::string>& words) {
  ProcessRun run;
  const Clock::time_point begin = Clock::now();
  int from = -1;
  const pid_t process = start(words, from);
  run.output = read_all(from);
  int status = 0;
  rusage used{};
  while (wait4(process, &status, 0, &used) < 0) {
    if (errno != EINTR) fail(words, std::strerror(errno));
  }
  const std::chrono::duration<double, std::nano> wall = Clock::now() - begin;
  if (!WIFEXITED(status)) fail(words, cat("ended by signal ", std::to_string(WTERMSIG(status))));
  if (WEXITSTATUS(status) != 0) fail(words, cat("exit status ", std::to_string(WEXITSTATUS(status))));
  run.time = {wall.count(), nanoseconds(used.ru_utime) + nanoseconds(used.ru_stime)};
  run.peak_bytes = static_cast<double>(used.ru_maxrss) * 1024;
  return run;
}

}  // namespace interlox::bench
