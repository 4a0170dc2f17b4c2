// See arguments.h.
#include "runtime/io/arguments.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runtime/io/uv.h"
#include "runtime/value/error.h"

namespace {

constexpr double kLongestDuration = 9e15;  // milliseconds: 2^63 nanoseconds, about 285 years
constexpr uint64_t kNanosecondsPerMillisecond = 1000000;

bool has_nul(Value s) { return memchr(valk_string_bytes(s), 0, valk_string_length(s)) != nullptr; }

}  // namespace

bool valk_read_duration(Value v, uint64_t* nanoseconds) {
  bool is_float = valk_is_kind(v, VALK_KIND_FLOAT);
  double ms = is_float ? valk_float_value(v) : static_cast<double>(VALK_INT(v));
  if ((!is_float && !valk_is_fix(v)) || !(ms >= 0)) return false;
  if (ms > kLongestDuration / kNanosecondsPerMillisecond)
    *nanoseconds = UINT64_MAX;
  else
    *nanoseconds = is_float ? static_cast<uint64_t>(ms * kNanosecondsPerMillisecond)
                            : static_cast<uint64_t>(VALK_INT(v)) * kNanosecondsPerMillisecond;
  return true;
}

bool valk_argument_duration(Vm* vm, Value* sp, const char* name, int argument, Value v,
                            uint64_t* nanoseconds) {
  if (valk_read_duration(v, nanoseconds)) return true;
  valk_fail_type(vm, sp, name, argument, "a number of milliseconds, 0 or more", v);
  return false;
}

bool valk_argument_string(Vm* vm, Value* sp, const char* name, int argument, Value v) {
  if (valk_is_kind(v, VALK_KIND_STRING)) return true;
  valk_fail_type(vm, sp, name, argument, "a string", v);
  return false;
}

bool valk_is_argument_name(Value v, size_t longest) {
  if (!valk_is_kind(v, VALK_KIND_STRING)) return false;
  size_t length = valk_string_length(v);
  return length != 0 && length <= longest && !has_nul(v);
}

bool valk_argument_name(Vm* vm, Value* sp, const char* name, int argument, Value v,
                        size_t longest) {
  if (valk_is_argument_name(v, longest)) return true;
  if (!valk_argument_string(vm, sp, name, argument, v)) return false;
  char what[64];
  snprintf(what, sizeof what, "a string of 1 to %zu bytes, none of them NUL", longest);
  valk_fail_range(vm, sp, name, argument, what, v);
  return false;
}

bool valk_argument_port(Vm* vm, Value* sp, const char* name, int argument, Value v,
                        uint16_t* port) {
  if (!valk_is_fix(v)) {
    valk_fail_type(vm, sp, name, argument, "a port number", v);
    return false;
  }
  if (VALK_INT(v) < 0 || VALK_INT(v) > UINT16_MAX) {
    valk_fail_range(vm, sp, name, argument, "a port number, 0 to 65535", v);
    return false;
  }
  *port = static_cast<uint16_t>(VALK_INT(v));
  return true;
}

bool valk_argument_listen_address(Vm* vm, Value* sp, const char* name, const std::string& host,
                                  uint16_t port, ValkAddress* address) {
  const char* numeric = host == "localhost" ? "127.0.0.1" : host.c_str();
  if (valk_read_numeric_address(numeric, port, address)) return true;
  valk_fail(vm, sp, ":range", "%s: :host must be a numeric address, not %s", name, host.c_str());
  return false;
}

void* valk_argument_handle(Vm* vm, Value* sp, const char* name, int argument, Value v,
                           const ValkHandleKind* kind) {
  if (!valk_handle_is(v, kind)) {
    char what[64];
    snprintf(what, sizeof what, "a <%s>", kind->name);
    valk_fail_type(vm, sp, name, argument, what, v);
    return nullptr;
  }
  void* native = valk_handle_native(vm, v, kind);
  if (!native) valk_fail(vm, sp, ":closed", "%s: the %s is closed", name, kind->name);
  return native;
}

void valk_op_fail_raised(Vm* vm, Value* sp, ValkOpId op) {
  valk_op_fail_with(vm, op, valk_catch(vm, sp));
}

Value valk_code_data(Vm* vm, Value* sp, const char* code) {
  sp[0] = valk_make_string(vm, sp, code, strlen(code));
  if (sp[0] == VALK_ERR) return VALK_NIL;
  Value list = valk_make_pair(vm, sp + 1, sp[0], VALK_NIL);
  if (list == VALK_ERR) return VALK_NIL;
  sp[0] = list;
  Value key = valk_make_keyword(vm, sp + 1, ":code", 5);
  if (key == VALK_ERR) return VALK_NIL;
  Value data = valk_make_pair(vm, sp + 1, key, sp[0]);
  return data == VALK_ERR ? VALK_NIL : data;
}

Value valk_fail_code(Vm* vm, Value* sp, const char* kind, const char* code, const char* format,
                     ...) {
  char message[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  sp[0] = valk_code_data(vm, sp, code);
  Value error = valk_make_error(vm, sp + 1, kind, message, sp[0]);
  return error == VALK_ERR ? VALK_ERR : valk_throw(vm, sp, error);
}

void valk_op_fail_code(Vm* vm, Value* sp, ValkOpId op, const char* kind, const char* code,
                       const char* format, ...) {
  char message[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  valk_op_fail(vm, op, kind, message, code ? valk_code_data(vm, sp, code) : VALK_NIL);
}

const char* valk_errno_name(int error) { return uv_err_name(-error); }
