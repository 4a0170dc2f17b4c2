// The diagnostic engine: the table, rendering for people and programs, the -W flags.
#include "frontend/diagnostics.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/frontend_testing.h"

namespace valkc {
namespace {

TEST(Diagnostics, CodesAreUniqueAndExplained) {
  std::set<std::string_view> codes;
  for (size_t i = 0; i <= static_cast<size_t>(Diag::quoted_symbol); ++i) {
    const DiagnosticKind& kind = diagnostic_kind(static_cast<Diag>(i));
    EXPECT_EQ(static_cast<size_t>(kind.id), i);
    EXPECT_TRUE(codes.insert(kind.code).second) << kind.code;
    EXPECT_FALSE(kind.explanation.empty()) << kind.code;
    EXPECT_EQ(kind.flag.empty(), kind.severity == Severity::error) << kind.code;
  }
  EXPECT_NE(explain_diagnostic("vk0200").find("has no binding"), std::string::npos);
  EXPECT_EQ(explain_diagnostic("VK9999"), "");
}

TEST(Diagnostics, FormatReplacesSlotsOnly) {
  EXPECT_EQ(format_message("{0} and {1}, {2} {x}", {"a", "b"}), "a and b, {2} {x}");
}

TEST(Diagnostics, TextShowsLineAndUnderline) {
  Frontend f("(print 1)\n\t(prinx \"é\" yy)");
  EXPECT_EQ(f.errors(),
            "main.valk:2:3: error: `prinx` has no binding [VK0200]\n"
            "  \t(prinx \"é\" yy)\n"
            "  \t ^~~~~\n"
            "  hint: did you mean `print`?\n"
            "main.valk:2:14: error: `yy` has no binding [VK0200]\n"
            "  \t(prinx \"é\" yy)\n"
            "  \t           ^~\n");
}

TEST(Diagnostics, JsonIsOneObjectALine) {
  Frontend f("(def {m} (macro {a} {nope a}))\n(m \"\\\"\")");
  EXPECT_EQ(
      render_json(f.diagnostics, f.sources),
      "{\"severity\":\"error\",\"code\":\"VK0200\",\"file\":\"main.valk\",\"line\":1,"
      "\"column\":22,\"end_line\":1,\"end_column\":26,\"message\":\"`nope` has no binding\","
      "\"hints\":[],\"notes\":[{\"file\":\"main.valk\",\"line\":2,\"column\":1,\"end_line\":2,"
      "\"end_column\":9,\"message\":\"expanded from macro `m`\"}]}\n");
}

TEST(Diagnostics, WarningsObeyFlags) {
  const std::string text = "(fun {f} {(def {x} 1)}) (f)";
  auto with = [&](std::initializer_list<const char*> flags) {
    DiagnosticOptions options;
    for (const char* flag : flags) EXPECT_TRUE(options.set_warning(flag)) << flag;
    Frontend f(text, "", options);
    return std::make_pair(f.diagnostics.error_count(), f.diagnostics.warning_count());
  };
  EXPECT_EQ(with({}), std::make_pair(size_t{0}, size_t{1}));
  EXPECT_EQ(with({"no-global-def"}), std::make_pair(size_t{0}, size_t{0}));
  EXPECT_EQ(with({"no-all"}), std::make_pair(size_t{0}, size_t{0}));
  EXPECT_EQ(with({"error"}), std::make_pair(size_t{1}, size_t{0}));
  EXPECT_FALSE(DiagnosticOptions().set_warning("nonsense"));
}

TEST(Diagnostics, StopsAfterTheLimit) {
  DiagnosticOptions options;
  options.max_errors = 3;
  Frontend f("aa bb cc dd ee", "", options);
  EXPECT_EQ(f.diagnostics.error_count(), 3u);
  EXPECT_NE(f.errors().find("too many errors"), std::string::npos);
}

}  // namespace
}  // namespace valkc
