// SPDX-License-Identifier: BSD-3-Clause
#include "tests/support/process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

extern char** environ;

namespace interlox::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostOutput = std::size_t{256} << 20;

/// One end of a pipe, closed when it goes out of scope.
class Descriptor {
 public:
  Descriptor() = default;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }

  void set(int value) noexcept { value_ = value; }
  [[nodiscard]] int get() const noexcept { return value_; }
  [[nodiscard]] bool is_open() const noexcept { return value_ >= 0; }
  void close() noexcept {
    if (value_ >= 0) ::close(value_);
    value_ = -1;
  }

 private:
  int value_ = -1;
};

struct Pipe {
  Descriptor read;
  Descriptor write;

  bool open() noexcept {
    // Close-on-exec from the start: another thread may be starting a child at this moment, and a child that
    // inherits the writing end would keep this pipe from ever ending.
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    read.set(ends[0]);
    write.set(ends[1]);
    return true;
  }
};

/// Starts the child in a process group of its own. Returns 0 or an error number.
int start(const std::vector<std::string>& arguments, const Pipe& in, const Pipe& out, const Pipe& err,
          pid_t& pid) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  if (in.read.is_open()) {
    posix_spawn_file_actions_adddup2(&actions, in.read.get(), STDIN_FILENO);
  } else {
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  posix_spawn_file_actions_adddup2(&actions, out.write.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.write.get(), STDERR_FILENO);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  const int status = posix_spawnp(&pid, argv[0], &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return status;
}

/// Takes what is ready in the pipe; closes it at its end.
void drain(Descriptor& from, std::string& into) {
  std::array<char, 65536> buffer;
  const ssize_t count = ::read(from.get(), buffer.data(), buffer.size());
  if (count > 0) {
    into.append(buffer.data(), static_cast<std::size_t>(count));
  } else if (count == 0 || errno != EINTR) {
    from.close();
  }
}

/// Writes what fits of the rest of the input; closes the pipe when that is refused, or all that there will
/// be.
void feed(Descriptor& into, const ProcessOptions& options, std::size_t& sent) {
  const std::string& input = options.input;
  const ssize_t count = ::write(into.get(), input.data() + sent, input.size() - sent);
  if (count > 0) sent += static_cast<std::size_t>(count);
  const bool refused = count < 0 && errno != EINTR && errno != EAGAIN;
  if (refused || (sent == input.size() && !options.input_stays)) into.close();
}

/// The pipes of a child that is running, and what is to be done with them.
struct Conversation {
  Pipe in;
  Pipe out;
  Pipe err;
  std::size_t sent = 0;
  bool cue_seen = false;
  Clock::time_point interrupt_at = Clock::time_point::max();

  /// Serves the pipes until both outputs have ended. Returns kExited then, or the limit that was met.
  Ending hold(pid_t child, const ProcessOptions& options, Clock::time_point deadline, ProcessResult& result);
};

Ending Conversation::hold(pid_t child, const ProcessOptions& options, Clock::time_point deadline,
                          ProcessResult& result) {
  while (out.read.is_open() || err.read.is_open()) {
    const Clock::time_point now = Clock::now();
    if (now >= deadline) return Ending::kTimedOut;
    if (now >= interrupt_at) {
      interrupt_at = Clock::time_point::max();
      ::kill(child, options.interrupt_signal);
    }
    if (result.output.size() + result.errors.size() > kMostOutput) return Ending::kTooMuchOutput;
    const bool is_fed = options.input_stays && sent == options.input.size();
    // poll() passes over negative descriptors, so a closed pipe may stay in the array.
    std::array<pollfd, 3> ready{{{out.read.get(), POLLIN, 0},
                                 {err.read.get(), POLLIN, 0},
                                 {is_fed ? -1 : in.write.get(), POLLOUT, 0}}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(std::min(deadline, interrupt_at) - now);
    if (::poll(ready.data(), ready.size(), static_cast<int>(left.count())) <= 0) continue;
    if (ready[0].revents != 0) drain(out.read, result.output);
    if (ready[1].revents != 0) drain(err.read, result.errors);
    if (ready[2].revents != 0) feed(in.write, options, sent);
    if (!cue_seen && !options.interrupt_on.empty() &&
        result.output.find(options.interrupt_on) != std::string::npos) {
      cue_seen = true;
      interrupt_at = Clock::now() + options.interrupt_delay;  // until then its output is read on
    }
  }
  return Ending::kExited;
}

/// Waits for the child, which may live on after it has closed both pipes. False at the deadline.
bool wait_until(pid_t pid, Clock::time_point deadline, int& status) {
  while (::waitpid(pid, &status, WNOHANG) == 0) {
    if (Clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& arguments, const ProcessOptions& options) {
  ProcessResult result;
  Conversation pipes;
  const bool has_input = !options.input.empty() || options.input_stays;
  if (has_input) ::signal(SIGPIPE, SIG_IGN);
  if (!pipes.out.open() || !pipes.err.open() || (has_input && !pipes.in.open())) {
    result.error = std::strerror(errno);
    return result;
  }
  const Clock::time_point deadline = Clock::now() + options.time_limit;
  pid_t pid = 0;
  if (const int failure = start(arguments, pipes.in, pipes.out, pipes.err, pid); failure != 0) {
    result.error = std::strerror(failure);
    return result;
  }
  pipes.in.read.close();
  pipes.out.write.close();
  pipes.err.write.close();
  if (has_input) ::fcntl(pipes.in.write.get(), F_SETFL, O_NONBLOCK);

  result.ending = pipes.hold(pid, options, deadline, result);
  int status = 0;
  if (result.ending == Ending::kExited && !wait_until(pid, deadline, status))
    result.ending = Ending::kTimedOut;
  if (result.ending != Ending::kExited) {
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, &status, 0);
    return result;
  }
  if (WIFSIGNALED(status)) {
    result.ending = Ending::kSignalled;
    result.code = WTERMSIG(status);
  } else {
    result.code = WEXITSTATUS(status);
  }
  return result;
}

}  // namespace interlox::test
