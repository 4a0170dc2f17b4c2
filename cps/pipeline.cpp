// Running the passes: see pipeline.h.
#include "cps/pipeline.h"

#include <algorithm>
#include <chrono>

#include "cps/analyze_suspension.h"
#include "cps/contify.h"
#include "cps/convert_assigned.h"
#include "cps/convert_closures.h"
#include "cps/eliminate_common.h"
#include "cps/eliminate_dead.h"
#include "cps/infer_types.h"
#include "cps/inline.h"
#include "cps/outline.h"
#include "cps/pack_variables.h"
#include "cps/simplify.h"
#include "cps/speculate.h"
#include "cps/strip_blocks.h"

namespace valkc {

namespace {

constexpr Pass PASSES[] = {
#define PASS(name, function, level, doc) {#name, function, level, doc},
#include "cps/pipeline.def"
};

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The first name that is neither a pass nor "all", or "".
std::string find_unknown(const PassOptions& options) {
  for (const auto* names : {&options.only, &options.disabled, &options.print_after})
    for (const std::string& name : *names)
      if (!find_pass(name) && !(names == &options.print_after && name == "all")) return name;
  return "";
}

std::vector<const Pass*> select(const PassOptions& options) {
  std::vector<const Pass*> selected;
  for (const std::string& name : options.only) selected.push_back(find_pass(name));
  if (options.only.empty())
    for (const Pass& pass : PASSES)
      if (pass.level <= options.level) selected.push_back(&pass);
  std::erase_if(selected, [&](const Pass* p) { return contains(options.disabled, p->name); });
  return selected;
}

/// False if the verifier objects.
bool verify_after(std::string_view stage, const Program& program, const PassOptions& options,
                  PipelineResult& result) {
  if (!options.verify) return true;
  result.violations = verify(program);
  if (!result.violations.empty()) result.broken_by = stage;
  return result.violations.empty();
}

void run_pass(const Pass& pass, Program& program, const PassOptions& options,
              PipelineResult& result) {
  const auto start = std::chrono::steady_clock::now();
  pass.run(program);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  if (options.time) result.times.push_back({pass.name, took.count()});
}

}  // namespace

std::span<const Pass> passes() { return PASSES; }

const Pass* find_pass(std::string_view name) {
  for (const Pass& pass : PASSES)
    if (pass.name == name) return &pass;
  return nullptr;
}

PipelineResult run_passes(Program& program, const PassOptions& options) {
  PipelineResult result;
  result.unknown_pass = find_unknown(options);
  if (!result.unknown_pass.empty()) return result;
  if (!verify_after("input", program, options, result)) return result;
  int number = 0;
  for (const Pass* pass : select(options)) {
    run_pass(*pass, program, options, result);
    number++;
    const bool prints =
        contains(options.print_after, pass->name) || contains(options.print_after, "all");
    if (prints && options.print) options.print(*pass, number, program);
    if (!verify_after(pass->name, program, options, result)) break;
  }
  return result;
}

}  // namespace valkc
