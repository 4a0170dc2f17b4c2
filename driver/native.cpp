// Running the C++ compiler. Generated code is compiled and linked in one run, since a second process costs
// more than the object file saves; but that of a big program in parts, as many at once as there are
// processors. See native.h.
#include "driver/native.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <thread>

#include "codegen/divide.h"
#include "driver/files.h"
#include "driver/outputs.h"
#include "driver/status.h"
#include "driver/toolchain.h"
#include "driver/usage_error.h"

namespace valkc {
namespace {

/// A part of this much C++ takes the compiler some 300 MB.
constexpr size_t MAX_PART_BYTES = 3'000'000;

/// One build: the folder for what is between, and the commands.
class Build {
 public:
  Build(const Options& options, const NativeJob& job, const Toolchain& toolchain)
      : options_(options), job_(job), maker_{toolchain, resources_, options} {}

  int run();

 private:
  std::string between(EmitStage stage) const;
  int compile_natives(std::vector<std::string>& objects);
  int compile_parts(int parts, std::vector<std::string>& objects);
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

int processor_count() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

/// Into how many parts the generated code is cut: enough for their memory, and as many for each processor,
/// or all would wait for the one that has one more.
int count_parts(const std::string& generated, int processors) {
  const int by_size = static_cast<int>(generated.size() / MAX_PART_BYTES) + 1;
  const int rounds = (by_size + processors - 1) / processors;
  return std::min({count_chunks(generated), rounds * processors, MAX_PARTS});
}

/// Compiles the parts; puts their objects first.
int Build::compile_parts(int parts, std::vector<std::string>& objects) {
  std::vector<std::string> made, sources;
  for (int i = 0; i < parts; i++) {
    made.push_back(dir_.path() + "/" + part_name(i));
    sources.push_back(dir_.path() + "/" + part_name(i, ".cpp"));
    if (!options_.dry_run) write_file(sources.back(), text_of_part(job_.generated, i, parts));
  }
  std::atomic<int> next = 0, failed = STATUS_success;
  const auto work = [&] {
    for (int i = next++; i < parts && failed == STATUS_success; i = next++) {
      const std::string& source = sources[static_cast<size_t>(i)];
      const std::string& object = made[static_cast<size_t>(i)];
      if (const int status = command(maker_.compile_part(source, i, parts, object), source))
        failed = status;
    }
  };
  std::vector<std::thread> workers;
  const int others = std::min(parts, processor_count()) - 1;
  for (int i = 0; i < others && !options_.dry_run; i++) workers.emplace_back(work);
  work();
  for (std::thread& worker : workers) worker.join();
  objects.insert(objects.begin(), made.begin(), made.end());
  return failed;
}

int Build::run() {
  if (job_.output != "-") require_writable(job_.output);
  const std::string source = between(EmitStage::cpp);
  const int parts = options_.emit < EmitStage::exe || options_.save_temps
                        ? 1
                        : count_parts(job_.generated, processor_count());
  if (!options_.dry_run && parts == 1) write_file(source, job_.generated);
  std::vector<std::string> objects;
  if (options_.emit < EmitStage::exe) {
    const std::string output = job_.output == "-" ? "/dev/stdout" : job_.output;
    return command(maker_.compile(options_.emit, source, {}, output), source);
  }
  if (const int status = compile_natives(objects)) return status;
  if (parts > 1) {
    if (const int status = compile_parts(parts, objects)) return status;
    return command(maker_.link(objects, job_.output), source);
  }
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
