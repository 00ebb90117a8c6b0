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
       interlox [OPTION]... check FILE|-...          say what is wrong with Lox programs; run nothing
       interlox [OPTION]... dis FILE|-               print the compiled code of a Lox program
       interlox [OPTION]... lua FILE.lua [ARG]...    run a Lua script
       interlox [OPTION]... explore [FILE|-] -o PAGE [ARG]...
                                                     run a Lox program, or a Lua script FILE.lua, and show as a
                                                     page what maps and collector did
       interlox [OPTION]... test [PATH]...           run *_spec.lua and *_test.lox files; TAP on stdout
       interlox fmt [--check] [PATH|-]...            format Lox programs in place, or stdin to stdout;
                                                     with --check: only list those that would change

  -e SOURCE              run SOURCE; may be given more than once
  -i                     read further lines after the program has run
  -                      read the program from standard input
  --dump=tokens          print the tokens of the program instead of running it
  --dump=bytecode        print its compiled code, as dis
  --dump=symbols         compile it and print the symbol table
  --diagnostics=HOW      show errors plain, rich (with the lines of the source they are about), or
                         auto (the default): rich if stderr is a terminal
  --initial-heap=SIZE    start with a heap of SIZE bytes (default 32m)
  --max-heap=SIZE        never let the heap grow beyond SIZE bytes
  --stack-size=SIZE      room for the calls of each thread (default 32m, at least 256k)
  --gc-stress[=N]        collect at every Nth allocation (default 1)
  --count-nodes          count trie nodes made, retired and reclaimed exactly
  --trace=FILE           record what collector, threads and maps do; written at the end, for
                         Perfetto or chrome://tracing
  --stats                at the end show what heap, collections, tables and maps have come to
  --heap-snapshot=FILE   at the end of the program or script, write all its objects to FILE, for the Memory
                         panel of Chrome's DevTools to load; call it NAME.heapsnapshot
  --help, --version      say so, and end

A program that is called like a command is run as ./check. Colours need a terminal, and NO_COLOR
unset. INTERLOX_HISTORY names the file for the lines typed (default ~/.interlox_history; empty: none).
INTERLOX_DEBUG=gctrace=1 shows each collection in a line on stderr.

SIZE takes the suffixes k, m and g. Exit codes: 0; 1 an error in a Lua script, a failed
test or a file that 'fmt --check' lists; 64 wrong options; 65 a compile error; 70 a
run-time error; 74 a file that can't be read or output that can't be written; 130
interrupted.
)";

/// A word that takes the place of FILE and says what to do.
struct Subcommand {
  std::string_view name;
  std::string_view purpose;  // of the file that it needs; empty: it needs none
  Command command;
  bool one_file;  // its first operand is Options::file; else all are Options::arguments
};

constexpr std::string_view kExplore = "explore";

constexpr Subcommand kSubcommands[] = {
    {"check", "to check", Command::check, false}, {"dis", "to show", Command::dis, true},
    {"fmt", "", Command::format, false},          {"lua", "to run", Command::lua, true},
    {"test", "", Command::test, false},
};

/// Walks the command line; each take...() consumes what it reads.
class Parser {
 public:
  Parser(int argc, const char* const argv[]) {
    options_.command_words.assign(argv, argv + std::min(argc, 1));
    for (int i = 1; i < argc; ++i) words_.emplace_back(argv[i]);
  }

  Options parse() {
    leading_options();
    if (options_.error.empty() && options_.command == Command::run) operands();
    return std::move(options_);
  }

 private:
  void leading_options() {
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
  }

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
    if (name == "--stack-size") return stack_size(name, has_value, value);
    if (name == "--trace") return trace(value);
    if (name == "--heap-snapshot") return heap_snapshot(value);
    if (name == "--dump") return dump(has_value, value);
    if (name == "--diagnostics") return diagnostics(has_value, value);
    if (has_value) return fail("unknown option '" + word + "'");
    if (name == "-e") return expression();
    if (name == "-i")
      options_.interactive = true;
    else if (name == "--count-nodes")
      options_.heap.count_nodes = true;
    else if (name == "--stats")
      options_.stats = true;
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

  void stack_size(std::string_view name, bool has_value, std::string_view value) {
    size(name, has_value, value, options_.stack_bytes);
    if (options_.stack_bytes < vm::StackSizes::kLeast) {
      fail("option '--stack-size' needs at least 256k, got '" + std::string(value) + "'");
    }
  }

  void trace(std::string_view file) {
    if (file.empty()) return fail("option '--trace' needs a file to write, as in --trace=FILE");
    options_.trace = file;
  }

