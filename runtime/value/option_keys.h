// Errors of option lists, for those that native code reads and those that the library reads.
#pragma once

#include <string_view>
#include <vector>

#include "runtime/value/value.h"

/// Raises :type: what should be the options is no list of keywords and values. Gives VALK_ERR.
VALK_COLD Value valk_fail_options(Vm* vm, Value* sp, const char* name, Value got);
/// Raises :range: `key`, a keyword, is no option of the function `name`, which has those in `keys`; the most
/// similar one is suggested, or all are named. Gives VALK_ERR.
VALK_COLD Value valk_fail_option(Vm* vm, Value* sp, const char* name, Value key,
                                 const std::vector<std::string_view>& keys);
