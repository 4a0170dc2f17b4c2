// The keyword of a value's kind.
#pragma once

#include "runtime/valk.h"

/// What (type x) gives: a static keyword.
Value valk_type_keyword(Value v);
