// fs/read fs/write fs/append fs/stat fs/list fs/mkdir fs/remove: operations on paths.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "runtime/io/arguments.h"
#include "runtime/io/limits.h"
#include "runtime/io/options.h"
#include "runtime/io/values.h"
#include "runtime/io/work.h"

namespace {

constexpr size_t kChunk = 64 * 1024;
constexpr size_t kLongestPath = 4096;

// ---- on the thread ------------------------------------------------------------------------------

/// Reads to the end of the file; false with errno.
bool read_to_end(int descriptor, ValkWork* work) {
  for (;;) {
    size_t length = work->bytes.size();
    if (length > valk_limit_file_read) {
      work->over_limit = true;
      return true;
    }
    work->bytes.resize(length + kChunk);
    ssize_t count = read(descriptor, work->bytes.data() + length, kChunk);
    work->bytes.resize(length + (count > 0 ? static_cast<size_t>(count) : 0));
    if (count == 0) return true;
    if (count < 0 && errno != EINTR) return false;
  }
}

bool write_all(int descriptor, const std::string& bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    ssize_t count = write(descriptor, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) done += static_cast<size_t>(count);
  }
  return true;
}

void run_read(ValkWork* work) {
  int descriptor = open(work->path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0 || !read_to_end(descriptor, work)) work->error = errno;
  if (descriptor >= 0) close(descriptor);
}

void run_write(ValkWork* work) {
  int descriptor = open(work->path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | work->flags, 0666);
  if (descriptor < 0 || !write_all(descriptor, work->bytes)) work->error = errno;
  if (descriptor >= 0 && close(descriptor) != 0 && !work->error) work->error = errno;
}

const char* type_name(mode_t mode) {
  if (S_ISREG(mode)) return ":file";
  if (S_ISDIR(mode)) return ":dir";
  if (S_ISLNK(mode)) return ":link";
  return ":other";
}

void run_stat(ValkWork* work) {
  struct stat s;
  const char* path = work->path.c_str();
  if ((work->flags ? stat(path, &s) : lstat(path, &s)) != 0) {
    work->error = errno;
    return;
  }
  work->number = s.st_size;
  work->time_ms = int64_t{s.st_mtim.tv_sec} * 1000 + s.st_mtim.tv_nsec / 1000000;
  work->bytes = type_name(s.st_mode);
}

void run_list(ValkWork* work) {
  DIR* folder = opendir(work->path.c_str());
  if (!folder) {
    work->error = errno;
    return;
  }
  errno = 0;
  while (dirent* entry = readdir(folder)) {
    std::string name = entry->d_name;
    if (name != "." && name != "..") work->names.push_back(name);
    errno = 0;
  }
  work->error = errno;
  closedir(folder);
  std::sort(work->names.begin(), work->names.end());
}

void run_mkdir(ValkWork* work) {
  if (mkdir(work->path.c_str(), 0777) != 0) work->error = errno;
}

void run_remove(ValkWork* work) {
  if (remove(work->path.c_str()) != 0) work->error = errno;
}

// ---- on the loop --------------------------------------------------------------------------------

Value give_nil(Vm*, Value*, ValkWork*) { return VALK_NIL; }

Value give_bytes(Vm* vm, Value* sp, ValkWork* work) {
  return valk_make_string(vm, sp, work->bytes.data(), work->bytes.size());
}

Value give_stat(Vm* vm, Value* sp, ValkWork* work) {
  sp[0] = VALK_NIL;
  bool fine = valk_push(vm, sp, valk_make_integer(vm, sp + 1, work->time_ms)) &&
              valk_push_keyword(vm, sp, ":mtime-ms") &&
              valk_push_keyword(vm, sp, work->bytes.c_str()) &&
              valk_push_keyword(vm, sp, ":type") &&
              valk_push(vm, sp, valk_make_integer(vm, sp + 1, work->number)) &&
              valk_push_keyword(vm, sp, ":size");
  return fine ? sp[0] : VALK_ERR;
}

Value give_names(Vm* vm, Value* sp, ValkWork* work) {
  sp[0] = VALK_NIL;
  for (size_t i = work->names.size(); i-- > 0;)
    if (!valk_push_string(vm, sp, work->names[i])) return VALK_ERR;
  return sp[0];
}

// ---- starting -----------------------------------------------------------------------------------

struct Kind {
  const char* name;
  void (*run)(ValkWork* work);
  Value (*result)(Vm* vm, Value* sp, ValkWork* work);
  int flags;
};

void start(Vm* vm, Value* sp, Fix n, ValkOpId op, const Kind& kind) {
  if (!valk_argument_name(vm, sp + n, kind.name, 1, sp[0], kLongestPath) ||
      (n > 1 && !valk_argument_string(vm, sp + n, kind.name, 2, sp[1])))
    return valk_op_fail_raised(vm, sp + n, op);
  std::unique_ptr<ValkWork> work = std::make_unique<ValkWork>();
  work->name = kind.name;
  work->run = kind.run;
  work->result = kind.result;
  work->flags = kind.flags;
  work->path.assign(valk_string_bytes(sp[0]), valk_string_length(sp[0]));
  if (n > 1) work->bytes.assign(valk_string_bytes(sp[1]), valk_string_length(sp[1]));
  valk_work_start(vm, work.release(), op);
}

}  // namespace

void valk_fs_read(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  start(vm, sp, n, op, {valk_op_name(vm, op), run_read, give_bytes, 0});
}
void valk_fs_write(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  start(vm, sp, n, op, {valk_op_name(vm, op), run_write, give_nil, O_TRUNC});
}
void valk_fs_append(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  start(vm, sp, n, op, {valk_op_name(vm, op), run_write, give_nil, O_APPEND});
}
void valk_fs_stat(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  const char* name = valk_op_name(vm, op);
  bool follow = false;
  const ValkOption options[] = {{.key = ":follow", .flag = &follow}};
  if (n > 1 && !valk_read_options(vm, sp + n, name, sp[1], options, 1))
    return valk_op_fail_raised(vm, sp + n, op);
  start(vm, sp, 1, op, {name, run_stat, give_stat, follow ? 1 : 0});
}
void valk_fs_list(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  start(vm, sp, n, op, {valk_op_name(vm, op), run_list, give_names, 0});
}
void valk_fs_mkdir(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  start(vm, sp, n, op, {valk_op_name(vm, op), run_mkdir, give_nil, 0});
}
void valk_fs_remove(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  start(vm, sp, n, op, {valk_op_name(vm, op), run_remove, give_nil, 0});
}
