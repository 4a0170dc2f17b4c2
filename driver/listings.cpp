// See listings.h. The reference manual is generated from the same output, so the formats are stable.
#include "driver/listings.h"

#include <algorithm>

#include "cps/pipeline.h"
#include "driver/resources.h"
#include "driver/usage_error.h"
#include "frontend/diagnostics.h"
#include "frontend/primitives.h"
#include "valkyria/version.h"

namespace valkc {
namespace {

struct EffectName {
  Effect effect;
  std::string_view name;
};
constexpr EffectName EFFECTS[] = {
    {EFFECT_ALLOCATES, "allocates"}, {EFFECT_RAISES, "raises"},     {EFFECT_READS, "reads"},
    {EFFECT_WRITES, "writes"},       {EFFECT_SUSPENDS, "suspends"}, {EFFECT_OPERATION, "operation"},
    {EFFECT_CALLS, "calls"},         {EFFECT_AWAITS, "awaits"},     {EFFECT_OPENS, "opens"},
};

std::string signature(const Primitive& primitive) {
  std::string text = "(" + std::string(primitive.name);
  if (!primitive.params.empty()) text += " " + std::string(primitive.params);
  return text + ")";
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= ' ') out += c;
  }
  return out + "\"";
}

std::string effects_as_json(const Primitive& primitive) {
  std::string text;
  for (const EffectName& row : EFFECTS)
    if (primitive.has(row.effect)) text += (text.empty() ? "" : ", ") + json_string(row.name);
  return "[" + text + "]";
}

std::string primitive_as_json(const Primitive& primitive) {
  return "{\"name\": " + json_string(primitive.name) +
         ", \"signature\": " + json_string(signature(primitive)) +
         ", \"min\": " + std::to_string(primitive.min_args) +
         ", \"max\": " + std::to_string(primitive.max_args) +
         ", \"effects\": " + effects_as_json(primitive) +
         ", \"doc\": " + json_string(primitive.doc) +
         (primitive.cancelling.empty() ? ""
                                       : ", \"cancelling\": " + json_string(primitive.cancelling)) +
         "}";
}

std::string list_primitives(bool as_json) {
  std::string text;
  for (const Primitive& primitive : primitives()) {
    if (primitive.has(EFFECT_INTERNAL) || primitive.name.starts_with('%')) continue;
    if (as_json) {
      text += (text.empty() ? "[\n  " : ",\n  ") + primitive_as_json(primitive);
    } else {
      text += signature(primitive) + "\n    " + std::string(primitive.doc) + "\n";
      if (!primitive.cancelling.empty())
        text += "    Cancelling " + std::string(primitive.cancelling) + ".\n";
    }
  }
  if (as_json) text += text.empty() ? "[]\n" : "\n]\n";
  return text;
}

std::string list_diagnostics() {
  std::string text;
#define DIAG(id, code, severity, flag, message, explanation)                        \
  text += code "  " #severity "  ";                                                 \
  text += (std::string_view(flag).empty() ? "" : "[-W" + std::string(flag) + "] "); \
  text += std::string(message) + "\n";
#include "frontend/diagnostics.def"
#undef DIAG
  return text;
}

std::string list_passes() {
  std::string text;
  for (const Pass& pass : passes()) {
    std::string name(pass.name);
    name.resize(std::max<size_t>(name.size() + 1, 24), ' ');
    text += name + "-O" + std::to_string(pass.level) + "  " + std::string(pass.doc) + "\n";
  }
  return text;
}

std::string explanation(const std::string& code) {
  std::string text = explain_diagnostic(code);
  if (text.empty())
    throw UsageError("there is no diagnostic `" + code + "` (--list-diagnostics shows all)");
  if (text.back() != '\n') text += '\n';
  return text;
}

}  // namespace

std::optional<std::string> requested_listing(const Options& options) {
  if (options.show_help) return help_text();
  if (options.show_version) return "valkc " VALKYRIA_VERSION "\n";
  if (!options.explain.empty()) return explanation(options.explain);
  if (options.list_primitives) return list_primitives(options.primitives_as_json);
  if (options.list_diagnostics) return list_diagnostics();
  if (options.list_passes) return list_passes();
  if (options.print_resource_dir) return find_resources().library_dir + "\n";
  return std::nullopt;
}

}  // namespace valkc
