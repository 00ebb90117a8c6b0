// SPDX-License-Identifier: BSD-3-Clause
#include "gc/trace.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <regex>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "gc/heap.hpp"
#include "gc/thread.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gc_helpers.hpp"

namespace gc = interlox::gc;
namespace trace = interlox::gc::trace;

namespace {

constexpr trace::Event kWork{"work", trace::Category::cleanup};

std::string json() {
  std::string text;
  CHECK(trace::write_json([&text](std::string_view part) { text += part; }));
  return text;
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

const std::string kWorkText = "\"X\",\"name\":\"work\"";

}  // namespace

TEST_CASE("nothing is recorded while recording is off") {
  CHECK_FALSE(trace::is_recording());
  CHECK_FALSE(trace::stop());
  { const trace::Span span(kWork); }
  CHECK(trace::start());
  CHECK_FALSE(trace::start());
  CHECK(trace::is_recording());
  { const trace::Span span(kWork); }
  CHECK_FALSE(trace::write_json([](std::string_view) { FAIL("a trace that is not over was written"); }));
  CHECK(trace::stop());
  CHECK_FALSE(trace::is_recording());
  { const trace::Span span(kWork); }
  CHECK(count(json(), kWorkText) == 1);
  CHECK(count(json(), kWorkText) == 1);  // it stays
}

TEST_CASE("a session forgets the one before, and what began before it begins with it") {
  CHECK(trace::start());
  std::optional<trace::Span> span(std::in_place, kWork);
  { const trace::Span other(kWork); }
  CHECK(trace::stop());
  CHECK(count(json(), kWorkText) == 1);
  CHECK(trace::start());
  span.reset();
  CHECK(trace::stop());
  const std::string text = json();
  CHECK(count(text, kWorkText) == 1);
  CHECK(std::regex_search(
      text, std::regex("\"work\",\"cat\":\"cleanup\",\"pid\":[0-9]+,\"tid\":[0-9]+,\"ts\":0.000")));
}

TEST_CASE("a collection is recorded with its phases inside of it") {
  CHECK(trace::start());
  gc::collect();
  CHECK(trace::stop());
  const std::string text = json();
  for (const char* phase : {"collection", "pause", "stop the world", "mark", "clear weak references",
                            "start the world", "reclaim"}) {
    INFO(phase);
    CHECK(count(text, "\"X\",\"name\":\"" + std::string(phase) + "\",\"cat\":\"collector\"") == 1);
  }
  CHECK(count(text, "\"C\",\"name\":\"used\"") == 2);
  CHECK(count(text, "\"tid\":0,\"args\":{\"name\":\"Collector\"}") == 1);
}

TEST_CASE("threads have tracks with their names and lives, also those that live on") {
  CHECK(trace::start());
  trace::name_thread("the test");
  gc::start_thread([] { trace::name_thread("a \"quoted\"\\\n\xff name"); }).join();
  gc::start_thread([] { trace::name_thread("a name that is much longer than a record can hold"); }).join();
  CHECK(trace::stop());
  const std::string text = json();
  CHECK(count(text, "\"name\":\"the test\"") == 1);
  CHECK(count(text, "\"name\":\"a \\u0022quoted\\u0022\\u005c\\u000a\\u00ff name\"") == 1);
  CHECK(count(text, "\"name\":\"a name that is much longer than\"") == 1);
  CHECK(count(text, "\"X\",\"name\":\"thread\"") == 3);
}

TEST_CASE("a wait that does not end is recorded as far as it went") {
  std::atomic<bool> waits{false};
  std::atomic<bool> goes_on{false};
  CHECK(trace::start());
  std::thread thread([&] {
    { const trace::WaitSpan ended("receive()"); }
    const trace::WaitSpan wait("sleep()");
    waits.store(true);
    while (!goes_on.load()) std::this_thread::yield();
  });
  while (!waits.load()) std::this_thread::yield();
  CHECK(trace::stop());
  goes_on.store(true);
  thread.join();
  CHECK(count(json(), "\"X\",\"name\":\"receive()\",\"cat\":\"wait\"") == 1);
  CHECK(count(json(), "\"X\",\"name\":\"sleep()\",\"cat\":\"wait\"") == 1);
}

TEST_CASE("what there is no room for is counted") {
  CHECK(trace::start(0));  // the least
  constexpr std::size_t kEvents = 10'000;
  for (std::size_t i = 0; i < kEvents; ++i) const trace::Span span(kWork);
  gc::collect();  // has no room either
  CHECK(trace::stop());
  const std::string text = json();
  const std::size_t kept = count(text, kWorkText);
  CHECK(kept > 500);
  CHECK(kept * 48 < trace::kLeastBytes);
  CHECK(trace::dropped() >= kEvents - kept);
  CHECK(count(text, "{\"dropped_events\":" + std::to_string(trace::dropped()) + "}") == 1);
  CHECK(trace::start());
  CHECK(trace::stop());
  CHECK(trace::dropped() == 0);
}

TEST_CASE("threads that come and go share their memory") {
  CHECK(trace::start(32 * 8192));
  constexpr std::size_t kThreads = 300;  // more than there are chunks
  for (std::size_t i = 0; i < kThreads; ++i) {
    gc::start_thread([] { const trace::Span span(kWork); }).join();
  }
  CHECK(trace::stop());
  CHECK(trace::dropped() == 0);
  const std::string text = json();
  CHECK(count(text, kWorkText) == kThreads);
  CHECK(count(text, "\"X\",\"name\":\"thread\"") == kThreads + 1);
}

TEST_CASE("recording is turned on and off while threads record and collect") {
  std::atomic<bool> stop{false};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.push_back(gc::start_thread([&] {
      while (!stop.load()) {
        const trace::Span span(kWork);
        const trace::WaitSpan wait("sleep()");
      }
    }));
  }
  threads.push_back(gc::start_thread([&] {
    while (!stop.load()) {
      gc::collect();
      gc::start_thread([] { const trace::Span span(kWork); }).join();
    }
  }));
  for (int i = 0; i < 60 / interlox::test::kSlowdown; ++i) {
    CHECK(trace::start(std::size_t{1} << (17 + i % 4)));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    CHECK(trace::stop());
    const std::string text = json();
    CHECK(text.ends_with("}\n]}\n"));
    CHECK(count(text, "\"ts\":") ==
          count(text, "\n{\"ph\":\"X\"") + count(text, "\n{\"ph\":\"C\"") + count(text, "\n{\"ph\":\"i\""));
  }
  stop.store(true);
}

