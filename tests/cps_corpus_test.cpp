// The corpus of whole programs, run by the reference interpreter straight after conversion, must print
// what its comments say. A failure here points at the frontend, the library or conversion; the same
// program failing only when compiled points at a pass, the code generator or the runtime's control.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cps/convert.h"
#include "cps/interpret.h"
#include "cps/verify.h"
#include "frontend/frontend.h"

namespace valkc {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<fs::path> files_below(const char* folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(VALKYRIA_SOURCE_DIR) / folder))
    if (entry.path().extension() == ".valk" && entry.path().parent_path().filename() != "Inputs")
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

/// What scripts/run-programs reads from the comments, as far as the interpreter can give it.
struct Expectation {
  std::string output;
  int status = 0;
  bool needs_more = false;  ///< arguments, input, an environment, C++ of its own
};

Expectation read_expectation(const std::string& text) {
  Expectation e;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (const size_t at = line.find(";=>"); at != std::string::npos)
      e.output += (at + 4 <= line.size() ? line.substr(at + 4) : "") + "\n";
    if (line.rfind(";exit ", 0) == 0) e.status = std::stoi(line.substr(6));
    for (const char* directive : {";args", ";stdin", ";env", ";requires", ";cpp"})
      if (line.rfind(directive, 0) == 0) e.needs_more = true;
  }
  return e;
}

CoreProgram compile(const fs::path& path, SourceMap& sources, Diagnostics& diagnostics) {
  FrontendOptions options;
  options.main_path = path.string();
  for (const fs::path& file : files_below("runtime/lib"))
    options.library.push_back({file.filename().string(), read_file(file)});
  return compile_frontend(sources, diagnostics, options);
}

class CpsCorpus : public testing::TestWithParam<fs::path> {};

TEST_P(CpsCorpus, PrintsWhatItsCommentsSay) {
  const Expectation expected = read_expectation(read_file(GetParam()));
  if (expected.needs_more) GTEST_SKIP() << "needs arguments, input or an environment";
  SourceMap sources;
  Diagnostics diagnostics;
  const CoreProgram core = compile(GetParam(), sources, diagnostics);
  if (diagnostics.has_errors() && diagnostics.all()[0].id == Diag::expansion_time)
    GTEST_SKIP() << "needs the compile-time evaluator";
  ASSERT_FALSE(diagnostics.has_errors()) << render_text(diagnostics, sources, false);
  const std::unique_ptr<Program> program = convert_to_cps(core);
  for (const Violation& v : verify(*program)) ADD_FAILURE() << describe(v);
  if (HasFailure()) return;
  const InterpretResult result = interpret(*program);
  if (result.ending == Ending::unsupported || result.ending == Ending::exhausted)
    GTEST_SKIP() << "not for the interpreter: " << result.message;
  EXPECT_EQ(result.output, expected.output);
  EXPECT_EQ(result.status, expected.status) << result.message;
}

std::string file_name(const testing::TestParamInfo<fs::path>& info) {
  std::string name =
      info.param.parent_path().filename().string() + "_" + info.param.stem().string();
  for (char& c : name)
    if (!isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(Programs, CpsCorpus, testing::ValuesIn(files_below("lit-tests/programs")),
                         file_name);

}  // namespace
}  // namespace valkc
