// Printing of collected diagnostics, for people and for programs.
#include <algorithm>

#include "frontend/diagnostics.h"
#include "frontend/utf8.h"

namespace valkc {

namespace {

struct Palette {
  std::string_view bold, red, magenta, cyan, green, plain;
};
constexpr Palette kColors = {"\033[1m",    "\033[1;31m", "\033[1;35m",
                             "\033[1;36m", "\033[1;32m", "\033[0m"};
constexpr Palette kNoColors = {};

std::string_view severity_name(Severity severity) {
  return severity == Severity::error ? "error" : "warning";
}

std::string code_tag(const Diagnostic& d) {
  const DiagnosticKind& kind = diagnostic_kind(d.id);
  if (kind.flag.empty()) return " [" + std::string(kind.code) + "]";
  return " [" + std::string(kind.code) + ", -W" + std::string(kind.flag) + "]";
}

/// The number of characters (code points; a stray byte counts as one) in `text`.
size_t width_of(std::string_view text) {
  size_t width = 0;
  for (size_t i = 0; i < text.size(); ++width)
    i += std::max<size_t>(utf8_length(text.substr(i)), 1);
  return width;
}

/// What stands under `prefix` so that the caret lines up: tabs stay tabs.
std::string padding_under(std::string_view prefix) {
  std::string out;
  for (size_t i = 0; i < prefix.size();) {
    out += prefix[i] == '\t' ? '\t' : ' ';
    i += std::max<size_t>(utf8_length(prefix.substr(i)), 1);
  }
  return out;
}

/// The second place of expanded code: the call where the code has its place in the template, and the macro where
/// it has that of the call.
Diagnostic::Note note_of(const Origin& origin) {
  if (origin.code.is_known()) return {origin.code, "made by the macro `" + origin.macro + "`"};
  return {origin.call, "expanded from macro `" + origin.macro + "`"};
}

class TextRenderer {
 public:
  TextRenderer(const SourceMap& sources, bool color)
      : sources_(sources), palette_(color ? kColors : kNoColors) {}

  void render(const Diagnostic& d) {
    bool is_error = d.severity == Severity::error;
    headline(d.span, severity_name(d.severity), is_error ? palette_.red : palette_.magenta,
             d.message + code_tag(d));
    snippet(d.span);
    for (const std::string& hint : d.hints) line("  hint: ", palette_.green, hint);
    for (const Diagnostic::Note& note : d.notes) render_note(note.span, note.text);
    expansions(d.span);
  }

  std::string take() { return std::move(out_); }

 private:
  void append(std::string_view text) { out_ += text; }

  void line(std::string_view label, std::string_view color, std::string_view text) {
    append(color), append(label), append(palette_.plain), append(text), append("\n");
  }

  void headline(Span span, std::string_view label, std::string_view color, std::string_view text) {
    append(palette_.bold), append(sources_.describe(span)), append(": "), append(palette_.plain);
    append(color), append(label), append(": "), append(palette_.plain);
    append(palette_.bold), append(text), append(palette_.plain), append("\n");
  }

  void snippet(Span span) {
    if (!span.is_known()) return;
    std::string_view text = sources_.line(span);
    size_t start = std::min<size_t>(sources_.position(span).column - 1, text.size());
    size_t length = std::min<size_t>(span.end - span.begin, text.size() - start);
    size_t width = std::max<size_t>(width_of(text.substr(start, length)), 1);
    append("  "), append(text), append("\n  ");
    append(padding_under(text.substr(0, start))), append(palette_.green);
    append("^" + std::string(width - 1, '~')), append(palette_.plain), append("\n");
  }

  void render_note(Span span, std::string_view text) {
    headline(span, "note", palette_.cyan, text);
    snippet(span);
  }

  /// The macro calls that the code came from, innermost first.
  void expansions(Span span) {
    constexpr int kMaxShown = 8;
    for (int shown = 0; span.origin != 0; ++shown) {
      const Origin& origin = sources_.origin(span.origin);
      if (shown == kMaxShown) return line("  note: ", palette_.cyan, "…more expansions");
      const Diagnostic::Note note = note_of(origin);
      render_note(note.span, note.text);
      span = origin.call;
    }
  }

