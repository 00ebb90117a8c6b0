// SPDX-License-Identifier: BSD-3-Clause
#include "vm/explore.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "gc/recording.hpp"
#include "vm/file.hpp"
#include "vm/json_text.hpp"

namespace interlox::vm {
namespace {

using gc::recording::MapFacts;
using gc::recording::Recording;

// What the titles of recorded maps (kTitle of their keys) are to the page.
struct Kind {
  std::string_view title;
  std::string_view name;
  bool is_one;  // in a process; others are numbered
};
constexpr Kind kKinds[] = {{"ConcurrentMap", "map", false},
                           {"handles", "handles", true},
                           {"symbols", "symbols", true},
                           {"names", "names", false}};

std::size_t kind_of(const MapFacts& map) noexcept {
  const auto* const found = std::find_if(std::begin(kKinds), std::end(kKinds),
                                         [&](const Kind& kind) { return kind.title == map.title; });
  return static_cast<std::size_t>(found - std::begin(kKinds)) % std::size(kKinds);
}

/// Replaces the lines of the page that are nothing but `<!-- WORD ... -->`.
class PageWriter {
 public:
  PageWriter(OutputFile& file, const Recording& recording, std::string_view program)
      : file_(file), recording_(recording), program_(program) {}

  void write() {
    for (std::string_view rest = explore_file("page.html"); !rest.empty();) {
      const std::size_t end = std::min(rest.find('\n'), rest.size() - 1) + 1;
      line(rest.substr(0, end));
      rest.remove_prefix(end);
    }
  }

 private:
  static constexpr std::string_view kOpen = "<!-- ";
  static constexpr std::string_view kClose = " -->\n";

  void line(std::string_view line) {
    const std::string_view marker = line.substr(std::min(line.find_first_not_of(' '), line.size()));
    if (!marker.starts_with(kOpen) || !marker.ends_with(kClose)) return text(line);
    std::string_view words = marker.substr(kOpen.size(), marker.size() - kOpen.size() - kClose.size());
    const std::string_view what = next_word(words);
    if (what == "style") {
      tagged("<style>\n", "</style>\n", [&] { text(explore_file("page.css")); });
    } else if (what == "about") {
      tagged("<script id=\"about\" type=\"application/json\">", "</script>\n", [&] { about(); });
    } else if (what == "recording") {
      tagged("<script id=\"recording\" type=\"text/plain\">\n", "</script>\n", [&] { base64(); });
    } else if (what == "script") {
      tagged("<script type=\"module\">\n", "</script>\n", [&] {
        while (!words.empty()) text(explore_file(next_word(words)));
      });
    } else {
      text(line);
    }
  }

  static std::string_view next_word(std::string_view& words) noexcept {
    const std::size_t end = std::min(words.find(' '), words.size());
    const std::string_view word = words.substr(0, end);
    words.remove_prefix(std::min(end + 1, words.size()));
    return word;
  }

  template <class Inside>
  void tagged(std::string_view open, std::string_view close, const Inside& inside) {
    text(open);
    inside();
    text(close);
  }

  void about() {
    text("{\"program\":");
    quoted(program_);
    text(",\"interlox\":\"" INTERLOX_VERSION "\",\"threads\":[");
    for (std::size_t i = 0; i < recording_.threads.size(); ++i) {
      if (i != 0) text(",");
      quoted(recording_.threads[i].empty() ? "A thread" : recording_.threads[i]);
    }
    text("],\"maps\":[");
    maps();
    text(",\"events\":" + std::to_string(recording_.count));
    text(",\"dropped\":" + std::to_string(recording_.dropped));
    text(",\"duration_us\":" + std::to_string(recording_.duration_us));
    text(recording_.counts_nodes ? ",\"counted\":true}" : ",\"counted\":false}");
  }

  // The first to be shown: the busiest of the program's own maps, or of the handles, or whatever there is.
  void maps() {
    std::size_t numbers[std::size(kKinds)] = {};
    std::size_t first = 0;
    for (std::size_t i = 0; i < recording_.maps.size(); ++i) {
      const MapFacts& map = recording_.maps[i];
      const std::size_t kind = kind_of(map);
      if (i != 0) text(",");
      text("{\"name\":");
      quoted(kKinds[kind].is_one ? std::string(map.title)
                                 : std::string(map.title) + ' ' + std::to_string(++numbers[kind]));
      text(",\"kind\":");
      quoted(kKinds[kind].name);
      text("}");
      const MapFacts& best = recording_.maps[first];
      const std::size_t best_kind = kind_of(best);
      if (kind < best_kind || (kind == best_kind && map.changes > best.changes)) first = i;
    }
    text("],\"first\":" + std::to_string(first));
  }

  void quoted(std::string_view bytes) {
    text("\"");
    put_json_text(bytes, [&](std::string_view piece) { piece == "<" ? text("\\u003c") : text(piece); });
    text("\"");
  }

  void base64() {
    constexpr std::size_t kLineBytes = 90;  // 120 characters
    for (std::string_view rest = recording_.events; !rest.empty();) {
      const std::string_view line = rest.substr(0, kLineBytes);
      for (std::size_t i = 0; i < line.size(); i += 3) base64(line.substr(i, 3));
      text("\n");
      rest.remove_prefix(line.size());
    }
  }

  void base64(std::string_view bytes) {
    constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      word = word << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U);
    }
    char digits[4];
    for (std::size_t i = 0; i < 4; ++i) {
      digits[i] = i <= bytes.size() ? kDigits[word >> (18 - 6 * i) & 63] : '=';
    }
    text({digits, sizeof digits});
  }

  void text(std::string_view piece) { file_.write(piece); }

  OutputFile& file_;
  const Recording& recording_;
  std::string_view program_;
};

}  // namespace

int write_explore_page(const char* path, std::string_view program) {
  OutputFile file(path);
  PageWriter(file, gc::recording::recorded(), program).write();
  return file.close();
}

}  // namespace interlox::vm
