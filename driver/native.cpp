// Running the C++ compiler. Generated code is compiled and linked in one run: a second process costs
// more than the object file saves. See native.h.
#include "driver/native.h"

#include <cstdio>

#include "driver/files.h"
#include "driver/outputs.h"
#include "driver/status.h"
#include "driver/toolchain.h"
#include "driver/usage_error.h"

namespace valkc {
namespace {

/// One build: the folder for what is between, and the commands.
class Build {
 public:
  Build(const Options& options, const NativeJob& job, const Toolchain& toolchain)
      : options_(options), job_(job), maker_{toolchain, resources_, options} {}

  int run();

 private:
  std::string between(EmitStage stage) const;
  int compile_natives(std::vector<std::string>& objects);
  int command(const CommandLine& command, const std::string& input);

  const Options& options_;
  const NativeJob& job_;
  const ResourceDirs resources_ = find_resources();
  const CommandMaker maker_;
  TempDir dir_;
};

/// The name of an intermediate file: kept under the program's name, or thrown away.
std::string Build::between(EmitStage stage) const {
  if (options_.save_temps) return temp_path(options_, job_.program_name, stage);
  return dir_.path() + "/program" + std::string(stage_suffix(stage));
}

int Build::command(const CommandLine& command, const std::string& input) {
  if (options_.verbose || options_.dry_run) std::fprintf(stderr, "%s\n", to_shell(command).c_str());
  if (options_.dry_run) return STATUS_success;
  const int status = run_command(command);
  if (status == 0) return STATUS_success;
  dir_.keep();
  std::fprintf(stderr,
               "valkc: error: the C++ compiler failed (status %d) on `%s`\nreproduce with: %s\n",
               status, input.c_str(), to_shell(command).c_str());
  return STATUS_cxx_failed;
}

/// The user's files as the linker takes them.
int Build::compile_natives(std::vector<std::string>& objects) {
  for (const std::string& native : job_.natives) {
    if (!is_cxx_source(native)) {
      objects.push_back(native);
      continue;
    }
    objects.push_back(dir_.path() + "/" + std::to_string(objects.size()) + ".o");
    if (const int status = command(maker_.compile_native(native, objects.back()), native))
      return status;
  }
  return STATUS_success;
}

int Build::run() {
  if (job_.output != "-") require_writable(job_.output);
  const std::string source = between(EmitStage::cpp);
  if (!options_.dry_run) write_file(source, job_.generated);
  std::vector<std::string> objects;
  if (options_.emit < EmitStage::exe) {
    const std::string output = job_.output == "-" ? "/dev/stdout" : job_.output;
    return command(maker_.compile(options_.emit, source, {}, output), source);
  }
  if (const int status = compile_natives(objects)) return status;
  if (!options_.save_temps)
    return command(maker_.compile(EmitStage::exe, source, objects, job_.output), source);
  for (const EmitStage stage : {EmitStage::asm_, EmitStage::obj})
    if (const int status = command(maker_.compile(stage, source, {}, between(stage)), source))
      return status;
  const std::string object = between(EmitStage::obj);
  return command(maker_.compile(EmitStage::exe, object, objects, job_.output), object);
}

}  // namespace

int build_native(const Options& options, const NativeJob& job, PhaseTimes& times) {
  const Phase phase(times, "C++ compiler");
  std::string problem;
  const Toolchain toolchain = find_toolchain(options, problem);
  if (!problem.empty()) throw UsageError(problem);
  return Build(options, job, toolchain).run();
}

}  // namespace valkc
