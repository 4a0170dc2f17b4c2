// The hints about other Lisps' names are for names that mean nothing here.
#include <gtest/gtest.h>

#include "frontend/primitives.h"

namespace valkc {
namespace {

TEST(OtherLisps, NamesAreNotOurs) {
#define OTHER_NAME(name, ours) EXPECT_EQ(find_primitive(name), nullptr) << (name);
#include "frontend/other_lisps.def"
}

}  // namespace
}  // namespace valkc
