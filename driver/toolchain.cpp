// Flags for generated code. What matters for correctness is said at the flag; the rest is speed. See
// toolchain.h.
#include "driver/toolchain.h"

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "driver/build_tree.h"

namespace valkc {
namespace {

std::string suffix_of(const std::string& path) {
  return std::filesystem::path(path).extension().string();
}

bool is_one_of(const std::string& text, std::initializer_list<const char*> choices) {
  for (const char* choice : choices)
    if (text == choice) return true;
  return false;
}

const char* environment(const char* name) {
  const char* value = std::getenv(name);
  return value && *value ? value : nullptr;
}

/// Clang by the name of the file behind the links: asking the compiler costs a process.
bool is_clang_name(const std::string& path) {
  std::error_code error;
  const auto real = std::filesystem::canonical(path, error);
  return path.find("clang") != std::string::npos ||
         (!error && real.filename().string().find("clang") != std::string::npos);
}

/// A command as $CXX holds it: one path, which may have spaces, or words. Empty: cannot be run.
CommandLine find_command(const std::string& text) {
  if (const std::string program = find_program(text); !program.empty()) return {program};
  CommandLine command;
  std::istringstream words(text);
  for (std::string word; words >> word;) command.push_back(word);
  if (command.size() > 1 && !find_program(command[0]).empty()) return command;
  return {};
}

void append(CommandLine& command, std::initializer_list<const char*> flags) {
  command.insert(command.end(), flags.begin(), flags.end());
}

// g++ makes sibling calls of all that we emit at -O2 and above only.
bool needs_trampoline(const Toolchain& toolchain, const Options& options) {
  return !toolchain.is_clang && options.level < 2;
}

void append_tail_mode(CommandLine& command, const Toolchain& toolchain, const Options& options) {
  TailMode mode = options.tail;
  if (mode == TailMode::automatic && needs_trampoline(toolchain, options))
    mode = TailMode::trampoline;
  if (mode == TailMode::automatic) return;  // valk.h chooses
  command.push_back("-DVALK_TAIL_MODE=" + std::to_string(static_cast<int>(mode)));
}

/// Passes of g++ that find nothing in generated code, and take a quarter of its time (docs/decisions): there
/// are no arrays to vectorize, no pointers that differ by type, and no code that repeats itself.
void append_compile_time_flags(CommandLine& command, const Toolchain& toolchain) {
  if (toolchain.is_clang) return;
  append(command, {"-fno-tree-pta", "-fno-tree-vectorize", "-fno-tree-pre", "-fno-gcse",
                   "-fno-schedule-insns2", "-fno-ipa-icf", "-fno-ipa-cp", "-fno-ipa-sra"});
}

void append_code_flags(CommandLine& command, const Toolchain& toolchain, const Options& options) {
  append(command, {"-std=c++20", "-w", "-pipe"});
  command.push_back("-O" + std::to_string(options.level));
  append(command,
         {
             "-fno-exceptions",
             "-fno-rtti",
             "-fno-threadsafe-statics",
             // Heap words are read as several types.
             "-fno-strict-aliasing",
             // Slots and captures are written one by one and read back soon: a load of two at
             // once waits until both stores have left the processor (docs/decisions).
             "-fno-tree-slp-vectorize",
             // Nothing unwinds through Lisp frames.
             "-fno-asynchronous-unwind-tables",
             "-fno-stack-protector",
             // So that --gc-sections drops what the program does not reach.
             "-ffunction-sections",
             "-fdata-sections",
         });
  append(command, {"-fno-math-errno", "-ffp-contract=off"});
  if (options.level == 2) append_compile_time_flags(command, toolchain);
  if (options.debug_info) append(command, {"-g", "-fasynchronous-unwind-tables"});
  append_tail_mode(command, toolchain, options);
}

void append_sanitizers(CommandLine& command, const Toolchain& toolchain, const Options& options) {
  if (options.sanitize.empty()) return;
  command.push_back("-fsanitize=" + options.sanitize);
  command.push_back("-fno-omit-frame-pointer");
  // Code in frames is called through one prototype, which these object to.
  if (toolchain.is_clang) command.push_back("-fno-sanitize=function,vptr");
}

/// What generated code and the user's C++ have in common. The user's own flags come last, to win.
void append_common_flags(CommandLine& command, const CommandMaker& maker) {
  append_sanitizers(command, maker.toolchain, maker.options);
  command.push_back("-I" + maker.resources.include_dir);
  for (const std::string& dir : maker.options.include_dirs) command.push_back("-I" + dir);
  command.insert(command.end(), maker.options.cxx_args.begin(), maker.options.cxx_args.end());
}

void append_link_flags(CommandLine& command, const Toolchain& toolchain,
                       const ResourceDirs& resources, const Options& options) {
  if (toolchain.has_lld) command.push_back("-fuse-ld=lld");
  // The archive gives only what the program reaches; --as-needed then forgets the libraries that
  // nothing of it wants, the C++ library included.
  append(command, {"-Wl,--gc-sections", "-Wl,--as-needed"});
  if (options.link_static) command.push_back("-static");
  if (!options.debug_info) command.push_back("-Wl,-s");
  for (const std::string& dir : options.library_dirs) command.push_back("-L" + dir);
  // Only programs that can evaluate lists made at run time take anything from the first.
  command.push_back(resources.library_dir + "/libvalk_eval.a");
  command.push_back(resources.library_dir + "/libvalk.a");
  for (const std::string& library : options.libraries) command.push_back("-l" + library);
  append(command, {BOOST_CONTEXT_LIBRARY, options.link_static ? STATIC_UV_LIBRARY : "-luv",
                   "-lnghttp2", "-lssl", "-lcrypto", "-lgmp", "-lpthread", "-ldl"});
}

}  // namespace

Toolchain find_toolchain(const Options& options, std::string& problem) {
  Toolchain toolchain;
  std::string wanted = options.cxx;
  for (const char* name : {"VALKC_CXX", "CXX"})
    if (const char* value = wanted.empty() ? environment(name) : nullptr) wanted = value;
  if (!wanted.empty()) {
    toolchain.cxx = find_command(wanted);
  } else {
    // g++ makes the faster code (fib 38: 0.7 of clang 14's time), but makes sibling calls only when it
    // optimises; clang++ has musttail at every level.
    const bool optimises = options.level >= 2;
    for (const char* name : {optimises ? "g++" : "clang++", optimises ? "clang++" : "g++"})
      if (toolchain.cxx.empty()) toolchain.cxx = find_command(name);
  }
  if (toolchain.cxx.empty()) {
    problem = wanted.empty() ? "no C++ compiler found: install clang++ or g++, or say --cxx=PROGRAM"
                             : "the C++ compiler `" + wanted + "` cannot be run";
    return toolchain;
  }
  toolchain.is_clang = is_clang_name(toolchain.cxx.back());
  toolchain.has_lld = !find_program("ld.lld").empty();
  return toolchain;
}

CommandLine CommandMaker::compile(EmitStage stage, const std::string& generated,
                                  const std::vector<std::string>& others,
                                  const std::string& output) const {
  CommandLine command = toolchain.cxx;
  append_code_flags(command, toolchain, options);
  append_common_flags(command, *this);
  if (stage == EmitStage::asm_) command.push_back("-S");
  if (stage == EmitStage::obj) command.push_back("-c");
  command.insert(command.end(), {"-o", output, generated});
  command.insert(command.end(), others.begin(), others.end());
  if (stage == EmitStage::exe) append_link_flags(command, toolchain, resources, options);
  return command;
}

CommandLine CommandMaker::compile_part(const std::string& generated, int part, int parts,
                                       const std::string& output) const {
  CommandLine command = toolchain.cxx;
  append_code_flags(command, toolchain, options);
  append_common_flags(command, *this);
  command.push_back("-DVALK_PARTS=" + std::to_string(parts));
  command.push_back("-DVALK_PART=" + std::to_string(part));
  command.insert(command.end(), {"-c", "-o", output, generated});
  return command;
}

CommandLine CommandMaker::link(const std::vector<std::string>& objects,
                               const std::string& output) const {
  CommandLine command = toolchain.cxx;
  append_sanitizers(command, toolchain, options);
  command.insert(command.end(), options.cxx_args.begin(), options.cxx_args.end());
  command.insert(command.end(), {"-o", output});
  command.insert(command.end(), objects.begin(), objects.end());
  append_link_flags(command, toolchain, resources, options);
  return command;
}

CommandLine CommandMaker::compile_native(const std::string& source,
                                         const std::string& output) const {
  CommandLine command = toolchain.cxx;
  append(command, {"-c", "-ffunction-sections", "-fdata-sections"});
  if (!is_one_of(suffix_of(source), {".c", ".s", ".S"})) command.push_back("-std=c++20");
  command.push_back("-O" + std::to_string(options.level));
  if (options.debug_info) command.push_back("-g");
  append_common_flags(command, *this);
  command.insert(command.end(), {"-o", output, source});
  return command;
}

}  // namespace valkc
