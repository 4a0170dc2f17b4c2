// Property lists of options, checked against a table of what there is.
#pragma once

#include <string>
#include <string_view>

#include "runtime/valk.h"

/// One option: its key with colon, and where the value goes; exactly one destination is not null.
struct ValkOption {
  std::string_view key;
  std::string* text = nullptr;      ///< a string without NUL
  bool* flag = nullptr;             ///< true unless 0 or nil
  uint64_t* nanoseconds = nullptr;  ///< given in milliseconds
  uint16_t* port = nullptr;
  uint64_t* count = nullptr;  ///< an integer from 1 on
  Value* value = nullptr;     ///< anything; not a root, to be used before anything is allocated
  bool any_text = false;      ///< text may be empty, long, and hold NUL
};

/// Reads the options in `list`. False, with an error raised that names the option, if one is unknown or
/// of the wrong type.
bool valk_read_options(Vm* vm, Value* sp, const char* name, Value list, const ValkOption* options,
                       size_t count);
