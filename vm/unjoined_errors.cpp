// SPDX-License-Identifier: BSD-3-Clause
#include "vm/unjoined_errors.hpp"

#include <cstddef>
#include <map>
#include <mutex>
#include <new>
#include <utility>

namespace interlox::vm {

struct UnjoinedErrors::State {
  struct Entry {
    std::string text;
    std::shared_ptr<Output> output;
  };
  std::mutex mutex;
  std::uint64_t last = 0;
  std::map<std::uint64_t, Entry> entries;

  /// The entry, which is kept no more; empty if there is none.
  Entry take(std::uint64_t number) {
    const std::lock_guard hold(mutex);
    auto node = entries.extract(number);
    return node.empty() ? Entry() : std::move(node.mapped());
  }
};

UnjoinedErrors& UnjoinedErrors::instance() {
  // Never destroyed: threads may run until the process ends.
  alignas(State) static std::byte state[sizeof(State)];
  alignas(UnjoinedErrors) static std::byte errors[sizeof(UnjoinedErrors)];
  static auto* const only = ::new (errors) UnjoinedErrors(*::new (state) State());
  return *only;
}

std::uint64_t UnjoinedErrors::add(std::string text, std::shared_ptr<Output> output) {
  const std::lock_guard hold(state_.mutex);
  const std::uint64_t number = ++state_.last;
  state_.entries.emplace(number, State::Entry{std::move(text), std::move(output)});
  return number;
}

void UnjoinedErrors::forget(std::uint64_t number) noexcept { state_.take(number); }

void UnjoinedErrors::report(std::uint64_t number) noexcept {
  const State::Entry entry = state_.take(number);
  if (entry.output != nullptr) entry.output->report(entry.text);
}

void UnjoinedErrors::report_all() noexcept {
  std::map<std::uint64_t, State::Entry> entries;
  {
    const std::lock_guard hold(state_.mutex);
    entries.swap(state_.entries);
  }
  for (const auto& [number, entry] : entries) entry.output->report(entry.text);
}

}  // namespace interlox::vm
