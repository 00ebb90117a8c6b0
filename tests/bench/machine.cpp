// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/machine.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sys/utsname.h>
#include <thread>

namespace interlox::bench {
namespace {

std::string first_line(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

// The value of the first line "NAME   : VALUE" or "NAME: VALUE".
std::string field(const char* file, const std::string& name) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(name)) continue;
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    const auto value = line.find_first_not_of(" \t", colon + 1);
    return value == std::string::npos ? "" : line.substr(value);
  }
  return "";
}

std::string processor() {
  const std::string model = field("/proc/cpuinfo", "model name");
  const unsigned cores = std::thread::hardware_concurrency();
  return (model.empty() ? "unknown" : model) + ", " + std::to_string(cores) +
         (cores == 1 ? " core" : " cores") + " in use";
}

std::string caches() {
  std::string all;
  for (int index = 0; index < 8; ++index) {
    const auto cache =
        std::filesystem::path("/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index));
    const std::string size = first_line(cache / "size");
    const std::string type = first_line(cache / "type");
    if (size.empty() || type == "Instruction") continue;
    all += (all.empty() ? "L" : ", L") + first_line(cache / "level") + (type == "Data" ? "d " : " ") + size;
  }
  return all;
}

std::string memory() {
  const std::string kilobytes = field("/proc/meminfo", "MemTotal");
  if (kilobytes.empty()) return "";
  char text[32];
  std::snprintf(text, sizeof text, "%.1f GiB", std::stod(kilobytes) / (1 << 20));
  return text;
}

std::string kernel() {
  utsname system{};
  if (uname(&system) != 0) return "";
  return std::string(system.sysname) + " " + system.release + ", " + system.machine;
}

std::string compiler() {
#if defined(__clang__)
  return std::string("clang ") + __clang_version__;
#else
  return std::string("g++ ") + __VERSION__;
#endif
}

}  // namespace

std::vector<Fact> machine_facts() {
  const std::vector<Fact> all{
      {"Processor", processor()},
      {"Caches", caches()},
      {"Memory", memory()},
      {"Transparent huge pages", first_line("/sys/kernel/mm/transparent_hugepage/enabled")},
      {"Kernel", kernel()},
      {"Compiler", compiler()},
      {"Compiler options", INTERLOX_BENCH_FLAGS},
  };
  std::vector<Fact> known;
  for (const Fact& fact : all) {
    if (!fact.second.empty()) known.push_back(fact);
  }
  return known;
}

std::vector<unsigned> thread_counts() {
  const unsigned cores = std::clamp(std::thread::hardware_concurrency(), 2U, 64U);
  std::vector<unsigned> counts;
  for (unsigned count = 1; count < cores; count *= 2) counts.push_back(count);
  counts.push_back(cores);
  return counts;
}

std::string date_now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &utc);
  return text;
}

}  // namespace interlox::bench
