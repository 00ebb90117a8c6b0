// SPDX-License-Identifier: BSD-3-Clause
// interlox explore: that the page has what the program's maps have done, however it ends. What the page makes
// of it in a browser is seen by tests/browser.
#include <cstdint>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/program.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/recording_player.hpp"

namespace {

using interlox::test::Ending;
using interlox::test::interlox_with;
using interlox::test::ProcessOptions;
using interlox::test::ProcessResult;
using interlox::test::RecordingPlayer;
using interlox::test::run_process;
using interlox::test::TemporaryFile;

std::string between(const std::string& text, const std::string& open, const std::string& close) {
  const std::size_t begin = text.find(open);
  REQUIRE(begin != std::string::npos);
  const std::size_t end = text.find(close, begin);
  REQUIRE(end != std::string::npos);
  return text.substr(begin + open.size(), end - begin - open.size());
}

std::string from_base64(const std::string& text) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t word = 0;
  int bits = 0;
  for (const char c : text) {
    const std::size_t digit = digits.find(c);
    if (digit == std::string::npos) continue;  // a line's end, or what fills up
    word = word << 6 | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits >= 8) bytes += static_cast<char>(word >> (bits -= 8));
  }
  return bytes;
}

/// What a page has.
class Page {
 public:
  explicit Page(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream all;
    all << file.rdbuf();
    text_ = all.str();
    about_ = between(text_, "<script id=\"about\" type=\"application/json\">", "</script>");
    events_ = from_base64(between(text_, "<script id=\"recording\" type=\"text/plain\">", "</script>"));
    for (const std::string& thread : strings("\"threads\":[", "]")) threads_.push_back(thread);
    for (const std::string& map : strings("\"maps\":[", "]")) {
      if (map != "name" && map != "kind") maps_.push_back({map.c_str()});
    }
    maps_.resize(maps_.size() / 2);  // of a name and a kind; the player asks for their number
  }

  const std::string& text() const { return text_; }
  const std::string& about() const { return about_; }
  std::uint64_t number(const std::string& name) const {
    return std::stoull(between(about_, "\"" + name + "\":", ","));
  }
  RecordingPlayer played() const {
    return RecordingPlayer({events_, threads_, maps_, number("events"), number("dropped"), 0, true});
  }
  /// The tree of the map that is shown first.
  std::string tree() const {
    RecordingPlayer player = played();
    return player.dump(number("first"));
  }
  /// The last text of an entry with this key, in any map; "-" if there is none.
  std::string value_of(const std::string& key) const {
    std::string value = "-";
    const RecordingPlayer player = played();
    for (const RecordingPlayer::Node& node : player.nodes()) {
      if (node.kind == 'E' && node.key == key) value = node.value;
    }
    return value;
  }

 private:
  std::vector<std::string> strings(const std::string& open, const std::string& close) const {
    const std::string list = between(about_, open, close);
    const std::regex quoted("\"([^\"]*)\"");
    std::vector<std::string> all;
    for (std::sregex_iterator at(list.begin(), list.end(), quoted), end; at != end; ++at) {
      all.push_back((*at)[1]);
    }
    return all;
  }

  std::string text_, about_, events_;
  std::vector<std::string> threads_;
  std::vector<interlox::gc::recording::MapFacts> maps_;
};

const std::string kProgram = R"(
  var map = ConcurrentMap();
  fun fill(from) { for (var i in from..from + 500) map.set(`key ${i}`, i); }
  var other = spawn(fun () { fill(0); });
  fill(500);
  other.join();
  for (var i in 0..999) map.remove(`key ${i}`);
  map.set("key 999", [1, "two"]);
  var handles = [];
  for (var i in 0..20) handles.add(Unique(`handle ${i}`));
  print "done";
)";

}  // namespace

