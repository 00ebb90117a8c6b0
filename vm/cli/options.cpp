// SPDX-License-Identifier: BSD-3-Clause
#include "vm/cli/options.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace interlox::cli {
namespace {

constexpr std::string_view kHelp =
    R"(usage: interlox [OPTION]... [FILE|- [ARG]...]      run a Lox program
       interlox [OPTION]... -e SOURCE... [ARG]...    run SOURCE
       interlox [OPTION]...                          read, run and print, line by line
       interlox [OPTION]... lua FILE.lua [ARG]...    run a Lua script
       interlox [OPTION]... test [PATH]...           run *_spec.lua files; TAP on stdout
       interlox fmt [--check] [PATH|-]...            format Lox programs in place, or stdin to stdout;
                                                     with --check: only list those that would change

  -e SOURCE              run SOURCE; may be given more than once
  -i                     read further lines after the program has run
  -                      read the program from standard input
  --dump=tokens          print the tokens of the program instead of running it
  --dump=bytecode        print its compiled code
  --dump=symbols         compile it and print the symbol table
  --initial-heap=SIZE    start with a heap of SIZE bytes (default 32m)
  --max-heap=SIZE        never let the heap grow beyond SIZE bytes
  --gc-stress[=N]        collect at every Nth allocation (default 1)
  --count-nodes          count trie nodes made, retired and reclaimed exactly
  --help, --version      say so, and end

SIZE takes the suffixes k, m and g. Exit codes: 0; 1 an error in a Lua script, a failed
test or a file that 'fmt --check' lists; 64 wrong options; 65 a compile error; 70 a
run-time error; 74 a file that can't be read or output that can't be written; 130
interrupted.
)";

/// Walks the command line; each take...() consumes what it reads.
class Parser {
 public:
  Parser(int argc, const char* const argv[]) {
    options_.command_words.assign(argv, argv + std::min(argc, 1));
    for (int i = 1; i < argc; ++i) words_.emplace_back(argv[i]);
  }

  Options parse() {
    while (options_.error.empty() && next_ < words_.size()) {
      const std::string& word = words_[next_];
      if (word == "--") {
        ++next_;
        break;
      }
      if (word == "-" || word.empty() || word[0] != '-') break;
      ++next_;
      option(word);
    }
    if (options_.error.empty() && options_.command == Command::run) operands();
    return std::move(options_);
  }

 private:
  void option(const std::string& word) {
    std::string_view name = word;
    std::string_view value;
    bool has_value = false;
    if (const auto equals = name.find('='); equals != std::string_view::npos && name.starts_with("--")) {
      value = name.substr(equals + 1);
      name = name.substr(0, equals);
      has_value = true;
    }
    if (name == "--gc-stress") return stress(has_value, value);
    if (name == "--initial-heap") return size(name, has_value, value, options_.heap.initial_heap);
    if (name == "--max-heap") return size(name, has_value, value, options_.heap.max_heap);
    if (name == "--dump") return dump(has_value, value);
    if (has_value) return fail("unknown option '" + word + "'");
    if (name == "-e") return expression();
    if (name == "-i")
      options_.interactive = true;
    else if (name == "--count-nodes")
      options_.heap.count_nodes = true;
    else if (name == "--help" || name == "-h")
      options_.command = Command::help;
    else if (name == "--version")
      options_.command = Command::version;
    else
      fail("unknown option '" + word + "'");
  }

  void expression() {
    if (next_ == words_.size()) return fail("option '-e' needs the source to run");
    options_.expressions.push_back(words_[next_++]);
  }

  void stress(bool has_value, std::string_view value) {
    options_.heap.stress = 1;
    if (!has_value) return;
    const char* end = value.data() + value.size();
    const auto [stop, status] = std::from_chars(value.data(), end, options_.heap.stress);
    if (status != std::errc() || stop != end || options_.heap.stress == 0) {
      fail("option '--gc-stress' needs a whole number from 1 up, got '" + std::string(value) + "'");
    }
  }

  void size(std::string_view name, bool has_value, std::string_view value, std::size_t& bytes) {
    if (!has_value || !parse_size(value, bytes)) {
      fail("option '" + std::string(name) + "' needs a size such as 512k, 64m or 2g, got '" +
           std::string(value) + "'");
    }
  }

  void dump(bool has_value, std::string_view value) {
    if (value == "tokens")
      options_.dump = Dump::tokens;
    else if (value == "bytecode")
      options_.dump = Dump::bytecode;
    else if (value == "symbols")
      options_.dump = Dump::symbols;
    else
      fail("option '--dump' needs tokens, bytecode or symbols" +
           (has_value ? ", got '" + std::string(value) + "'" : ""));
  }

  void operands() {
    const bool plain = options_.expressions.empty() && (next_ == 0 || words_[next_ - 1] != "--");
    if (next_ < words_.size() && plain && is_subcommand(words_[next_])) {
      return subcommand();
    }
    if (options_.expressions.empty() && next_ < words_.size()) options_.file = words_[next_++];
    rest();
    const bool nothing = options_.expressions.empty() && options_.file.empty();
    if (nothing && options_.dump != Dump::none) return fail("option '--dump' needs a program to show");
    if (nothing) options_.interactive = true;
  }

  static bool is_subcommand(std::string_view word) {
    return word == "lua" || word == "test" || word == "fmt";
  }

  void subcommand() {
    const std::string name = words_[next_++];
    if (options_.interactive || options_.dump != Dump::none) {
      return fail("options '-i' and '--dump' don't go with '" + name + "'");
    }
    options_.command = name == "lua" ? Command::lua : name == "fmt" ? Command::format : Command::test;
    if (options_.command == Command::lua) {
      if (next_ == words_.size()) return fail("'lua' needs a file to run");
      const auto file = words_.begin() + static_cast<std::ptrdiff_t>(next_);
      options_.command_words.insert(options_.command_words.end(), words_.begin(), file);
      options_.file = words_[next_++];
    }
    rest();
  }

  void rest() {
    options_.arguments.assign(words_.begin() + static_cast<std::ptrdiff_t>(next_), words_.end());
  }

  void fail(std::string message) { options_.error = std::move(message); }

  std::vector<std::string> words_;
  std::size_t next_ = 0;
  Options options_;
};

}  // namespace

Options parse_options(int argc, const char* const argv[]) { return Parser(argc, argv).parse(); }

bool parse_size(std::string_view text, std::size_t& bytes) {
  std::size_t unit = 1;
  if (!text.empty()) {
    switch (text.back()) {
      case 'k':
      case 'K':
        unit = std::size_t{1} << 10;
        break;
      case 'm':
      case 'M':
        unit = std::size_t{1} << 20;
        break;
      case 'g':
      case 'G':
        unit = std::size_t{1} << 30;
        break;
      default:
        break;
    }
    if (unit != 1) text.remove_suffix(1);
  }
  std::size_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, number);
  if (status != std::errc() || stop != end || number == 0) return false;
  if (number > std::numeric_limits<std::size_t>::max() / unit) return false;
  bytes = number * unit;
  return true;
}

std::string_view help_text() { return kHelp; }

}  // namespace interlox::cli