  void heap_snapshot(std::string_view value) {
    options_.heap_snapshot = value;
    if (value.empty()) fail("option '--heap-snapshot' needs the file to write");
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

  void diagnostics(bool has_value, std::string_view value) {
    if (value == "auto")
      options_.diagnostics = Diagnostics::automatic;
    else if (value == "plain")
      options_.diagnostics = Diagnostics::plain;
    else if (value == "rich")
      options_.diagnostics = Diagnostics::rich;
    else
      fail("option '--diagnostics' needs auto, plain or rich" +
           (has_value ? ", got '" + std::string(value) + "'" : ""));
  }

  void operands() {
    const bool plain = options_.expressions.empty() && (next_ == 0 || words_[next_ - 1] != "--");
    if (next_ < words_.size() && plain) {
      if (words_[next_] == kExplore) return explore();
      for (const Subcommand& candidate : kSubcommands) {
        if (words_[next_] == candidate.name) return subcommand(candidate);
      }
    }
    if (options_.expressions.empty() && next_ < words_.size()) options_.file = words_[next_++];
    rest();
    const bool nothing = options_.expressions.empty() && options_.file.empty();
    if (nothing && options_.dump != Dump::none) return fail("option '--dump' needs a program to show");
    if (!options_.heap_snapshot.empty() && options_.dump != Dump::none) {
      return fail("option '--heap-snapshot' needs a program that runs: it doesn't go with '--dump'");
    }
    if (nothing) options_.interactive = true;
  }

  void subcommand(const Subcommand& subcommand) {
    const std::string name(subcommand.name);
    const auto first = words_.begin() + static_cast<std::ptrdiff_t>(++next_);
    const bool about_files = subcommand.command == Command::check || subcommand.command == Command::dis;
    if (about_files) leading_options();  // a script's words are its own, a file's name is no option
    if (!options_.error.empty()) return;
    if (!goes_with_command(name)) return;
    if (!options_.heap_snapshot.empty() && subcommand.command != Command::lua) {
      return fail("option '--heap-snapshot' doesn't go with '" + name + "'");
    }
    if (options_.command != Command::run) return;  // --help
    options_.command = subcommand.command;
    if (!subcommand.purpose.empty() && next_ == words_.size()) {
      return fail("'" + name + "' needs a file " + std::string(subcommand.purpose));
    }
    if (subcommand.command == Command::lua) {
      options_.command_words.insert(options_.command_words.end(), words_.begin(), first);
    }
    if (subcommand.one_file) options_.file = words_[next_++];
    rest();
    if (subcommand.command == Command::dis && !options_.arguments.empty()) fail("'dis' takes one file");
  }

  bool goes_with_command(const std::string& name) {
    if (!options_.interactive && options_.dump == Dump::none && options_.expressions.empty()) return true;
    fail("options '-e', '-i' and '--dump' don't go with '" + name + "'");
    return false;
  }

  // Another way to run a program, whose first words may also be behind FILE.
  void explore() {
    ++next_;
    if (!goes_with_command(std::string(kExplore))) return;
    explore_options();
    const std::size_t file = next_;
    if (next_ < words_.size()) options_.file = words_[next_++];
    explore_options();
    if (!options_.error.empty() || options_.command != Command::run) return;  // --help
    if (options_.explore_page.empty()) return fail("'explore' needs the page to write, as in -o page.html");
    options_.heap.count_nodes = true;  // so that the page can say which nodes were reclaimed, and when
    options_.interactive = options_.file.empty();
    if (options_.file.ends_with(".lua")) {
      options_.command = Command::lua;
      options_.command_words.insert(options_.command_words.end(), words_.begin(),
                                    words_.begin() + static_cast<std::ptrdiff_t>(file));
    }
    rest();
  }

  void explore_options() {
    while (options_.error.empty() && next_ < words_.size()) {
      if (!options_.file.empty() && !options_.explore_page.empty()) break;
      const std::string& word = words_[next_];
      if (word == "-o") {
        ++next_;
        page();
      } else if (options_.file.empty() && word.size() > 1 && word[0] == '-') {
        ++next_;
        option(word);
      } else {
        break;
      }
    }
  }

  void page() {
    if (!options_.explore_page.empty()) return fail("option '-o' is there twice");
    if (next_ < words_.size()) options_.explore_page = words_[next_++];
    if (options_.explore_page.empty()) fail("option '-o' needs the page to write");
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

void parse_debug(std::string_view settings, Options& options) {
  while (!settings.empty() && options.error.empty()) {
    const std::string_view setting = settings.substr(0, settings.find(','));
    settings.remove_prefix(std::min(setting.size() + 1, settings.size()));
    const std::string_view key = setting.substr(0, setting.find('='));
    const std::string_view value = setting.substr(std::min(key.size() + 1, setting.size()));
    if (key != "gctrace") {
      options.error = "INTERLOX_DEBUG: unknown setting '" + std::string(setting) + "'; there is gctrace=1";
    } else if (value != "0" && value != "1") {
      options.error = "INTERLOX_DEBUG: 'gctrace' needs 0 or 1, got '" + std::string(value) + "'";
    } else {
      options.heap.print_collections = value == "1";
    }
  }
}

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