TEST_CASE("a page has what the maps of a program have done") {
  const TemporaryFile program("explored.lox", kProgram);
  const TemporaryFile file("explored.html", "");
  const ProcessResult got = interlox_with({"explore", program.path(), "-o", file.path()});
  CHECK(got.output == "done\n");
  CHECK(got.errors.empty());
  CHECK(got.code == 0);
  const Page page(file.path());
  CHECK(page.text().starts_with("<!doctype html>"));
  for (const char* marker : {"<!-- style", "<!-- about", "<!-- recording", "<!-- script"}) {
    CHECK(page.text().find(marker) == std::string::npos);
  }
  CHECK(page.about().find("\"program\":\"" + program.path() + "\"") != std::string::npos);
  CHECK(page.about().find("\"<Thread 1>\"") == std::string::npos);  // no tag in a page
  CHECK(page.about().find("\"\\u003cThread 1>\"") != std::string::npos);
  CHECK(page.about().find("{\"name\":\"handles\",\"kind\":\"handles\"}") != std::string::npos);
  CHECK(page.about().find("{\"name\":\"symbols\",\"kind\":\"symbols\"}") != std::string::npos);
  CHECK(page.about().find("{\"name\":\"ConcurrentMap 1\",\"kind\":\"map\"}") != std::string::npos);
  CHECK(page.about().find("\"counted\":true") != std::string::npos);
  CHECK(page.number("dropped") == 0);
  const std::string tree = page.tree();
  CHECK(tree.find("[Entry Key=\"key 999\" Value=") != std::string::npos);
  CHECK(tree.find("\"key 998\"") == std::string::npos);
  CHECK(page.value_of("\"handle 19\"").empty());
  CHECK(page.value_of("\"handle 20\"") == "-");
  const RecordingPlayer player = page.played();
  CHECK(player.changes(0) >= 3);
  CHECK(player.changes(3) >= 20);
  CHECK(player.retired() > 1000);
  CHECK(player.reclaimed() * 100 > player.retired() * 95);  // by the collection at the end
}

TEST_CASE("a Lua script is explored by its name, with its arguments") {
  const TemporaryFile script("explored.lua", R"(
    local map = require("interlox.trie").new({hash = "zero"})
    for i = 1, 5 do map:store(i, arg[1]) end
    print(arg[0] ~= nil, arg[-1])
  )");
  const TemporaryFile file("script.html", "");
  const ProcessResult got = interlox_with({"explore", "-o", file.path(), script.path(), "word"});
  CHECK(got.errors.empty());
  CHECK(got.output == "true\t" + file.path() + "\n");
  const Page page(file.path());
  CHECK(page.value_of("5") == "\"word\"");
  CHECK(page.tree().find("[Link Hash=0000000000000000]") != std::string::npos);
}

TEST_CASE("what is typed is explored where there is no file") {
  const TemporaryFile file("typed.html", "");
  const ProcessResult got =
      interlox_with({"explore", "-o", file.path()}, "var m = ConcurrentMap();\nm.set(1, 2);\n");
  CHECK(got.code == 0);
  CHECK(Page(file.path()).value_of("1") == "2");
}

TEST_CASE("a page is written however the program ends") {
  const std::string begin = "var m = ConcurrentMap(); m.set(\"begun\", 1); ";
  const auto ends = [&](const std::string& rest, int code) {
    const TemporaryFile program("ends.lox", begin + rest);
    const TemporaryFile file("ends.html", "");
    ProcessOptions options;
    options.interrupt_on = "endless";
    const ProcessResult got =
        run_process({INTERLOX_PROGRAM, "explore", program.path(), "-o", file.path()}, options);
    INFO(rest << '\n' << got.errors);
    CHECK(got.ending == Ending::kExited);
    CHECK(got.code == code);
    CHECK(Page(file.path()).value_of("\"begun\"") == (code == 65 ? "-" : "1"));
  };
  ends("import \"os\"; os.exit(3);", 3);
  ends("print -nil;", 70);
  ends("var;", 65);
  ends("Channel().receive();", 70);
  ends(R"(var s = "endless"; for (var i = 0; i < 15; i = i + 1) s = s + s; print s;
          import "time";
          spawn(fun () { while (true) { m.set(1, 1); m.clear(); time.sleep(0.001); } });
          while (true) { m.set(2, Unique(2)); GC.collect(); })",
       130);
}

TEST_CASE("a page that can't be written is exit code 74, before the program runs or after") {
  const TemporaryFile program("unwritten.lox", "print 1;");
  const ProcessResult before = interlox_with({"explore", program.path(), "-o", "/nonexistent/x.html"});
  CHECK(before.code == 74);
  CHECK(before.output.empty());
  CHECK(before.errors == "interlox: cannot write '/nonexistent/x.html': No such file or directory\n");
  const ProcessResult after = interlox_with({"explore", program.path(), "-o", "/dev/full"});
  CHECK(after.code == 74);
  CHECK(after.output == "1\n");
  CHECK(after.errors == "interlox: cannot write '/dev/full': No space left on device\n");
}
