// The terminal's side of the read-eval-print loop; the session itself is runtime/eval/interactive.h.
#include "driver/repl.h"

#include <unistd.h>

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

/// Where lines come from.
class LineSource {
 public:
  virtual ~LineSource() = default;
  /// False at the end of the input.
  virtual bool next(const char* prompt, std::string& line) = 0;
  virtual void remember(const std::string&) {}
};

class PipedLines : public LineSource {
 public:
  bool next(const char*, std::string& line) override {
    return static_cast<bool>(std::getline(std::cin, line));
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

/// With editing, history and completion by libedit.
class EditedLines : public LineSource {
 public:
  explicit EditedLines(InteractiveSession& session) : session_(session) {
    static char breaks[] = " \t\n(){}\"';,`";
    rl_readline_name = const_cast<char*>("valkc");
    rl_initialize();
    rl_completer_word_break_characters = breaks;
    rl_completion_entry_function = next_completion;
    if (const char* home = std::getenv("HOME")) file_ = std::string(home) + "/.valkc_history";
    if (!file_.empty()) read_history(file_.c_str());
  }
  ~EditedLines() override {
    if (!file_.empty()) write_history(file_.c_str());
  }

  bool next(const char* prompt, std::string& line) override {
    completion_names = session_.names();
    char* typed = readline(prompt);
    if (!typed) return std::fputc('\n', stdout), false;
    line = typed;
    std::free(typed);
    return true;
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
    session_.run_on_stack([this] { loop(); });
    return isatty(0) || is_good_ ? STATUS_success : STATUS_diagnosed;
  }

 private:
  void loop() {
    std::string text;
    while (read_input(text)) {
      if (text.find_first_not_of(" \t\r\n") == std::string::npos) continue;
      lines_->remember(text);
      if (text == ":quit") return;
      is_good_ = obey(text) && is_good_;
      std::fflush(stdout);
    }
  }

  /// Lines, up to where what they begin ends.
  bool read_input(std::string& text) {
    if (!lines_->next("valk> ", text)) return false;
    std::string line;
    while (InteractiveSession::is_incomplete(text) && lines_->next("  ...> ", line))
      text += "\n" + line;
    return true;
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
