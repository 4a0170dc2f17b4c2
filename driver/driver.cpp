// What each command does, in order. See driver.h.
#include "driver/driver.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "driver/cache.h"
#include "driver/files.h"
#include "driver/internal_error.h"
#include "driver/listings.h"
#include "driver/native.h"
#include "driver/outputs.h"
#include "driver/repl.h"
#include "driver/resources.h"
#include "driver/status.h"
#include "driver/test_command.h"
#include "driver/toolchain.h"
#include "driver/translation.h"
#include "driver/usage_error.h"

namespace valkc {
namespace {

bool is_color_wanted(const Options& options) {
  if (options.color != When::automatic) return options.color == When::always;
  const char* forced = std::getenv("VALKYRIA_COLOR");
  if (forced && *forced) return std::strcmp(forced, "always") == 0;
  const char* refused = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return isatty(2) && !(refused && *refused) && !(terminal && !std::strcmp(terminal, "dumb"));
}

void show_diagnostics(const Options& options, const Translation& translation) {
  const std::string text =
      options.json_diagnostics
          ? render_json(translation.diagnostics(), translation.sources())
          : render_text(translation.diagnostics(), translation.sources(), is_color_wanted(options));
  std::fputs(text.c_str(), stderr);
}

/// The inputs by who reads them.
struct Inputs {
  Input main;
  std::vector<std::string> more;  ///< further Lisp files
  std::vector<std::string> natives;
};

Inputs sort_inputs(const Options& options) {
  Inputs inputs;
  for (const Input& input : options.inputs) {
    const bool is_native = input.language == Language::by_suffix && is_native_input(input.path);
    if (is_native) {
      inputs.natives.push_back(input.path);
    } else if (inputs.main.path.empty()) {
      inputs.main = input;
    } else {
      inputs.more.push_back(input.path);
    }
  }
  if (inputs.main.path.empty()) throw UsageError("no input file; --help shows the flags");
  return inputs;
}

void write_dependencies(const Options& options, const std::string& output,
                        const std::vector<std::string>& files) {
  std::vector<std::string> targets = options.depfile_targets;
  if (targets.empty()) targets.push_back(output);
  write_file(depfile_path(options, output), make_rule(targets, files));
}

/// A slip of the hand must not cost a source file.
void refuse_overwriting(const std::string& output, const std::vector<std::string>& sources) {
  std::error_code ignored;
  for (const std::string& source : sources)
    if (std::filesystem::equivalent(output, source, ignored))
      throw UsageError("the output would overwrite the source `" + source + "`");
}

/// One program to `output`, as options.emit says. `files`: receives what was read.
int compile_program(const Options& options, const std::string& output, const Inputs& inputs,
                    std::vector<std::string>* files, PhaseTimes& times) {
  Translation translation(options, inputs.main, inputs.more, times);
  const EmitStage stage = std::min(options.emit, EmitStage::cpp);
  const auto text = translation.run(stage);
  show_diagnostics(options, translation);
  if (!text) return STATUS_diagnosed;
  const std::string path =
      output.empty() ? output_path(options, translation.program_name()) : output;
  refuse_overwriting(path, translation.files());
  std::vector<std::string> read = translation.files();
  if (options.emit == EmitStage::exe)
    read.insert(read.end(), inputs.natives.begin(), inputs.natives.end());
  if (options.write_depfile) write_dependencies(options, path, read);
  if (files) *files = read;
  if (options.emit > EmitStage::cpp)
    return build_native(options, {translation.program_name(), *text, inputs.natives, path}, times);
  write_if_changed(path, *text);
  return STATUS_success;
}

int compile(const Options& options, PhaseTimes& times) {
  return compile_program(options, options.output, sort_inputs(options), nullptr, times);
}

int check(const Options& options, PhaseTimes& times) {
  int status = STATUS_success;
  for (const Input& input : options.inputs) {
    Translation translation(options, input, {}, times);
    if (!translation.run(EmitStage::cps)) status = STATUS_diagnosed;
    show_diagnostics(options, translation);
  }
  if (options.inputs.empty()) throw UsageError("no input file; --help shows the flags");
  return status;
}

// ---- run ----------------------------------------------------------------------------------------

/// Everything but the files read that an executable depends on.
std::string run_request(const Options& options) {
  const size_t flag_count = options.given.size() - options.program_args.size();
  std::string request;
  for (size_t i = 0; i < flag_count; ++i) request += options.given[i] + '\0';
  std::error_code error;
  request += std::filesystem::current_path(error).string() + '\0';
  const ResourceDirs resources = find_resources();
  for (const std::string& file :
       {executable_path(), resources.library_dir + "/libvalk.a",
        resources.library_dir + "/libvalk_eval.a", resources.include_dir + "/runtime/valk.h"})
    request += file_identity(file) + '\0';
  std::string problem;
  const Toolchain toolchain = find_toolchain(options, problem);
  if (!problem.empty()) throw UsageError(problem);
  for (const std::string& word : toolchain.cxx) request += file_identity(word) + '\0';
  return request;
}

int become_program(const std::string& executable, const Options& options) {
  CommandLine command{executable};
  command.insert(command.end(), options.program_args.begin(), options.program_args.end());
  become_command(command);
  throw FileError("cannot run `" + executable + "`: " + std::strerror(errno));
}

/// Without a cache: built in a temporary folder that outlives the program.
int run_uncached(const Options& options, const Inputs& inputs, PhaseTimes& times) {
  const TempDir dir;
  const std::string executable = dir.path() + "/program";
  if (const int status = compile_program(options, executable, inputs, nullptr, times))
    return status;
  CommandLine command{executable};
  command.insert(command.end(), options.program_args.begin(), options.program_args.end());
  return run_command(command);
}

int run(const Options& options, PhaseTimes& times) {
  const Inputs inputs = sort_inputs(options);
  const RunCache cache;
  if (!cache.is_usable() || inputs.main.path == "-" || options.dry_run)
    return run_uncached(options, inputs, times);
  const std::string request = run_request(options);
  if (const std::string found = cache.find(request); !found.empty())
    return become_program(found, options);
  std::vector<std::string> files;
  const std::string fresh = cache.fresh_path();
  if (const int status = compile_program(options, fresh, inputs, &files, times)) return status;
  const std::string stored = cache.store(request, files, fresh);
  return become_program(stored.empty() ? fresh : stored, options);
}

// ---- choosing -----------------------------------------------------------------------------------

int run_chosen(const Options& options) {
  if (const auto listing = requested_listing(options)) {
    write_file("-", *listing);
    return STATUS_success;
  }
  PhaseTimes times;
  int status = STATUS_usage;
  switch (options.command) {
    case Command::compile:
      status = compile(options, times);
      break;
    case Command::check:
      status = check(options, times);
      break;
    case Command::run:
      status = run(options, times);
      break;
    case Command::test:
      status = run_tests(options);
      break;
    case Command::repl:
      status = run_repl(options.include_dirs, is_color_wanted(options));
      break;
  }
  if (options.time_passes) std::fputs(times.to_text().c_str(), stderr);
  return status;
}

int complain(const std::string& what, Status status) {
  std::fprintf(stderr, "valkc: error: %s\n", what.c_str());
  return status;
}

}  // namespace

int run_driver(const std::vector<std::string>& args) {
  try {
    Options options;
    if (const std::string problem = parse_command_line(args, options); !problem.empty())
      return complain(problem, STATUS_usage);
    return run_chosen(options);
  } catch (const UsageError& error) {
    return complain(error.what(), STATUS_usage);
  } catch (const FileError& error) {
    return complain(error.what(), STATUS_input_output);
  } catch (const std::system_error& error) {
    return complain(error.what(), STATUS_input_output);
  } catch (const std::exception& error) {
    return report_internal_error(error.what());
  }
}

}  // namespace valkc
