// The terminal's side of the read-eval-print loop; the session itself is runtime/eval/interactive.h.
#include "driver/repl.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

#include "driver/build_tree.h"
#include "driver/status.h"
#include "runtime/eval/interactive.h"

#if VALKYRIA_HAS_EDITLINE
#include <editline/readline.h>
#endif

namespace valkc {
namespace {

constexpr const char* HELP =
    "Type an expression; it may span lines. A value other than nil is printed.\n"
    "  :type EXPR         the type of its value\n"
    "  :emit STAGE EXPR   its core, cps or cps-opt; nothing is run\n"
    "  :load FILE         evaluate a file\n"
    "  :help              this text\n"
    "  :quit              leave (or end the input)\n";

// ---- lines --------------------------------------------------------------------------------------

enum class Typed : uint8_t { line, end, interrupt };

/// Where lines come from.
class LineSource {
 public:
  virtual ~LineSource() = default;
  virtual Typed next(const char* prompt, std::string& line) = 0;
  virtual void remember(const std::string&) {}
};

class PipedLines : public LineSource {
 public:
  Typed next(const char*, std::string& line) override {
    return std::getline(std::cin, line) ? Typed::line : Typed::end;
  }
};

#if VALKYRIA_HAS_EDITLINE
std::vector<std::string> completion_names;

char* next_completion(const char* text, int state) {
  static size_t at;
  if (state == 0) at = 0;
  for (; at < completion_names.size(); ++at)
    if (completion_names[at].starts_with(text)) return strdup(completion_names[at++].c_str());
  return nullptr;
}

InteractiveSession* edited_session;  ///< libedit's callbacks carry no data
bool reading_was_interrupted;        ///< the line being edited was given up
pthread_t editor;                    ///< whose wait for a key a signal is to end
volatile sig_atomic_t has_continued, has_resized;

/// libedit would redraw from its own handlers, in whatever thread a signal comes to, while this one edits.
void on_terminal_signal(int signal) {
  if (!pthread_equal(pthread_self(), editor))
    pthread_kill(editor, signal);
  else if (signal == SIGWINCH)
    has_resized = 1;
  else
    has_continued = 1;
}

void watch_terminal() {
  rl_catch_signals = 0;
  editor = pthread_self();
  struct sigaction action {};
  action.sa_handler = on_terminal_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGWINCH, &action, nullptr);
  sigaction(SIGCONT, &action, nullptr);
}

/// After a stop (^Z) the terminal is as the shell left it.
void follow_terminal() {
  if (has_continued) {
    rl_deprep_terminal();
    rl_prep_terminal(1);
    rl_forced_update_display();
  }
  if (has_resized) rl_resize_terminal();
  has_continued = 0;
  has_resized = 0;
}

/// One byte of what is typed; -1: the end, or an interrupt.
int read_byte() {
  for (;;) {
    unsigned char byte = 0;
    pollfd input{0, POLLIN, 0};  // poll, because after a signal a read may begin again
    if (poll(&input, 1, -1) > 0) {
      const ssize_t n = read(0, &byte, 1);
      if (n == 1) return byte;
      if (n == 0) return -1;
    }
    const bool was_signal = errno == EINTR;
    follow_terminal();
    reading_was_interrupted = edited_session->was_interrupted();
    if (!was_signal || reading_was_interrupted) return -1;
  }
}

/// One character, which libedit takes as it is: by itself it would go on after an interrupt.
int read_character(FILE*) {
  const int first = read_byte();
  const int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
  if (more == 0) return first;
  int character = first & (0x3f >> more);
  for (int i = 0; i < more; ++i) {
    const int byte = read_byte();
    if (byte < 0) return byte;
    character = character << 6 | (byte & 0x3f);
  }
  return character;
}

/// With editing, history and completion by libedit.
class EditedLines : public LineSource {
 public:
  explicit EditedLines(InteractiveSession& session) : session_(session) {
    static char breaks[] = " \t\n(){}\"';,`";
    edited_session = &session;
    std::setlocale(LC_CTYPE, "");
    rl_readline_name = const_cast<char*>("valkc");
    rl_getc_function = read_character;
    watch_terminal();
    rl_initialize();
    rl_completer_word_break_characters = breaks;
    rl_completion_entry_function = next_completion;
    if (const char* home = std::getenv("HOME")) file_ = std::string(home) + "/.valkc_history";
    if (!file_.empty()) read_history(file_.c_str());
  }
  ~EditedLines() override {
    if (!file_.empty()) write_history(file_.c_str());
  }