  const SourceMap& sources_;
  const Palette& palette_;
  std::string out_;
};

/// In the order of the text: reports are made by several passes, but are read from top to bottom.
std::vector<const Diagnostic*> sorted(const Diagnostics& diagnostics) {
  std::vector<const Diagnostic*> reports;
  for (const Diagnostic& d : diagnostics.all()) reports.push_back(&d);
  std::stable_sort(reports.begin(), reports.end(), [](const Diagnostic* a, const Diagnostic* b) {
    return std::make_pair(a->span.file, a->span.begin) <
           std::make_pair(b->span.file, b->span.begin);
  });
  return reports;
}

std::string summary(const Diagnostics& diagnostics) {
  if (!diagnostics.is_exhausted()) return {};
  return "too many errors, stopping\n";
}

// ---- JSON ----

std::string json_string(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (size_t i = 0; i < text.size();) {
    size_t length = utf8_length(text.substr(i));
    auto byte = static_cast<unsigned char>(text[i]);
    if (length == 0 || byte < 0x20) {
      out += std::string("\\u00") + kHex[byte >> 4] + kHex[byte & 15];
    } else {
      if (byte == '"' || byte == '\\') out += '\\';
      out += text.substr(i, length);
    }
    i += std::max<size_t>(length, 1);
  }
  return out + "\"";
}

std::string json_place(Span span, const SourceMap& sources) {
  if (!span.is_known()) return "\"file\":null";
  Position begin = sources.position(span);
  Span last = span;
  last.begin = span.end;
  Position end = sources.position(last);
  return "\"file\":" + json_string(sources.path(span.file)) +
         ",\"line\":" + std::to_string(begin.line) + ",\"column\":" + std::to_string(begin.column) +
         ",\"end_line\":" + std::to_string(end.line) +
         ",\"end_column\":" + std::to_string(end.column);
}

std::string json_note(const Diagnostic::Note& note, const SourceMap& sources) {
  return "{" + json_place(note.span, sources) + ",\"message\":" + json_string(note.text) + "}";
}

std::vector<Diagnostic::Note> notes_with_expansions(const Diagnostic& d, const SourceMap& sources) {
  std::vector<Diagnostic::Note> notes = d.notes;
  for (uint32_t at = d.span.origin; at != 0; at = sources.origin(at).call.origin) {
    const Origin& origin = sources.origin(at);
    notes.push_back(note_of(origin));
  }
  return notes;
}

template <typename Items, typename Print>
std::string json_array(const Items& items, Print print) {
  std::string out = "[";
  for (const auto& item : items) out += (out.size() > 1 ? "," : "") + print(item);
  return out + "]";
}

std::string json_line(const Diagnostic& d, const SourceMap& sources) {
  const DiagnosticKind& kind = diagnostic_kind(d.id);
  auto note = [&](const Diagnostic::Note& n) { return json_note(n, sources); };
  return "{\"severity\":" + json_string(severity_name(d.severity)) +
         ",\"code\":" + json_string(kind.code) +
         (kind.flag.empty() ? "" : ",\"flag\":" + json_string(kind.flag)) + "," +
         json_place(d.span, sources) + ",\"message\":" + json_string(d.message) +
         ",\"hints\":" + json_array(d.hints, [](const std::string& h) { return json_string(h); }) +
         ",\"notes\":" + json_array(notes_with_expansions(d, sources), note) + "}\n";
}

}  // namespace

std::string render_text(const Diagnostics& diagnostics, const SourceMap& sources, bool color) {
  TextRenderer renderer(sources, color);
  for (const Diagnostic* d : sorted(diagnostics)) renderer.render(*d);
  return renderer.take() + summary(diagnostics);
}

std::string render_json(const Diagnostics& diagnostics, const SourceMap& sources) {
  std::string out;
  for (const Diagnostic* d : sorted(diagnostics)) out += json_line(*d, sources);
  return out;
}

}  // namespace valkc
