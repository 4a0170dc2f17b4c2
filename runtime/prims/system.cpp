// Plain files, clocks, environment and arguments.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/control/simulation.h"
#include "runtime/prims/prims.h"
#include "runtime/value/error.h"
#include "runtime/value/list.h"
#include "runtime/value/runtime.h"
#include "runtime/value/text.h"

// ---- errors of the system -----------------------------------------------------------------------

static Value name_value(Vm* vm, Value* sp, const char* text) {
  return valk_make_string(vm, sp, text, strlen(text));
}

/// Raises :io with data {:code "ENOENT" :path path}; the path is in sp[0].
static Value fail_system(Vm* vm, Value* sp, const char* name, int code) {
  sp[1] = valk_make_keyword(vm, sp + 1, ":code", 5);
  if (sp[1] == VALK_ERR) return VALK_ERR;
  const char* symbolic = strerrorname_np(code);
  sp[2] = name_value(vm, sp + 2, symbolic ? symbolic : "?");
  if (sp[2] == VALK_ERR) return VALK_ERR;
  sp[3] = valk_make_keyword(vm, sp + 3, ":path", 5);
  if (sp[3] == VALK_ERR) return VALK_ERR;
  sp[4] = sp[0];
  sp[1] = valk_list_from(vm, sp + 5, sp + 1, 4, VALK_NIL);
  if (sp[1] == VALK_ERR) return VALK_ERR;
  ValkText message;
  message.add_format("%s: %s: %s", name, valk_string_bytes(sp[0]), strerror(code));
  Value error = valk_make_error(vm, sp + 2, ":io", message.c_str(), sp[1]);
  return error == VALK_ERR ? error : valk_throw(vm, sp, error);
}

// ---- files --------------------------------------------------------------------------------------

/// Reads everything; gives errno or 0.
static int read_all(int fd, ValkText* text) {
  for (;;) {
    char* room = text->reserve(size_t{64} << 10);
    if (!room) return ENOMEM;
    ssize_t n = read(fd, room, size_t{64} << 10);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    if (n == 0) return 0;
    text->grow(static_cast<size_t>(n));
  }
}

/// A string without NULs is a path; VALK_ERR for anything else.
static Value check_path(Vm* vm, Value* sp, const char* name, Value path) {
  if (!valk_is_kind(path, VALK_KIND_STRING))
    return valk_fail_type(vm, sp, name, 1, "a string", path);
  if (strlen(valk_string_bytes(path)) != valk_string_length(path))
    return valk_fail_range(vm, sp, name, 1, "a path without NUL", path);
  return VALK_NIL;
}

Value valk_read_file(Vm* vm, Value* sp, Value path) {
  if (check_path(vm, sp, "read-file", path) == VALK_ERR) return VALK_ERR;
  sp[0] = path;
  int fd = open(valk_string_bytes(path), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail_system(vm, sp, "read-file", errno);
  ValkText text;
  int code = read_all(fd, &text);
  close(fd);
  if (code == ENOMEM) return valk_fail_memory(vm);
  if (code != 0) return fail_system(vm, sp, "read-file", code);
  return valk_make_string(vm, sp + 1, text.bytes(), text.length());
}

static int write_all(int fd, const char* bytes, size_t length) {
  while (length != 0) {
    ssize_t n = write(fd, bytes, length);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    bytes += n;
    length -= static_cast<size_t>(n);
  }
  return 0;
}

Value valk_write_file(Vm* vm, Value* sp, Value path, Value s) {
  if (check_path(vm, sp, "write-file", path) == VALK_ERR) return VALK_ERR;
  if (!valk_is_kind(s, VALK_KIND_STRING))
    return valk_fail_type(vm, sp, "write-file", 2, "a string", s);
  sp[0] = path;
  int fd = open(valk_string_bytes(path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return fail_system(vm, sp, "write-file", errno);
  int code = write_all(fd, valk_string_bytes(s), valk_string_length(s));
  if (close(fd) != 0 && code == 0) code = errno;
  return code == 0 ? VALK_NIL : fail_system(vm, sp, "write-file", code);
}

// ---- clocks -------------------------------------------------------------------------------------

Value valk_time_now(Vm*, Value*) { return VALK_FIX(valk_wall_clock() / 1000000); }
Value valk_time_monotonic(Vm*, Value*) { return VALK_FIX(valk_monotonic()); }
Value valk_time_cpu(Vm*, Value*) { return VALK_FIX(valk_cpu_time()); }
Value valk_time_us(Vm*, Value*) { return VALK_FIX(valk_monotonic() / 1000); }

// ---- the process --------------------------------------------------------------------------------

Value valk_env_get(Vm* vm, Value* sp, Value name) {
  if (!valk_is_kind(name, VALK_KIND_STRING))
    return valk_fail_type(vm, sp, "env/get", 1, "a string", name);
  const char* value = getenv(valk_string_bytes(name));
  return value ? name_value(vm, sp, value) : VALK_NIL;
}

Value valk_args(Vm* vm, Value* sp) {
  Value list = VALK_NIL;
  for (int i = vm->runtime->argc; i-- > 1 && list != VALK_ERR;) {
    sp[0] = list;
    Value argument = name_value(vm, sp + 1, vm->runtime->argv[i]);
    list = argument == VALK_ERR ? argument : valk_make_pair(vm, sp + 1, argument, sp[0]);
  }
  return list;
}
