// The command line as the driver understands it. flags.def is the table; this is what its rows fill.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace valkc {

/// How far a compilation goes; the order is that of the pipeline.
enum class EmitStage : uint8_t {
#define STAGE(name, suffix, help) name,
#include "driver/stages.def"
#undef STAGE
};
/// As --emit spells it: "cps-opt".
std::string stage_name(EmitStage stage);
std::string_view stage_suffix(EmitStage stage);

enum class Command : uint8_t {
  compile,
#define COMMAND(name, synopsis, help) name,
#include "driver/commands.def"
#undef COMMAND
};

enum class Language : uint8_t { by_suffix, valk, cps };
enum class TailMode : uint8_t { automatic, musttail, sibcall, trampoline };
enum class When : uint8_t { automatic, always, never };

/// One file given on the command line.
struct Input {
  std::string path;  ///< "-": standard input
  Language language = Language::by_suffix;
};

struct Options {
  Command command = Command::compile;
  std::vector<Input> inputs;
  std::vector<std::string> program_args;  ///< of `run`: what follows the program
  std::vector<std::string> flags;         ///< the words of the command line that are flags
  std::string test_filter;                ///< of `test`: part of the names of tests; empty: all
  size_t jobs = 2;                        ///< of `test`: programs that run at once
  size_t test_seconds = 300;              ///< of `test`: until a program is killed
  std::vector<std::string> given;         ///< the whole command line, for messages that repeat it

  std::string output;  ///< empty: by stage
  EmitStage emit = EmitStage::exe;
  Language language = Language::by_suffix;  ///< of the next input
  bool save_temps = false;
  std::string save_temps_dir;  ///< empty: where the output goes
  bool write_depfile = false;
  std::string depfile;
  std::vector<std::string> depfile_targets;
  std::vector<std::string> include_dirs;

  int level = 2;
  bool debug_info = false;
  size_t function_size = 500;  ///< in terms, before a function is cut; 0: any number
  bool suspend_all = false;
  bool tasks_on_fibers = false;
  TailMode tail = TailMode::automatic;
  std::string sanitize;

  bool has_passes = false;  ///< --passes was given
  std::vector<std::string> passes;
  std::vector<std::string> disabled_passes;
  std::vector<std::string> print_after;
  bool verify = false;
  bool list_passes = false;
  bool time_passes = false;

  std::vector<std::string> warning_flags;  ///< the text after -W
  bool no_warnings = false;
  bool warnings_are_errors = false;
  size_t max_errors = 20;
  size_t macro_seconds = 10;  ///< that one expansion of a defmacro may take; 0: any number
  When color = When::automatic;
  bool json_diagnostics = false;
  std::string explain;
  bool list_diagnostics = false;

  std::string cxx;
  std::vector<std::string> cxx_args;
  std::vector<std::string> libraries;
  std::vector<std::string> library_dirs;
  bool link_static = false;
  bool dry_run = false;
  bool verbose = false;

  bool list_primitives = false;
  bool primitives_as_json = false;
  bool print_resource_dir = false;
  bool show_version = false;
  bool show_help = false;
};

/// Parses the arguments (without the program's name) into `options`. Gives what is wrong with them, a
/// sentence for the user, or "".
std::string parse_command_line(const std::vector<std::string>& args, Options& options);

/// Whether a file given on the command line is for the C++ compiler or linker.
bool is_native_input(const std::string& path);
/// Whether it must be compiled before it can be linked.
bool is_cxx_source(const std::string& path);

/// The text of --help, made from the tables.
std::string help_text();

}  // namespace valkc
