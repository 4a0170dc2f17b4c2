// fs/open fs/read-chunk fs/write-chunk fs/close: files that a program holds open.
//
// Work on one file is done in turn: the next piece is handed to a thread when the one before has ended.
// The descriptor is closed when the program has closed the file and its last work has ended.
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <deque>
#include <memory>

#include "runtime/io/arguments.h"
#include "runtime/io/limits.h"
#include "runtime/io/loop.h"
#include "runtime/io/work.h"
#include "runtime/value/error.h"
#include "runtime/value/value.h"

struct ValkFile {
  int descriptor = -1;
  std::string path;
  ValkResource resource{};
  ValkHandleId handle = 0;
  bool has_handle = false;
  bool is_busy = false;
  std::deque<ValkWork*> waiting;  ///< for their turn
};

namespace {

ValkFile* from(void* native) { return static_cast<ValkFile*>(native); }

void free_if_unused(ValkFile* f) {
  if (f->has_handle || f->is_busy || !f->waiting.empty()) return;
  if (f->descriptor >= 0) close(f->descriptor);
  valk_resource_remove(&f->resource);
  std::unique_ptr<ValkFile> owned(f);
}

void close_handle(Vm*, void* native) {
  from(native)->has_handle = false;
  free_if_unused(from(native));
}

ValkHandleUse use_of(const void* native) {
  const ValkFile* f = static_cast<const ValkFile*>(native);
  return f->is_busy || !f->waiting.empty() ? VALK_HANDLE_BUSY : VALK_HANDLE_IDLE;
}

const ValkHandleKind file_kind = {"file", close_handle, use_of};

// ---- on the thread ------------------------------------------------------------------------------

void run_open(ValkWork* work) {
  work->descriptor = open(work->path.c_str(), work->flags | O_CLOEXEC, 0666);
  if (work->descriptor < 0) work->error = errno;
}

/// Where the file stands, or at an offset if one was given.
ssize_t read_from(ValkWork* work) {
  char* space = work->bytes.data();
  if (work->offset < 0) return read(work->descriptor, space, work->bytes.size());
  return pread(work->descriptor, space, work->bytes.size(), work->offset);
}

void run_read(ValkWork* work) {
  work->bytes.resize(static_cast<size_t>(work->number));
  ssize_t count;
  do count = read_from(work);
  while (count < 0 && errno == EINTR);
  if (count < 0) work->error = errno;
  work->at_end = count == 0;
  work->bytes.resize(count > 0 ? static_cast<size_t>(count) : 0);
}

void run_write(ValkWork* work) {
  size_t done = 0;
  while (done < work->bytes.size()) {
    ssize_t count = write(work->descriptor, work->bytes.data() + done, work->bytes.size() - done);
    if (count >= 0) {
      done += static_cast<size_t>(count);
    } else if (errno != EINTR) {
      work->error = errno;
      return;
    }
  }
}

// ---- on the loop --------------------------------------------------------------------------------

void close_at_exit(Vm* vm, ValkResource* resource, bool) {
  ValkFile* f =
      reinterpret_cast<ValkFile*>(reinterpret_cast<char*>(resource) - offsetof(ValkFile, resource));
  if (f->has_handle) valk_handle_forget_id(vm, f->handle);
  f->has_handle = false;
  free_if_unused(f);
}

Value give_file(Vm* vm, Value* sp, ValkWork* work) {
  ValkFile* f = std::make_unique<ValkFile>().release();
  f->descriptor = work->descriptor;
  f->path = work->path;
  f->resource.close_at_exit = close_at_exit;
  valk_resource_add(&f->resource);
  Value handle = valk_handle_make(vm, sp, &file_kind, f);
  if (handle == VALK_ERR) {
    free_if_unused(f);
    return VALK_ERR;
  }
  f->handle = valk_handle_id(handle);
  f->has_handle = true;
  return handle;
}

Value give_chunk(Vm* vm, Value* sp, ValkWork* work) {
  if (work->at_end) return VALK_NIL;
  return valk_make_string(vm, sp, work->bytes.data(), work->bytes.size());
}

Value give_nil(Vm*, Value*, ValkWork*) { return VALK_NIL; }

struct Mode {
  const char* name;
  int flags;
};
constexpr Mode kModes[] = {
    {"r", O_RDONLY},
    {"w", O_WRONLY | O_CREAT | O_TRUNC},
    {"a", O_WRONLY | O_CREAT | O_APPEND},
    {"r+", O_RDWR},
};

/// The flags of a mode, or -1 with :range raised.
int read_mode(Vm* vm, Value* sp, const char* name, Value mode) {
  for (const Mode& m : kModes)
    if (valk_string_length(mode) == strlen(m.name) &&
        !memcmp(valk_string_bytes(mode), m.name, strlen(m.name)))
      return m.flags;
  valk_fail_range(vm, sp, name, 2, "\"r\", \"w\", \"a\" or \"r+\"", mode);
  return -1;
}

std::unique_ptr<ValkWork> make_work(const char* name, void (*run)(ValkWork*),
                                    Value (*result)(Vm*, Value*, ValkWork*)) {
  std::unique_ptr<ValkWork> work = std::make_unique<ValkWork>();
  work->name = name;
  work->run = run;
  work->result = result;
  return work;
}

/// Hands the next waiting work to a thread, if the file is free.
void go_on(ValkFile* f) {
  while (!f->is_busy && !f->waiting.empty()) {
    ValkWork* next = f->waiting.front();
    f->waiting.pop_front();
    f->is_busy = valk_work_go(next);
  }
}

void enqueue(Vm* vm, ValkFile* f, std::unique_ptr<ValkWork> work, ValkOpId op) {
  work->file = f;
  work->path = f->path;
  work->descriptor = f->descriptor;
  f->waiting.push_back(work.get());
  valk_work_prepare(vm, work.release(), op);
  go_on(f);
}

}  // namespace

