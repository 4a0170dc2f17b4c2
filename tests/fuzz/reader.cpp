// libFuzzer: any bytes, read as source text. What reads without an error reads again from its printed form, to the
// same data.
#include <stdint.h>
#include <stdlib.h>

#include <string>

#include "frontend/lexer.h"
#include "frontend/reader.h"

namespace {

using namespace valkc;

/// The printed data of a text, and whether it was free of errors.
std::string printed(const std::string& text, bool* is_good) {
  SourceMap sources;
  Diagnostics diagnostics;
  DatumArena arena;
  const uint32_t file = sources.add("input.valk", text);
  const std::vector<const Datum*> data = read_all(sources, file, arena, diagnostics);
  *is_good = !diagnostics.has_errors();
  if (!*is_good) return render_text(diagnostics, sources, false);
  return print_data(data);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  bool is_good = false;
  const std::string first =
      printed(std::string(reinterpret_cast<const char*>(bytes), size), &is_good);
  if (!is_good) return 0;
  // Not at the beginning of a file, where `#!` begins a line that is skipped.
  const std::string second = printed("\n" + first, &is_good);
  if (!is_good || first != second) abort();
  return 0;
}
