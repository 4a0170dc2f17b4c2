// libFuzzer: any bytes, compiled as a program up to C++. Nothing runs but macros. What the frontend accepts keeps the
// rules of the IR through every pass.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <string>

#include "codegen/emit.h"
#include "cps/convert.h"
#include "cps/pipeline.h"
#include "driver/resources.h"
#include "frontend/frontend.h"
#include "tests/fuzz/harmless.h"

namespace {

using namespace valkc;

FrontendOptions options_for(const std::string& text) {
  FrontendOptions options;
  options.main_path = "input.valk";
  options.main_text = text;
  for (const EmbeddedFile& file : library_sources())
    options.library.push_back({std::string(file.name), std::string(file.text)});
  return options;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  if (!is_harmless(text)) return 0;
  SourceMap sources;
  Diagnostics diagnostics;
  const CoreProgram core = compile_frontend(sources, diagnostics, options_for(text));
  if (diagnostics.has_errors()) {
    render_text(diagnostics, sources, false);
    return 0;
  }
  const std::unique_ptr<Program> program = convert_to_cps(core);
  PassOptions passes;
  passes.verify = true;
  const PipelineResult result = run_passes(*program, passes);
  if (!result.is_ok()) {
    fprintf(stderr, "%s: %s\n", result.broken_by.c_str(), describe(result.violations[0]).c_str());
    abort();
  }
  emit_cpp(*program, sources, {});
  return 0;
}