  /// An interrupt is never lost: one that came before gives up what was typed so far, one that comes
  /// when the line has been read is for its evaluation.
  Typed next(const char* prompt, std::string& line) override {
    if (session_.take_interrupt()) return Typed::interrupt;
    completion_names = session_.names();
    reading_was_interrupted = false;
    char* typed = readline(prompt);
    if (!typed) std::fputc('\n', stdout);
    if (typed) line = typed;
    const bool is_end = !typed;
    std::free(typed);
    if (reading_was_interrupted) return session_.take_interrupt(), Typed::interrupt;
    return is_end ? Typed::end : Typed::line;
  }
  void remember(const std::string& text) override { add_history(text.c_str()); }

 private:
  InteractiveSession& session_;
  std::string file_;
};
#endif

std::unique_ptr<LineSource> line_source([[maybe_unused]] InteractiveSession& session) {
#if VALKYRIA_HAS_EDITLINE
  if (isatty(0)) return std::make_unique<EditedLines>(session);
#endif
  return std::make_unique<PipedLines>();
}

// ---- the loop -----------------------------------------------------------------------------------

class Repl {
 public:
  Repl(const std::vector<std::string>& include_dirs, bool color)
      : color_(color), session_(include_dirs), lines_(line_source(session_)) {}

  int run() {
    session_.run_on_stack([this] {
      if (isatty(0)) session_.catch_interrupts();
      loop();
    });
    return isatty(0) || is_good_ ? STATUS_success : STATUS_diagnosed;
  }

 private:
  void loop() {
    std::string text;
    for (;;) {
      const Typed typed = read_input(text);
      if (typed == Typed::end) return;
      if (typed == Typed::interrupt || text.find_first_not_of(" \t\r\n") == std::string::npos)
        continue;
      lines_->remember(text);
      if (text == ":quit") return;
      is_good_ = obey(text) && is_good_;
      std::fflush(stdout);
    }
  }

  /// Lines, up to where what they begin ends. An interrupt drops them.
  Typed read_input(std::string& text) {
    Typed typed = lines_->next("valk> ", text);
    if (typed != Typed::line) return typed;
    while (InteractiveSession::is_incomplete(text)) {
      std::string line;
      typed = lines_->next("  ...> ", line);
      if (typed == Typed::interrupt) return typed;
      if (typed == Typed::end) break;
      text += "\n" + line;
    }
    return Typed::line;
  }

  bool obey(const std::string& text) {
    const std::string command = text.substr(0, text.find(' '));
    const std::string rest = text.size() > command.size() ? text.substr(command.size() + 1) : "";
    if (command == ":help") return std::fputs(HELP, stdout), true;
    if (command == ":type") return session_.evaluate("(type (do " + rest + "))", color_);
    if (command == ":load") return session_.evaluate("(load \"" + rest + "\")", color_);
    if (command == ":emit") return emit(rest);
    return session_.evaluate(text, color_);
  }

  bool emit(const std::string& rest) {
    const std::string stage = rest.substr(0, rest.find(' '));
    const std::string text = rest.size() > stage.size() ? rest.substr(stage.size() + 1) : "";
    if (stage != "core" && stage != "cps" && stage != "cps-opt")
      return std::fputs("error: write :emit STAGE EXPR; a STAGE is core, cps or cps-opt\n", stderr),
             false;
    const std::string shown = session_.show(stage, text, color_);
    std::fputs(shown.c_str(), stdout);
    return !shown.empty();
  }

  bool color_;
  bool is_good_ = true;
  InteractiveSession session_;
  std::unique_ptr<LineSource> lines_;
};

}  // namespace

int run_repl(const std::vector<std::string>& include_dirs, bool color) {
  return Repl(include_dirs, color).run();
}

}  // namespace valkc
