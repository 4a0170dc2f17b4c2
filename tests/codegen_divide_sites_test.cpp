// Positions in the source stand with the chunk of code that needs them; what several need stays.
#include "codegen/divide_sites.h"

#include <gtest/gtest.h>

namespace valkc {
namespace {

TEST(CodegenDivideSites, PutsDefinitionsWhereTheyAreNeeded) {
  const std::string line_1 = "static const char line_1[] = \"(f)\";\n";
  const std::string line_2 = "static const char line_2[] = \"(g) line_1\";\n";
  const std::string site_1 = "static const ValkSite site_1 = {\"a\", 1, line_1, nullptr};\n";
  const std::string site_2 = "static const ValkSite site_2 = {\"a\", 2, line_2, nullptr};\n";
  const std::string site_3 = "static const ValkSite site_3 = {\"a\", 2, line_2, &site_2};\n";
  const std::string site_4 = "static const ValkSite site_4 = {\"a\", 2, line_2, nullptr};\n";
  const std::string first = "f(&site_1);\n", second = "f(&site_3, my_site_1);\n";
  std::string sites = line_1 + site_1 + line_2 + site_2 + site_3 + site_4;
  std::vector<std::string> chunks{first, second};
  const std::string others = "fn = {&site_4};\n";
  divide_sites(sites, chunks, {&others});
  // The text of the second line names the first, which might be a use of it.
  EXPECT_EQ(sites, line_1 + line_2 + site_4);
  EXPECT_EQ(chunks[0], site_1 + first);
  EXPECT_EQ(chunks[1], site_2 + site_3 + second);
}

}  // namespace
}  // namespace valkc
