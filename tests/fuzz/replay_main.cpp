// SPDX-License-Identifier: BSD-3-Clause
// Plays inputs to a fuzz target where there is no libFuzzer: those of the folders and files that it is given,
// and as many again as it is told to make of them by chance. For short runs in ordinary builds.
//
//     NAME_replay [--seed=N] [--mutations=N] [--seconds=N] [--most=BYTES] PATH...
//
// An input that ends the process is left in NAME_replay.crash in the current folder.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include "tests/fuzz/target.hpp"

/// Of AddressSanitizer, which ends the process its own way; null without it.
extern "C" [[gnu::weak]] void __sanitizer_set_death_callback(void (*callback)());

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

struct Plan {
  std::uint64_t seed = 1;
  std::uint64_t mutations = 2000;
  double seconds = 3600;  // for the mutations
  std::size_t most = 4096;
  std::vector<std::string> paths;
};

bool take(const char* argument, const char* name, double& value) {
  const std::size_t length = std::strlen(name);
  if (std::strncmp(argument, name, length) != 0) return false;
  value = std::strtod(argument + length, nullptr);
  return true;
}

Plan plan_of(int count, char** arguments) {
  Plan plan;
  for (int i = 1; i < count; ++i) {
    double value = 0;
    if (take(arguments[i], "--seed=", value)) {
      plan.seed = static_cast<std::uint64_t>(value);
    } else if (take(arguments[i], "--mutations=", value)) {
      plan.mutations = static_cast<std::uint64_t>(value);
    } else if (take(arguments[i], "--seconds=", value)) {
      plan.seconds = value;
    } else if (take(arguments[i], "--most=", value)) {
      plan.most = static_cast<std::size_t>(value);
    } else {
      plan.paths.emplace_back(arguments[i]);
    }
  }
  return plan;
}

std::vector<std::string> inputs_at(const Plan& plan) {
  std::vector<fs::path> files;
  for (const std::string& path : plan.paths) {
    if (!fs::is_directory(path)) {
      files.emplace_back(path);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file() && entry.file_size() <= plan.most) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());  // the same order everywhere
  std::vector<std::string> inputs;
  for (const fs::path& file : files) {
    std::ifstream stream(file, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  }
  return inputs;
}

/// Makes new inputs of old ones.
class Mutator {
 public:
  Mutator(const std::vector<std::string>& inputs, const Plan& plan)
      : inputs_(inputs), most_(plan.most), random_(plan.seed) {}

  std::string next() {
    std::string input = any();
    for (std::size_t i = 0, changes = 1 + below(4); i < changes; ++i) change(input);
    if (input.size() > most_) input.resize(most_);
    return input;
  }

 private:
  std::size_t below(std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(random_() % n); }
  const std::string& any() { return inputs_[below(inputs_.size())]; }

  void change(std::string& input) {
    const std::size_t at = below(input.size() + 1);
    const std::size_t length = below(input.size() - at + 1);
    const std::string& other = any();
    const std::size_t from = below(other.size() + 1);
    switch (below(7)) {
      case 0:
        if (at < input.size()) input[at] = static_cast<char>(input[at] ^ 1 << below(8));
        return;
      case 1:
        if (at < input.size()) input[at] = static_cast<char>(random_());
        return;
      case 2:
        input.insert(at, 1, static_cast<char>(random_()));
        return;
      case 3:
        input.erase(at, length % 32);
        return;
      case 4:  // a part twice
        input.insert(at, input.substr(at, length % 64));
        return;
      case 5:  // a part of another
        input.insert(at, other.substr(from, below(64)));
        return;
      default:  // the beginning of one, the end of another
        input = input.substr(0, at) + other.substr(from);
    }
  }

  const std::vector<std::string>& inputs_;
  std::size_t most_;
  std::mt19937_64 random_;
};

// The input that is being played, and the file to leave it in.
const std::string* current = nullptr;
std::string crash_file;

// Not all that a handler may do, but all is lost anyway.
void keep_input() {
  const int file = open(crash_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  const bool written = current != nullptr && write(file, current->data(), current->size()) >= 0;
  std::fprintf(stderr, "%s: %s\n", written ? "the input is in" : "can't be written", crash_file.c_str());
}

void on_signal(int signal) {
  keep_input();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void play(const std::string& input) {
  current = &input;
  // A copy of just that size: what reads beyond it is seen.
  const std::vector<std::uint8_t> exact(input.begin(), input.end());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
  current = nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  const Plan plan = plan_of(argc, argv);
  crash_file = fs::path(argv[0]).filename().string() + ".crash";
  LLVMFuzzerInitialize(&argc, &argv);
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) std::signal(signal, on_signal);
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(keep_input);
  std::vector<std::string> inputs = inputs_at(plan);
  if (inputs.empty()) {
    std::fprintf(stderr, "there is no input\n");
    return 64;
  }
  std::printf("seed %llu\n", static_cast<unsigned long long>(plan.seed));
  const Clock::time_point begin = Clock::now();
  const auto passed = [begin] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
  for (const std::string& input : inputs) play(input);
  const double end = passed() + plan.seconds;
  Mutator mutator(inputs, plan);
  std::uint64_t made = 0;
  for (; made < plan.mutations && passed() < end; ++made) play(mutator.next());
  std::printf("%zu inputs and %llu made of them: %.0f executions a second\n", inputs.size(),
              static_cast<unsigned long long>(made), static_cast<double>(inputs.size() + made) / passed());
  return 0;
}
