// The limits of limits.def as constants.
#pragma once

#include <stdint.h>

enum ValkLimit : uint64_t {
#define LIMIT(id, name, value, unit, attack) valk_limit_##id = value,
#include "runtime/io/limits.def"
};
