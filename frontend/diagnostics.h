// The one diagnostic engine: every message that the compiler has for the user passes through here.
//
// A stage reports by the row of diagnostics.def; text, code, severity and the -W flag come from the
// table. Reports are collected, so that one run shows many, and printed by render_text or render_json.
#pragma once

#include <deque>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "frontend/source.h"

namespace valkc {

enum class Diag : uint16_t {
#define DIAG(id, code, severity, flag, message, explanation) id,
#include "frontend/diagnostics.def"
#undef DIAG
};

enum class Severity : uint8_t { error, warning };

/// One row of diagnostics.def.
struct DiagnosticKind {
  Diag id;
  std::string_view code;
  Severity severity;
  std::string_view flag;  ///< of a warning; else empty
  std::string_view message;
  std::string_view explanation;
};

const DiagnosticKind& diagnostic_kind(Diag id);
/// The row with this code ("VK0012", in any case), or null.
const DiagnosticKind* find_diagnostic(std::string_view code);
/// A message with {0} {1} … replaced.
std::string format_message(std::string_view format, std::initializer_list<std::string_view> args);

/// One thing to tell the user. Built in place: `diagnostics.report(…).note(…).hint(…)`.
struct Diagnostic {
  struct Note {
    Span span;
    std::string text;
  };

  Diag id{};
  Severity severity = Severity::error;
  Span span;
  std::string message;
  std::vector<Note> notes;
  std::vector<std::string> hints;

  Diagnostic& note(Span where, std::string text);
  Diagnostic& hint(std::string text);
};

struct DiagnosticOptions {
  bool warnings_are_errors = false;             ///< -Werror
  bool no_warnings = false;                     ///< -w
  size_t max_errors = 20;                       ///< 0: no limit
  std::unordered_map<std::string, bool> flags;  ///< -WFLAG, -Wno-FLAG; absent: on

  /// Takes the text after "-W". False if it names no warning.
  bool set_warning(std::string_view flag);
};

/// Collects reports in the order in which they are made.
class Diagnostics {
 public:
  Diagnostics() = default;
  explicit Diagnostics(DiagnosticOptions options) : options_(std::move(options)) {}

  /// Records one report and returns it for notes and hints. A warning that is off, an error past the
  /// limit and an exact repetition are dropped; what is returned is then a scratch object.
  Diagnostic& report(Diag id, Span span, std::initializer_list<std::string_view> args = {});

  bool has_errors() const { return error_count_ > 0; }
  size_t error_count() const { return error_count_; }
  size_t warning_count() const { return warning_count_; }
  /// True once max_errors have been reported: stages may stop.
  bool is_exhausted() const { return options_.max_errors && error_count_ >= options_.max_errors; }
  const std::deque<Diagnostic>& all() const { return reports_; }
  DiagnosticOptions& options() { return options_; }

 private:
  bool is_off(const DiagnosticKind& kind) const;
  bool is_repeated(Diag id, Span span, std::string_view message) const;

  DiagnosticOptions options_;
  std::deque<Diagnostic> reports_;
  Diagnostic scratch_;
  size_t error_count_ = 0;
  size_t warning_count_ = 0;
};

/// For people: `FILE:LINE:COL: error: MESSAGE [CODE]`, the line, a caret, notes, hints.
std::string render_text(const Diagnostics& diagnostics, const SourceMap& sources, bool color);
/// For programs: one JSON object a line.
std::string render_json(const Diagnostics& diagnostics, const SourceMap& sources);
/// What `--explain CODE` prints; empty if there is no such code.
std::string explain_diagnostic(std::string_view code);

}  // namespace valkc
