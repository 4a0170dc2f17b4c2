// A divided program: each part declares what it mentions, and its compiler reads nothing else.
#include "codegen/divide.h"

#include <gtest/gtest.h>

#include "codegen/declarations.h"

namespace valkc {
namespace {

TEST(CodegenDeclarations, AreThoseOfNamesThatStandInTheText) {
  const std::string f = "VALK_SHARED Value f_first(Vm* vm, Value* sp);\n";
  const std::string fn = "extern VALK_SHARED const ValkFn fn_first;\n";
  const std::string g = "VALK_SHARED VALK_COMPLETE Value g_f_other(Vm* vm, Value* sp);\n";
  const std::string text = f + fn + g;
  const Declarations declarations(text);
  EXPECT_EQ(declarations.needed_by("a = f_first_1(xf_first);"), "");
  EXPECT_EQ(declarations.needed_by("return g_f_other(&fn_first) + g_f_other(0);"), g + fn);
}

TEST(CodegenDivide, APartHoldsItsChunksAndWhatAllNeed) {
  CppSections sections;
  sections.program = "int main() {}\n";
  for (const char* name : {"one", "two", "three"}) {
    const std::string head = "static Value f_" + std::string(name) + "(Vm* vm)";
    sections.forward += head + ";\n";
    sections.functions.push_back(head + " {\n" + std::string(100'000, ' ') + "}\n");
    sections.closures.push_back("static const ValkFn fn_" + std::string(name) + " = {\n  0};\n");
  }
  sections.functions[2].insert(sections.functions[2].find('}'), "f_one(vm);\n");
  const std::string whole = divide_sections("// heading\n", sections);
  EXPECT_EQ(count_chunks(whole), 3);
  const auto has = [&](int part, const std::string& text) {
    return text_of_part(whole, part, 2).find(text) != std::string::npos;
  };
  for (const int part : {0, 1}) EXPECT_TRUE(has(part, "#include \"runtime/valk.h\"\n"));
  EXPECT_TRUE(has(0, "int main()"));
  EXPECT_TRUE(has(0, "VALK_SHARED Value f_one(Vm* vm) {"));
  EXPECT_TRUE(has(0, "VALK_SHARED Value f_one(Vm* vm);"));
  EXPECT_TRUE(has(0, "extern VALK_SHARED const ValkFn fn_three;\n"));
  EXPECT_FALSE(has(0, "two"));
  EXPECT_TRUE(has(1, "VALK_SHARED Value f_two(Vm* vm) {"));
  EXPECT_FALSE(has(1, "main"));
  EXPECT_FALSE(has(1, "three"));
}

}  // namespace
}  // namespace valkc
