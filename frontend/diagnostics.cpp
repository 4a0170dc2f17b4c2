// Collecting: the table, the options that switch warnings, the list of reports.
#include "frontend/diagnostics.h"

#include <algorithm>
#include <cctype>

namespace valkc {

namespace {

constexpr auto error = Severity::error;
constexpr auto warning = Severity::warning;

constexpr DiagnosticKind kKinds[] = {
#define DIAG(id, code, severity, flag, message, explanation) \
  {Diag::id, code, severity, flag, message, explanation},
#include "frontend/diagnostics.def"
#undef DIAG
};

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::toupper(x) == std::toupper(y);
  });
}

bool is_warning_flag(std::string_view flag) {
  return std::any_of(std::begin(kKinds), std::end(kKinds), [&](const DiagnosticKind& kind) {
    return kind.severity == warning && kind.flag == flag;
  });
}

}  // namespace

const DiagnosticKind& diagnostic_kind(Diag id) { return kKinds[static_cast<size_t>(id)]; }

const DiagnosticKind* find_diagnostic(std::string_view code) {
  for (const DiagnosticKind& kind : kKinds) {
    if (equals_ignoring_case(kind.code, code)) return &kind;
  }
  return nullptr;
}

std::string format_message(std::string_view format, std::initializer_list<std::string_view> args) {
  std::string out;
  for (size_t i = 0; i < format.size(); ++i) {
    bool is_slot = format[i] == '{' && i + 2 < format.size() && format[i + 2] == '}';
    size_t index = is_slot ? static_cast<size_t>(format[i + 1] - '0') : args.size();
    if (index >= args.size()) {
      out += format[i];
      continue;
    }
    out += args.begin()[index];
    i += 2;
  }
  return out;
}

Diagnostic& Diagnostic::note(Span where, std::string text) {
  notes.push_back({where, std::move(text)});
  return *this;
}

Diagnostic& Diagnostic::hint(std::string text) {
  hints.push_back(std::move(text));
  return *this;
}

bool DiagnosticOptions::set_warning(std::string_view flag) {
  bool on = !flag.starts_with("no-");
  if (!on) flag.remove_prefix(3);
  if (flag == "error") {
    warnings_are_errors = on;
    return true;
  }
  if (flag == "all" || flag == "extra") {
    no_warnings = !on;
    return true;
  }
  if (!is_warning_flag(flag)) return false;
  flags[std::string(flag)] = on;
  return true;
}

bool Diagnostics::is_off(const DiagnosticKind& kind) const {
  if (kind.severity == Severity::error) return is_exhausted();
  if (options_.no_warnings) return true;
  auto flag = options_.flags.find(std::string(kind.flag));
  return flag != options_.flags.end() && !flag->second;
}

bool Diagnostics::is_repeated(Diag id, Span span, std::string_view message) const {
  return std::any_of(reports_.begin(), reports_.end(), [&](const Diagnostic& d) {
    return d.id == id && d.span == span && d.message == message;
  });
}

Diagnostic& Diagnostics::report(Diag id, Span span, std::initializer_list<std::string_view> args) {
  const DiagnosticKind& kind = diagnostic_kind(id);
  std::string message = format_message(kind.message, args);
  scratch_ = {};
  if (is_off(kind) || is_repeated(id, span, message)) return scratch_;
  Diagnostic& report = reports_.emplace_back();
  report.id = id;
  report.span = span;
  report.severity = options_.warnings_are_errors ? Severity::error : kind.severity;
  report.message = std::move(message);
  ++(report.severity == Severity::error ? error_count_ : warning_count_);
  return report;
}

std::string explain_diagnostic(std::string_view code) {
  const DiagnosticKind* kind = find_diagnostic(code);
  if (!kind) return {};
  std::string out(kind->code);
  out += kind->severity == error ? ": error: " : ": warning (-W" + std::string(kind->flag) + "): ";
  return out + std::string(kind->message) + "\n\n" + std::string(kind->explanation) + "\n";
}

}  // namespace valkc
