// What generated code calls for (extern …): see runtime/valk_ext.h for the other side.
#pragma once

#include "runtime/valk.h"
#include "runtime/valk_ext.h"

/// Data given to one call of an extern function; frees what it converted when the call is over.
struct ValkExternCall {
  Vm* vm;
  struct ValkExternBlock* blocks;
  bool is_too_deep;
};
ValkExternCall valk_extern_begin(Vm* vm);
/// A Lisp value as plain data. Strings point into the heap: nothing may collect before the call.
ValkData valk_extern_take(ValkExternCall* call, Value v);
/// Ends a call of a plain extern: its result as a value, or VALK_ERR. Allocates.
Value valk_extern_give(ValkExternCall* call, Value* sp, ValkData result);
/// An operation has been started: the loop waits for it.
void valk_extern_started(ValkExternCall* call);
void valk_extern_cancel(Vm* vm, ValkOpId op);
