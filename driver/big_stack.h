// Passes recurse over nested data and terms. A program may nest as deep as memory allows, so the
// compiler works on a stack that is limited by memory too, not by ulimit -s.
#pragma once

#include <functional>

namespace valkc {

/// Calls `work` on a stack of several GiB of reserved address space (pages are committed as they are
/// touched) and gives its result. Where so much cannot be reserved it takes what it gets.
int run_on_big_stack(const std::function<int()>& work);

}  // namespace valkc