TEST_CASE("a child of fork can record, whatever the others were at") {
  CHECK(trace::start());
  const pid_t child = fork();
  if (child == 0) {
    const bool was_off = !trace::is_recording() && !trace::stop();
    const bool goes = trace::start() && trace::stop();
    _exit(was_off && goes ? 0 : 1);
  }
  int status = -1;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(trace::is_recording());
  CHECK(trace::stop());
}

TEST_CASE(
    "changes of structure are counted while somebody wants that, and are events where they have a time") {
  const auto growths = [] { return trace::structure_count(trace::Structure::growth); };
  const std::uint64_t before = growths();
  trace::structure_changed(trace::Structure::growth, trace::clock(), 16);
  CHECK(growths() == before);
  CHECK(trace::clock() == 0);
  CHECK(trace::start());
  CHECK(trace::clock() != 0);
  trace::structure_changed(trace::Structure::growth, trace::clock(), 16);
  trace::structure_changed(trace::Structure::growth);
  CHECK(trace::stop());
  CHECK(growths() == before + 2);
  CHECK(count(json(), "\"X\",\"name\":\"root grows\"") == 1);
  trace::count_structure();
  trace::structure_changed(trace::Structure::growth, trace::clock(), 16);
  CHECK(growths() == before + 3);
}
