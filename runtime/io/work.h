// Operations that call the system on a thread of libuv's pool, since it has no other way to wait for
// files: the arguments are copied in, the thread fills in the result, the loop turns it into a value.
#pragma once

#include <string>
#include <vector>

#include "runtime/control/operation.h"

struct ValkFile;
struct ValkJob;

/// One such operation. Owned by work.cpp from valk_work_start on.
struct ValkWork {
  const char* name;  ///< of the operation, for messages
  /// On the thread; touches nothing but this. Sets `error` to errno if it fails.
  void (*run)(ValkWork* work);
  /// On the loop: the operation's value, or VALK_ERR with an error raised. May allocate from sp on.
  Value (*result)(Vm* vm, Value* sp, ValkWork* work);
  std::string path;
  std::string bytes;  ///< in or out
  std::vector<std::string> names;
  int64_t number = 0;
  int64_t offset = -1;  ///< -1: where the file stands
  int64_t time_ms = 0;
  int flags = 0;
  int descriptor = -1;
  int error = 0;
  bool over_limit = false;
  bool at_end = false;
  ValkFile* file = nullptr;  ///< the open file that it works on, or null
  ValkJob* job = nullptr;    ///< work.cpp's own
};

/// Makes the work that of op, and hands it to a thread.
void valk_work_start(Vm* vm, ValkWork* work, ValkOpId op);
/// The same in two steps, for work that waits for its turn. `go` gives false, and the work is gone, if
/// op was cancelled meanwhile.
void valk_work_prepare(Vm* vm, ValkWork* work, ValkOpId op);
bool valk_work_go(ValkWork* work);
/// The cancel function of all such operations: work that has not begun is dropped; of work under way the
/// result is.
void valk_work_cancel(Vm* vm, ValkOpId op);
/// Called on the loop when the thread is done with work on a file.
void valk_file_work_ended(ValkFile* file);
