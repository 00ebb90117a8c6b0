// SPDX-License-Identifier: BSD-3-Clause
// A trace as text: the JSON object form of Chrome's trace event format.
#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <span>
#include <string>
#include <unistd.h>
#include <vector>

#include "gc/trace_records.hpp"

namespace interlox::gc::trace {

namespace {

using detail::Chunk;
using detail::Kind;
using detail::Record;
using detail::Session;

constexpr std::array<const char*, 5> kCategories{"collector", "thread", "wait", "map", "cleanup"};

/// Writes events, one a line.
class JsonWriter {
 public:
  JsonWriter(const Session& session, const std::function<void(std::string_view)>& write)
      : session_(session), write_(write), process_(std::to_string(getpid())) {}

  void run() {
    text_ = "{\"displayTimeUnit\":\"ms\",\"otherData\":{\"dropped_events\":" + std::to_string(dropped()) +
            "},\"traceEvents\":[\n";
    metadata("process_name", 0, "interlox");
    gather();
    for (const auto& [thread, name] : names_) metadata("thread_name", thread, name);
    std::sort(events_.begin(), events_.end(), comes_before);
    for (const Record* const record : events_) event(*record);
    text_ += "\n]}\n";
    write_(text_);
  }

 private:
  // By track, then by time; what contains something else stands before it.
  static bool comes_before(const Record* a, const Record* b) noexcept {
    if (a->thread != b->thread) return a->thread < b->thread;
    if (a->begin != b->begin) return a->begin < b->begin;
    return a->facts.end > b->facts.end;
  }

  void gather() {
    std::size_t all = 0;
    for (std::size_t i = 0; i < session_.chunks(); ++i) all += session_.chunk(i).count + 2;
    events_.reserve(all);
    unfinished_.reserve(2 * session_.chunks());  // no element may move
    for (std::size_t i = 0; i < session_.chunks(); ++i) {
      const Chunk& chunk = session_.chunk(i);
      for (const Record& record : std::span(chunk.records, chunk.count)) {
        std::string& name = names_[record.thread];
        if (record.kind == Kind::name) {
          name = record.text;
        } else {
          events_.push_back(&record);
        }
      }
      if (!chunk.is_current || chunk.thread == 0) continue;
      add_unfinished(chunk.thread, "thread", Category::thread, chunk.thread_begin);
      if (chunk.wait != nullptr) add_unfinished(chunk.thread, chunk.wait, Category::wait, chunk.wait_begin);
    }
    for (auto& [thread, name] : names_) {
      if (name.empty()) name = "thread " + std::to_string(thread);
    }
  }

  // What had not come to its end when recording did.
  void add_unfinished(std::uint32_t thread, const char* name, Category category, std::uint64_t begin) {
    Record& record = unfinished_.emplace_back();
    record.begin = begin;
    record.thread = thread;
    record.kind = Kind::span;
    record.category = category;
    record.facts = {session_.end(), 0, name, nullptr};
    names_.try_emplace(thread);
    events_.push_back(&record);
  }

  void begin_line() {
    constexpr std::size_t kEnough = 64 << 10;
    if (text_.size() > kEnough) {
      write_(text_);
      text_.clear();
    }
    if (has_lines_) text_ += ",\n";
    has_lines_ = true;
  }

  void metadata(const char* what, std::uint32_t thread, const std::string& name) {
    begin_line();
    add("{\"ph\":\"M\",\"name\":")
        .quote(what)
        .place(thread)
        .add(",\"args\":{\"name\":")
        .quote(name)
        .add("}}");
  }

  void event(const Record& record) {
    const Record::Facts& facts = record.facts;
    begin_line();
    add("{\"ph\":\"").add(record.kind == Kind::span ? "X" : record.kind == Kind::counter ? "C" : "i");
    add("\",\"name\":").quote(facts.name);
    if (record.kind != Kind::counter) {
      add(",\"cat\":").quote(kCategories[static_cast<std::size_t>(record.category)]);
    }
    place(record.thread).add(",\"ts\":").microseconds(record.begin - session_.begin());
    if (record.kind == Kind::span) add(",\"dur\":").microseconds(facts.end - record.begin);
    if (record.kind == Kind::instant) add(",\"s\":\"t\"");
    if (facts.amount_name != nullptr) {
      add(",\"args\":{").quote(facts.amount_name).add(":").add(std::to_string(facts.amount)).add("}");
    }
    add("}");
  }

  JsonWriter& add(std::string_view text) {
    text_ += text;
    return *this;
  }
  JsonWriter& place(std::uint32_t thread) {
    return add(",\"pid\":").add(process_).add(",\"tid\":").add(std::to_string(thread));
  }
  JsonWriter& microseconds(std::uint64_t nanoseconds) {
    char text[32];
    std::snprintf(text, sizeof text, "%llu.%03llu", static_cast<unsigned long long>(nanoseconds / 1000),
                  static_cast<unsigned long long>(nanoseconds % 1000));
    return add(text);
  }

  // As a JSON string, whatever it holds. Names of ours are ASCII; other bytes are taken for Latin-1.
  JsonWriter& quote(std::string_view text) {
    text_ += '"';
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x20 || byte >= 0x7F || c == '"' || c == '\\') {
        char escape[8];
        std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(byte));
        text_ += escape;
      } else {
        text_ += c;
      }
    }
    text_ += '"';
    return *this;
  }

  const Session& session_;
  const std::function<void(std::string_view)>& write_;
  const std::string process_;
  std::string text_;
  bool has_lines_ = false;
  std::map<std::uint32_t, std::string> names_;
  std::vector<const Record*> events_;
  std::vector<Record> unfinished_;
};

}  // namespace

bool write_json(const std::function<void(std::string_view)>& write) {
  const Session session;
  if (!session.is_over()) return false;
  JsonWriter(session, write).run();
  return true;
}

}  // namespace interlox::gc::trace
