// From arguments to Options by the table flags.def. Written by hand rather than with a library of
// options, because clang-shaped flags (-O2, -Wno-x, -Idir, -MF file, -###) are what those do not do.
#include "driver/options.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <variant>

namespace valkc {
namespace {

using Problem = std::string;  ///< empty: none
using Setter = Problem (*)(Options&, std::string_view);
using Target = std::variant<bool Options::*, std::string Options::*,
                            std::vector<std::string> Options::*, Setter>;

// ---- what rows of the table call ----------------------------------------------------------------

constexpr EmitStage ALL_STAGES[] = {
#define STAGE(name, suffix, help) EmitStage::name,
#include "driver/stages.def"
#undef STAGE
};

Problem not_one_of(std::string_view given, std::string_view choices) {
  return "`" + std::string(given) + "` is none of " + std::string(choices);
}

/// Names of passes, separated by commas; they are C++ identifiers, but flags are typed with dashes.
std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back() += c == '-' ? '_' : c;
    }
  }
  std::erase(parts, "");
  return parts;
}

Problem set_emit(Options& options, std::string_view name) {
  std::string names;
  for (const EmitStage stage : ALL_STAGES) {
    if (stage_name(stage) == name) return options.emit = stage, "";
    names += (names.empty() ? "" : ", ") + stage_name(stage);
  }
  return not_one_of(name, names);
}
Problem emit_object(Options& options, std::string_view) { return set_emit(options, "obj"); }
Problem emit_assembly(Options& options, std::string_view) { return set_emit(options, "asm"); }
Problem emit_expanded(Options& options, std::string_view) { return set_emit(options, "expanded"); }

/// Sets a field to the value at the place of the argument in a list of names.
template <typename T>
Problem choose(T& field, std::string_view given, std::initializer_list<std::string_view> names,
               std::initializer_list<T> values) {
  std::string all;
  auto value = values.begin();
  for (const std::string_view name : names) {
    if (name == given) return field = *value, "";
    all += (all.empty() ? "" : ", ") + std::string(name);
    ++value;
  }
  return not_one_of(given, all);
}

Problem set_language(Options& options, std::string_view name) {
  return choose(options.language, name, {"valk", "cps", "none"},
                {Language::valk, Language::cps, Language::by_suffix});
}
Problem set_suspend(Options& options, std::string_view name) {
  return choose(options.suspend_all, name, {"selective", "all"}, {false, true});
}
Problem set_async(Options& options, std::string_view name) {
  return choose(options.tasks_on_fibers, name, {"frames", "fiber"}, {false, true});
}
Problem set_tail(Options& options, std::string_view name) {
  return choose(options.tail, name, {"auto", "musttail", "sibcall", "trampoline"},
                {TailMode::automatic, TailMode::musttail, TailMode::sibcall, TailMode::trampoline});
}
Problem set_color(Options& options, std::string_view name) {
  return choose(options.color, name, {"auto", "always", "never"},
                {When::automatic, When::always, When::never});
}
Problem set_diagnostics_format(Options& options, std::string_view name) {
  return choose(options.json_diagnostics, name, {"human", "json"}, {false, true});
}
Problem set_level(Options& options, std::string_view level) {
  return choose(options.level, level, {"0", "1", "2", "3"}, {0, 1, 2, 3});
}
Problem set_list_primitives(Options& options, std::string_view format) {
  options.list_primitives = true;
  return choose(options.primitives_as_json, format, {"", "json"}, {false, true});
}
Problem set_save_temps(Options& options, std::string_view dir) {
  options.save_temps = true;
  options.save_temps_dir = dir;
  return "";
}
Problem set_passes(Options& options, std::string_view list) {
  options.has_passes = true;
  options.passes = split_list(list);
  return "";
}
Problem add_disabled_passes(Options& options, std::string_view list) {
  for (std::string& pass : split_list(list)) options.disabled_passes.push_back(std::move(pass));
  return "";
}
Problem add_print_after(Options& options, std::string_view list) {
  for (std::string& pass : split_list(list)) options.print_after.push_back(std::move(pass));
  return "";
}
Problem add_warning_flag(Options& options, std::string_view name) {
  options.warning_flags.emplace_back(name);
  return "";
}
Problem set_number(size_t& number, std::string_view text) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  return is_number ? "" : "`" + std::string(text) + "` is not a number";
}
Problem set_jobs(Options& options, std::string_view text) {
  const Problem problem = set_number(options.jobs, text);
  return problem.empty() && options.jobs == 0 ? "there must be one" : problem;
}
Problem set_test_seconds(Options& options, std::string_view text) {
  return set_number(options.test_seconds, text);
}
Problem set_max_errors(Options& options, std::string_view text) {
  return set_number(options.max_errors, text);
}
Problem set_function_size(Options& options, std::string_view text) {
  return set_number(options.function_size, text);
}
Problem set_macro_seconds(Options& options, std::string_view text) {
  return set_number(options.macro_seconds, text);
}

