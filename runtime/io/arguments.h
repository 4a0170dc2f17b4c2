// Checking the arguments of the builtins of this folder and of HTTP/2. Each check gives false with the
// error raised (vm->error), in the words of all other builtins; operations then pass it on with
// valk_op_fail_raised.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <string>

#include "runtime/control/operation.h"
#include "runtime/io/dns.h"

/// Milliseconds, an integer or float that is not negative, as nanoseconds.
bool valk_argument_duration(Vm* vm, Value* sp, const char* name, int argument, Value v,
                            uint64_t* nanoseconds);
/// The same without an error.
bool valk_read_duration(Value v, uint64_t* nanoseconds);
bool valk_argument_string(Vm* vm, Value* sp, const char* name, int argument, Value v);
/// A string without NUL bytes, at most `longest` bytes, not empty: for names that go to the system.
bool valk_argument_name(Vm* vm, Value* sp, const char* name, int argument, Value v, size_t longest);
/// The same without an error.
bool valk_is_argument_name(Value v, size_t longest);
/// An integer 0 to 65535.
bool valk_argument_port(Vm* vm, Value* sp, const char* name, int argument, Value v, uint16_t* port);
/// Where a server is to listen: a numeric address or "localhost", since servers look no names up.
bool valk_argument_listen_address(Vm* vm, Value* sp, const char* name, const std::string& host,
                                  uint16_t port, ValkAddress* address);
/// A live handle of that kind: its native object, or null with :type or :closed raised.
void* valk_argument_handle(Vm* vm, Value* sp, const char* name, int argument, Value v,
                           const ValkHandleKind* kind);

/// Ends an operation in its start function with the error that was just raised.
void valk_op_fail_raised(Vm* vm, Value* sp, ValkOpId op);
/// The name of one of errno's numbers: "ENOENT" ….
const char* valk_errno_name(int error);
/// The property list {:code "…"}, for an error's data. VALK_NIL if memory is exhausted.
Value valk_code_data(Vm* vm, Value* sp, const char* code);
/// Raises, from direct code, an error with data {:code code}. Gives VALK_ERR.
Value valk_fail_code(Vm* vm, Value* sp, const char* kind, const char* code, const char* format, ...)
    __attribute__((format(printf, 5, 6)));
/// Fails an operation with a formatted message and data {:code code}; code null: no data.
void valk_op_fail_code(Vm* vm, Value* sp, ValkOpId op, const char* kind, const char* code,
                       const char* format, ...) __attribute__((format(printf, 6, 7)));
