// How valkc ends. statuses.def is the table.
#pragma once

namespace valkc {

enum Status : int {
#define STATUS(name, value, help) STATUS_##name = value,
#include "driver/statuses.def"
#undef STATUS
};

}  // namespace valkc
