// Entry: everything happens in driver.cpp, on a stack that nested programs cannot overflow.
#include <string>
#include <vector>

#include "driver/big_stack.h"
#include "driver/driver.h"
#include "driver/internal_error.h"

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  valkc::expect_crashes(args);
  return valkc::run_on_big_stack([&args] {
    valkc::prepare_thread_for_crashes();
    return valkc::run_driver(args);
  });
}