// ---- the table ----------------------------------------------------------------------------------

enum class Form : uint8_t { exact, joined, attached, separate, equals, optional };
enum class Group : uint8_t { output, source, code, passes, diagnostics, testing, link, about };
constexpr std::string_view GROUP_TITLES[] = {
    "Output",      "Sources", "Generated code",          "Passes",
    "Diagnostics", "Tests",   "C++ compiler and linker", "About"};

struct Flag {
  Group group;
  std::string_view spelling;
  Form form;
  std::string_view argument;
  Target target;
  std::string_view help;
};

const Flag FLAGS[] = {
#define FLAG(group, spelling, form, argument, target, help) \
  {Group::group, spelling, Form::form, argument, target, help},
#include "driver/flags.def"
#undef FLAG
};

struct CommandRow {
  Command command;
  std::string_view name;
  std::string_view synopsis;
  std::string_view help;
};
constexpr CommandRow COMMANDS[] = {
#define COMMAND(name, synopsis, help) {Command::name, #name, synopsis, help},
#include "driver/commands.def"
#undef COMMAND
};

// ---- parsing ------------------------------------------------------------------------------------

/// Whether `arg` can be this flag, with or without an argument of its own.
bool matches(const Flag& flag, std::string_view arg) {
  if (arg == flag.spelling) return flag.form != Form::joined;
  if (!arg.starts_with(flag.spelling)) return false;
  switch (flag.form) {
    case Form::exact:
    case Form::separate:
      return false;
    case Form::joined:
    case Form::attached:
      return true;
    case Form::equals:
    case Form::optional:
      return arg[flag.spelling.size()] == '=';
  }
  return false;
}

const Flag* find_flag(std::string_view arg) {
  const Flag* best = nullptr;
  for (const Flag& flag : FLAGS) {
    if (!matches(flag, arg)) continue;
    if (arg == flag.spelling) return &flag;
    if (!best || flag.spelling.size() > best->spelling.size()) best = &flag;
  }
  return best;
}

bool takes_next(const Flag& flag, std::string_view arg) {
  return arg == flag.spelling &&
         (flag.form == Form::attached || flag.form == Form::separate || flag.form == Form::equals);
}

Problem apply(const Flag& flag, Options& options, std::string_view value) {
  if (auto* field = std::get_if<bool Options::*>(&flag.target)) return options.**field = true, "";
  if (auto* field = std::get_if<std::string Options::*>(&flag.target))
    return options.**field = value, "";
  if (auto* field = std::get_if<std::vector<std::string> Options::*>(&flag.target))
    return (options.**field).emplace_back(value), "";
  return std::get<Setter>(flag.target)(options, value);
}

/// Reads the flag at args[at] and moves `at` past it.
Problem parse_flag(const std::vector<std::string>& args, size_t& at, Options& options) {
  const std::string& arg = args[at++];
  const Flag* flag = find_flag(arg);
  if (!flag) return "unknown flag `" + arg + "`";
  std::string_view value = std::string_view(arg).substr(flag->spelling.size());
  if (takes_next(*flag, arg)) {
    if (at == args.size()) return "`" + arg + "` needs an argument: " + std::string(flag->argument);
    value = args[at++];
  } else if (value.starts_with('=') &&
             (flag->form == Form::equals || flag->form == Form::optional)) {
    value.remove_prefix(1);
  }
  const Problem problem = apply(*flag, options, value);
  return problem.empty() ? "" : std::string(flag->spelling) + ": " + problem;
}

bool has_suffix(const std::string& path, std::initializer_list<std::string_view> suffixes) {
  const std::string suffix = std::filesystem::path(path).extension().string();
  return std::find(suffixes.begin(), suffixes.end(), suffix) != suffixes.end();
}

