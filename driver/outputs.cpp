// See outputs.h.
#include "driver/outputs.h"

#include <filesystem>

namespace valkc {

namespace fs = std::filesystem;

std::string output_path(const Options& options, const std::string& name) {
  if (!options.output.empty()) return options.output;
  if (options.emit <= EmitStage::cpp) return "-";
  if (options.emit == EmitStage::exe) return "a.out";
  return name + std::string(stage_suffix(options.emit));
}

std::string temp_path(const Options& options, const std::string& name, EmitStage stage) {
  fs::path dir = options.save_temps_dir;
  if (dir.empty() && options.output != "-") dir = fs::path(options.output).parent_path();
  return (dir / (name + std::string(stage_suffix(stage)))).string();
}

std::string depfile_path(const Options& options, const std::string& output) {
  if (!options.depfile.empty()) return options.depfile;
  return fs::path(output == "-" ? "a.out" : output).replace_extension(".d").string();
}

}  // namespace valkc
