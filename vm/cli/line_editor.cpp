// SPDX-License-Identifier: BSD-3-Clause
// Editing, history and completion by libedit; without it there is no editor.
#include "vm/cli/line_source.hpp"

#if INTERLOX_LIBEDIT
#include <algorithm>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <histedit.h>
#include <string_view>

#include "vm/cli/interrupt.hpp"
#include "vm/completion.hpp"
#include "vm/output.hpp"
#include "vm/thread.hpp"
#endif

namespace interlox::cli {

#if INTERLOX_LIBEDIT
namespace {

/// The terminal's line editor. One at a time.
///
/// While a line is edited the terminal sends no signals (-isig): Ctrl-C and Ctrl-Z are keys like the others,
/// so that nothing happens in the middle of libedit's work. While an input runs they are signals.
class EditedLines final : public vm::LineSource {
 public:
  /// Of use only if it is ready() then.
  explicit EditedLines(const vm::VM& machine) : machine_(machine), path_(history_path()) {
    // The editor counts characters; programs are UTF-8 whatever the locale says.
    std::setlocale(LC_CTYPE, "");
    if (MB_CUR_MAX == 1) std::setlocale(LC_CTYPE, "C.UTF-8");
    editor_ = el_init("interlox", stdin, stdout, stderr);
    history_ = history_init();
    if (!ready()) return;
    set_up_history();
    set_up_keys();
    interrupt_inputs(vm::Thread::current(), nullptr);
  }

  ~EditedLines() override {
    if (history_ != nullptr) history_end(history_);
    if (editor_ != nullptr) el_end(editor_);
  }
  EditedLines(const EditedLines&) = delete;
  EditedLines& operator=(const EditedLines&) = delete;

  bool ready() const noexcept { return editor_ != nullptr && history_ != nullptr; }

  Outcome read(std::string_view prompt, std::string& line) override {
    prompt_ = prompt;
    cancelled_ = false;
    int length = 0;
    const char* const text = el_gets(editor_, &length);
    if (cancelled_) return Outcome::cancelled;
    if (text == nullptr || length <= 0) {
      vm::StandardOutput::instance()->write("\n");
      return Outcome::end;
    }
    line.assign(text, static_cast<std::size_t>(length));
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
    remember(line);
    return Outcome::line;
  }

  void running(bool now) override {
    if (now) {
      begin_interruptible();
    } else {
      end_interruptible();
    }
  }

 private:
  static EditedLines& self(EditLine* editor) {
    void* data = nullptr;
    el_get(editor, EL_CLIENTDATA, &data);
    return *static_cast<EditedLines*>(data);
  }

  void set_up_history() {
    HistEvent event;
    history(history_, &event, H_SETSIZE, 1000);
    history(history_, &event, H_SETUNIQUE, 1);
    if (!path_.empty()) history(history_, &event, H_LOAD, path_.c_str());  // the first time there is none
  }

  void set_up_keys() {
    el_set(editor_, EL_CLIENTDATA, this);
    el_set(editor_, EL_PROMPT, &show_prompt);
    el_set(editor_, EL_EDITOR, "emacs");
    el_set(editor_, EL_SIGNAL, 1);
    el_set(editor_, EL_HIST, history, history_);
    el_set(editor_, EL_SETTY, "-d", "-isig", nullptr);
    el_set(editor_, EL_ADDFN, "interlox-complete", "Completes the word", &on_tab);
    el_set(editor_, EL_ADDFN, "interlox-cancel", "Takes back what was typed", &on_cancel);
    el_set(editor_, EL_ADDFN, "interlox-suspend", "Suspends the program", &on_suspend);
    el_set(editor_, EL_BIND, "^I", "interlox-complete", nullptr);
    el_set(editor_, EL_BIND, "^C", "interlox-cancel", nullptr);
    el_set(editor_, EL_BIND, "^Z", "interlox-suspend", nullptr);
    el_set(editor_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  }

  void remember(const std::string& line) {
    if (line.find_first_not_of(" \t") == std::string::npos) return;
    HistEvent event;
    history(history_, &event, H_ENTER, line.c_str());
    if (!path_.empty()) history(history_, &event, H_SAVE, path_.c_str());  // now: os.exit() may end it all
  }

  static char* show_prompt(EditLine* editor) { return self(editor).prompt_.data(); }

  static unsigned char on_cancel(EditLine* editor, int) {
    self(editor).cancelled_ = true;
    std::fputs("^C\n", stdout);
    return CC_NEWLINE;
  }

  static unsigned char on_suspend(EditLine*, int) {
    kill(getpid(), SIGTSTP);  // libedit's handler gives the terminal back, and takes it again afterwards
    return CC_REDISPLAY;
  }

  static unsigned char on_tab(EditLine* editor, int) {
    const LineInfo* const info = el_line(editor);
    const std::string_view typed(info->buffer, static_cast<std::size_t>(info->cursor - info->buffer));
    const vm::Completion found = vm::complete_input(self(editor).machine_, typed);
    if (found.words.empty()) return CC_REFRESH_BEEP;
    const std::string more = found.common().substr(typed.size() - found.begin);
    if (!more.empty()) return el_insertstr(editor, more.c_str()) == 0 ? CC_REFRESH : CC_REFRESH_BEEP;
    if (found.words.size() == 1) return CC_REFRESH_BEEP;
    list(found.words);
    return CC_REDISPLAY;
  }

  static void list(const std::vector<std::string>& words) {
    constexpr std::size_t kWidth = 78;
    std::size_t column = 0;
    std::fputc('\n', stdout);
    for (const std::string& word : words) {
      if (column != 0 && column + 2 + word.size() > kWidth) {
        std::fputc('\n', stdout);
        column = 0;
      }
      std::fprintf(stdout, "%s%s", column == 0 ? "" : "  ", word.c_str());
      column += (column == 0 ? 0 : 2) + word.size();
    }
    std::fputc('\n', stdout);
  }

  const vm::VM& machine_;
  const std::string path_;
  std::string prompt_;
  bool cancelled_ = false;
  EditLine* editor_ = nullptr;
  History* history_ = nullptr;
};

}  // namespace

std::unique_ptr<vm::LineSource> make_line_editor(const vm::VM& machine) {
  auto editor = std::make_unique<EditedLines>(machine);
  return editor->ready() ? std::move(editor) : nullptr;
}
#else
std::unique_ptr<vm::LineSource> make_line_editor(const vm::VM&) { return nullptr; }
#endif

}  // namespace interlox::cli
