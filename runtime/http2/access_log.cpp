// See access_log.h.
#include "runtime/http2/access_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <memory>

#include "runtime/http2/dates.h"
#include "runtime/prims/output.h"

struct ValkAccessLog {
  std::string path;
  int descriptor = -1;  ///< -1: standard output
  std::string lines;
  ValkEvent flush{};
};

namespace {

constexpr char kStandardOutput[] = "-";
constexpr size_t kLongestPart = 4096;
constexpr uint64_t kNanosecondsPerMillisecond = 1000000;

int open_file(const std::string& path) {
  return open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

/// A line that the disk has no room for is lost: serving goes on.
void write_lines(ValkAccessLog* log) {
  size_t done = 0;
  if (log->descriptor < 0) valk_write_output(log->lines.data(), log->lines.size());
  while (log->descriptor >= 0 && done < log->lines.size()) {
    ssize_t count = write(log->descriptor, log->lines.data() + done, log->lines.size() - done);
    if (count < 0 && errno != EINTR) break;
    if (count > 0) done += static_cast<size_t>(count);
  }
  log->lines.clear();
}

void deliver_flush(Vm*, ValkEvent* event) {
  write_lines(reinterpret_cast<ValkAccessLog*>(reinterpret_cast<char*>(event) -
                                               offsetof(ValkAccessLog, flush)));
}

ValkSecondText now("[%d/%b/%Y:%H:%M:%S +0000]");  // [10/Oct/2000:13:55:36 +0000]

/// Adds text that a client has chosen: no quotes, no line ends, not too much.
void add_escaped(std::string* line, std::string_view text) {
  char code[8];
  if (text.empty()) *line += '-';
  for (char c : text.substr(0, kLongestPart)) {
    unsigned char byte = static_cast<unsigned char>(c);
    bool is_plain = byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\';
    if (!is_plain) snprintf(code, sizeof code, "\\x%02X", byte);
    if (is_plain)
      *line += c;
    else
      *line += code;
  }
}

}  // namespace

ValkAccessLog* valk_access_log_open(const std::string& path) {
  int descriptor = path == kStandardOutput ? -1 : open_file(path);
  if (descriptor < 0 && path != kStandardOutput) return nullptr;
  auto log = std::make_unique<ValkAccessLog>();
  log->path = path;
  log->descriptor = descriptor;
  log->flush.deliver = deliver_flush;
  return log.release();
}

void valk_access_log_add(ValkAccessLog* log, const ValkAccess& a) {
  char numbers[96];
  std::string* line = &log->lines;
  *line += a.address;
  *line += " - - ";
  *line += now.now();
  *line += " \"";
  add_escaped(line, a.method);
  *line += ' ';
  add_escaped(line, a.path);
  snprintf(numbers, sizeof numbers, " HTTP/2.0\" %d %llu \"", a.status,
           static_cast<unsigned long long>(a.bytes));
  *line += numbers;
  add_escaped(line, a.referrer);
  *line += "\" \"";
  add_escaped(line, a.agent);
  uint64_t ms = a.nanoseconds / kNanosecondsPerMillisecond;
  snprintf(numbers, sizeof numbers, "\" %llu.%03llu\n", static_cast<unsigned long long>(ms / 1000),
           static_cast<unsigned long long>(ms % 1000));
  *line += numbers;
  valk_event_post_before_poll(&log->flush);
}

void valk_access_log_reopen(ValkAccessLog* log) {
  if (log->descriptor < 0) return;
  write_lines(log);
  int fresh = open_file(log->path);
  if (fresh < 0) {
    fprintf(stderr, "http2: the access log %s cannot be opened again: %s\n", log->path.c_str(),
            strerror(errno));
    return;
  }
  close(log->descriptor);
  log->descriptor = fresh;
}

void valk_access_log_close(ValkAccessLog* log) {
  if (!log) return;
  valk_event_withdraw(&log->flush);
  write_lines(log);
  if (log->descriptor >= 0) close(log->descriptor);
  std::unique_ptr<ValkAccessLog> owned(log);
}
