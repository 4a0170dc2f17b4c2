// Flags as the table has them: forms, order, what is wrong.
#include "driver/options.h"

#include <gtest/gtest.h>

namespace valkc {
namespace {

Options parsed(const std::vector<std::string>& args) {
  Options options;
  EXPECT_EQ(parse_command_line(args, options), "");
  return options;
}

std::string problem(const std::vector<std::string>& args) {
  Options options;
  return parse_command_line(args, options);
}

TEST(Options, DefaultsAreThoseOfTheHelp) {
  const Options options = parsed({"main.valk"});
  EXPECT_EQ(options.emit, EmitStage::exe);
  EXPECT_EQ(options.level, 2);
  EXPECT_FALSE(options.suspend_all);
  EXPECT_EQ(options.inputs.at(0).path, "main.valk");
}

TEST(Options, AttachedArgumentsMayStandApart) {
  const Options options = parsed({"-Ia", "-I", "b", "-oapp", "-MFx.d", "-MT", "t", "m.valk"});
  EXPECT_EQ(options.include_dirs, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(options.output, "app");
  EXPECT_EQ(options.depfile, "x.d");
  EXPECT_EQ(options.depfile_targets, std::vector<std::string>{"t"});
}

TEST(Options, LongFlagsTakeEqualsOrTheNextArgument) {
  EXPECT_EQ(parsed({"--emit=cps-opt"}).emit, EmitStage::cps_opt);
  EXPECT_EQ(parsed({"--emit", "asm"}).emit, EmitStage::asm_);
  EXPECT_EQ(parsed({"--save-temps"}).save_temps_dir, "");
  EXPECT_EQ(parsed({"--save-temps=dir"}).save_temps_dir, "dir");
}

TEST(Options, AnExactFlagWinsOverAPrefix) {
  const Options options = parsed({"-Werror", "-Wno-deprecated", "-MD", "-w"});
  EXPECT_TRUE(options.warnings_are_errors);
  EXPECT_TRUE(options.write_depfile);
  EXPECT_TRUE(options.no_warnings);
  EXPECT_EQ(options.warning_flags, std::vector<std::string>{"no-deprecated"});
}

TEST(Options, LanguageHoldsForTheInputsThatFollow) {
  const Options options = parsed({"a", "-x", "cps", "b", "-xnone", "c"});
  EXPECT_EQ(options.inputs.at(0).language, Language::by_suffix);
  EXPECT_EQ(options.inputs.at(1).language, Language::cps);
  EXPECT_EQ(options.inputs.at(2).language, Language::by_suffix);
}

TEST(Options, RunLeavesTheRestToTheProgram) {
  const Options options = parsed({"run", "-O0", "fast.cpp", "main.valk", "-O1", "--help"});
  EXPECT_EQ(options.command, Command::run);
  EXPECT_EQ(options.level, 0);
  EXPECT_FALSE(options.show_help);
  EXPECT_EQ(options.inputs.size(), 2u);
  EXPECT_EQ(options.program_args, (std::vector<std::string>{"-O1", "--help"}));
}

TEST(Options, AfterTwoDashesEverythingIsAFile) {
  EXPECT_EQ(parsed({"--", "-strange.valk"}).inputs.at(0).path, "-strange.valk");
  EXPECT_EQ(parsed({"-"}).inputs.at(0).path, "-");
}

TEST(Options, PassesAreSplitAndSpelledWithDashesToo) {
  const Options options = parsed({"--passes=simplify,convert-closures", "--disable-pass=contify"});
  EXPECT_TRUE(options.has_passes);
  EXPECT_EQ(options.passes, (std::vector<std::string>{"simplify", "convert_closures"}));
  EXPECT_EQ(options.disabled_passes, std::vector<std::string>{"contify"});
  EXPECT_TRUE(parsed({"--passes="}).passes.empty());
}

TEST(Options, WhatIsWrongIsSaid) {
  EXPECT_EQ(problem({"--frobnicate"}), "unknown flag `--frobnicate`");
  EXPECT_EQ(problem({"--verify=1"}), "unknown flag `--verify=1`");
  EXPECT_EQ(problem({"-o"}), "`-o` needs an argument: FILE");
  EXPECT_EQ(problem({"--tail=bogus"}),
            "--tail: `bogus` is none of auto, musttail, sibcall, trampoline");
  EXPECT_EQ(problem({"--max-errors=many"}), "--max-errors: `many` is not a number");
}

TEST(Options, HelpNamesEveryFlagThatHasHelp) {
  const std::string text = help_text();
  for (const char* flag : {"-o FILE", "--emit=STAGE", "-###", "--save-temps[=DIR]", "-OLEVEL"})
    EXPECT_NE(text.find(flag), std::string::npos) << flag;
}

}  // namespace
}  // namespace valkc
