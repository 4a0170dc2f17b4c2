// Calls of plain externs: with functions among the arguments foreign.cpp carries them, else extern.cpp.
#pragma once

#include "runtime/io/extern.h"
#include "runtime/io/foreign_data.h"

/// Calls an extern on this stack, with the arguments at sp[0..n). Its value, or VALK_ERR.
Value valk_extern_apply(Vm* vm, Value* sp, Fix n, const ValkExternFn* fn);
