// What the tests of the frontend share: compile a text, look at the Core and at the diagnostics.
#pragma once

#include <string>
#include <vector>

#include "frontend/frontend.h"
#include "frontend/reader.h"

namespace valkc {

/// The diagnostics of one run as "LINE:COL CODE" each.
inline std::vector<std::string> places(const Diagnostics& diagnostics, const SourceMap& sources) {
  std::vector<std::string> out;
  for (const Diagnostic& d : diagnostics.all()) {
    Position at = sources.position(d.span);
    out.push_back(std::to_string(at.line) + ":" + std::to_string(at.column) + " " +
                  std::string(diagnostic_kind(d.id).code));
  }
  return out;
}

/// A program of one file `main.valk`, with an optional library file.
struct Frontend {
  SourceMap sources;
  Diagnostics diagnostics;
  CoreProgram program;

  explicit Frontend(const std::string& text, const std::string& library = "",
                    DiagnosticOptions flags = {})
      : diagnostics(std::move(flags)) {
    FrontendOptions options;
    options.main_path = "main.valk";
    options.main_text = text;
    if (!library.empty()) options.library.push_back({"lib.valk", library});
    program = compile_frontend(sources, diagnostics, options);
  }

  std::string core() const {
    return diagnostics.has_errors() ? errors() : print_core(program, sources);
  }
  std::string errors() const { return render_text(diagnostics, sources, false); }
  std::vector<std::string> places() const { return valkc::places(diagnostics, sources); }
};

inline std::string core_of(const std::string& text, const std::string& library = "") {
  return Frontend(text, library).core();
}

inline std::vector<std::string> places_of(const std::string& text,
                                          const std::string& library = "") {
  return Frontend(text, library).places();
}

/// The forms of `text` after expansion.
inline std::string expanded(const std::string& text) {
  SourceMap sources;
  Diagnostics diagnostics;
  FrontendOptions options;
  options.main_path = "main.valk";
  options.main_text = text;
  std::string out = print_expanded(sources, diagnostics, options);
  return out + render_text(diagnostics, sources, false);
}

}  // namespace valkc
