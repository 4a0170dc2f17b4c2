// The access log of a server: a line for each request, in the combined format of Apache and nginx with the
// duration in seconds at the end.
#pragma once

#include <string>
#include <string_view>

#include "runtime/io/loop.h"

struct ValkAccessLog;

/// What a line says. Strings come from clients and are escaped.
struct ValkAccess {
  std::string_view address, method, path, referrer, agent;
  int status = 0;  ///< 499 if the client left before it had one
  uint64_t bytes = 0;
  uint64_t nanoseconds = 0;
};

/// Opens a log: a file that lines are added to, or "-", standard output. Null with errno.
ValkAccessLog* valk_access_log_open(const std::string& path);
/// Adds a line; it is written before the loop polls.
void valk_access_log_add(ValkAccessLog* log, const ValkAccess& access);
/// Opens the file again, which may have been renamed meanwhile; if it cannot, it goes on with the old one.
void valk_access_log_reopen(ValkAccessLog* log);
/// Writes what is left. Null is harmless.
void valk_access_log_close(ValkAccessLog* log);