void valk_file_work_ended(ValkFile* f) {
  f->is_busy = false;
  go_on(f);
  free_if_unused(f);
}

void valk_fs_open(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  const char* name = valk_op_name(vm, op);
  int flags = -1;
  if (valk_argument_name(vm, sp + n, name, 1, sp[0], 4096) &&
      valk_argument_string(vm, sp + n, name, 2, sp[1]))
    flags = read_mode(vm, sp + n, name, sp[1]);
  if (flags < 0) return valk_op_fail_raised(vm, sp + n, op);
  std::unique_ptr<ValkWork> work = make_work(name, run_open, give_file);
  work->path.assign(valk_string_bytes(sp[0]), valk_string_length(sp[0]));
  work->flags = flags;
  valk_work_start(vm, work.release(), op);
}

namespace {

/// Checks a number of bytes to be read.
bool check_count(Vm* vm, Value* sp, const char* name, int argument, Value v) {
  if (valk_is_fix(v) && VALK_INT(v) > 0 && VALK_INT(v) <= static_cast<Fix>(valk_limit_file_read))
    return true;
  const char* what = "a number of bytes, 1 or more";
  if (valk_is_fix(v))
    valk_fail_range(vm, sp, name, argument, what, v);
  else
    valk_fail_type(vm, sp, name, argument, what, v);
  return false;
}

/// Reads sp[last] bytes; from sp[1] on if that is not last.
void start_read(Vm* vm, Value* sp, Fix n, ValkOpId op, const char* name, int last) {
  void* native = valk_argument_handle(vm, sp + n, name, 1, sp[0], &file_kind);
  if (!native || !check_count(vm, sp + n, name, last + 1, sp[last]))
    return valk_op_fail_raised(vm, sp + n, op);
  std::unique_ptr<ValkWork> work = make_work(name, run_read, give_chunk);
  work->number = VALK_INT(sp[last]);
  if (last > 1) work->offset = VALK_INT(sp[1]);
  enqueue(vm, from(native), std::move(work), op);
}

}  // namespace

void valk_fs_read_chunk(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  start_read(vm, sp, n, op, valk_op_name(vm, op), 1);
}

void valk_fs_read_at(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  const char* name = valk_op_name(vm, op);
  if (valk_is_fix(sp[1]) && VALK_INT(sp[1]) >= 0) return start_read(vm, sp, n, op, name, 2);
  if (valk_is_fix(sp[1]))
    valk_fail_range(vm, sp + n, name, 2, "an offset, 0 or more", sp[1]);
  else
    valk_fail_type(vm, sp + n, name, 2, "an offset, 0 or more", sp[1]);
  valk_op_fail_raised(vm, sp + n, op);
}

void valk_fs_write_chunk(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  const char* name = valk_op_name(vm, op);
  void* native = valk_argument_handle(vm, sp + n, name, 1, sp[0], &file_kind);
  if (!native || !valk_argument_string(vm, sp + n, name, 2, sp[1]))
    return valk_op_fail_raised(vm, sp + n, op);
  std::unique_ptr<ValkWork> work = make_work(name, run_write, give_nil);
  work->bytes.assign(valk_string_bytes(sp[1]), valk_string_length(sp[1]));
  enqueue(vm, from(native), std::move(work), op);
}

Value valk_fs_close(Vm* vm, Value* sp, Value file) {
  if (!valk_handle_is(file, &file_kind))
    return valk_fail_type(vm, sp, "fs/close", 1, "a <file>", file);
  void* native = valk_handle_native(vm, file, &file_kind);
  if (!native) return VALK_NIL;
  valk_handle_forget(vm, file);
  close_handle(vm, native);
  return VALK_NIL;
}