bool is_flag(const std::string& arg) { return arg.size() > 1 && arg[0] == '-'; }

}  // namespace

std::string stage_name(EmitStage stage) {
  static constexpr std::string_view NAMES[] = {
#define STAGE(name, suffix, help) #name,
#include "driver/stages.def"
#undef STAGE
  };
  std::string name;
  for (const char c : NAMES[static_cast<size_t>(stage)]) name += c == '_' ? '-' : c;
  if (name.ends_with('-')) name.pop_back();
  return name;
}

std::string_view stage_suffix(EmitStage stage) {
  static constexpr std::string_view SUFFIXES[] = {
#define STAGE(name, suffix, help) suffix,
#include "driver/stages.def"
#undef STAGE
  };
  return SUFFIXES[static_cast<size_t>(stage)];
}

bool is_cxx_source(const std::string& path) {
  return has_suffix(path, {".cpp", ".cc", ".cxx", ".C", ".c", ".s", ".S"});
}

bool is_native_input(const std::string& path) {
  return is_cxx_source(path) || has_suffix(path, {".o", ".a", ".so"});
}

std::string parse_command_line(const std::vector<std::string>& args, Options& options) {
  size_t at = 0;
  options.given = args;
  for (const CommandRow& row : COMMANDS)
    if (!args.empty() && args[0] == row.name) options.command = row.command, at = 1;
  bool only_files = false;
  while (at < args.size()) {
    if (!only_files && args[at] == "--") {
      only_files = true;
      ++at;
    } else if (!only_files && is_flag(args[at])) {
      const size_t first = at;
      if (const Problem problem = parse_flag(args, at, options); !problem.empty()) return problem;
      options.flags.insert(options.flags.end(), args.begin() + static_cast<ptrdiff_t>(first),
                           args.begin() + static_cast<ptrdiff_t>(at));
    } else {
      options.inputs.push_back({args[at++], options.language});
      if (options.command != Command::run || is_native_input(options.inputs.back().path)) continue;
      options.program_args.assign(args.begin() + static_cast<ptrdiff_t>(at), args.end());
      break;
    }
  }
  return "";
}

// ---- help ---------------------------------------------------------------------------------------

namespace {

constexpr size_t HELP_COLUMN = 32;

std::string help_row(std::string left, std::string_view help) {
  left = "  " + left;
  if (left.size() + 1 > HELP_COLUMN) left += "\n" + std::string(HELP_COLUMN, ' ');
  while (left.size() < HELP_COLUMN) left += ' ';
  return left + std::string(help) + "\n";
}

std::string flag_synopsis(const Flag& flag) {
  const std::string spelling(flag.spelling), argument(flag.argument);
  switch (flag.form) {
    case Form::exact:
      return spelling;
    case Form::joined:
      return spelling + argument;
    case Form::attached:
    case Form::separate:
      return spelling + " " + argument;
    case Form::equals:
      return spelling + "=" + argument;
    case Form::optional:
      return spelling + "[=" + argument + "]";
  }
  return spelling;
}

std::string group_help(Group group) {
  std::string text = "\n" + std::string(GROUP_TITLES[static_cast<size_t>(group)]) + ":\n";
  for (const Flag& flag : FLAGS)
    if (flag.group == group && !flag.help.empty()) text += help_row(flag_synopsis(flag), flag.help);
  return text;
}

}  // namespace

std::string help_text() {
  std::string text =
      "valkc, an ahead-of-time compiler for Valkyria Lisp\n\n"
      "  valkc [flag…] FILE.valk [FILE.cpp FILE.o FILE.a…]   compile to a.out, or as -o and --emit "
      "say\n";
  for (const CommandRow& row : COMMANDS)
    text += "  valkc " + std::string(row.name) + " " + std::string(row.synopsis) + "   " +
            std::string(row.help) + "\n";
  for (size_t group = 0; group < std::size(GROUP_TITLES); ++group)
    text += group_help(static_cast<Group>(group));
  text += "\nStages (--emit=):\n";
#define STAGE(name, suffix, help) text += help_row(stage_name(EmitStage::name), help);
#include "driver/stages.def"
#undef STAGE
  text += "\nExit status:\n";
#define STATUS(name, value, help) text += help_row(#value, help);
#include "driver/statuses.def"
#undef STATUS
  return text;
}

}  // namespace valkc
