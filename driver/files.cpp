// Files by plain POSIX calls: errno says why. See files.h.
#include "driver/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace valkc {
namespace {

[[noreturn]] void fail(const std::string& what, const std::string& path) {
  throw FileError("cannot " + what + " `" + path + "`: " + std::strerror(errno));
}

/// A descriptor that closes itself.
struct Descriptor {
  int fd;
  bool owned = true;
  ~Descriptor() {
    if (owned && fd >= 0) close(fd);
  }
};

/// All that comes out of the descriptor; false if reading failed.
bool read_all_bytes(int fd, std::string& text) {
  char buffer[1 << 16];
  for (;;) {
    const ssize_t n = read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n == 0;
    text.append(buffer, static_cast<size_t>(n));
  }
}

bool write_all_bytes(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

}  // namespace

std::string read_file(const std::string& path) {
  const bool is_stdin = path == "-";
  const Descriptor file{is_stdin ? 0 : open(path.c_str(), O_RDONLY | O_CLOEXEC), !is_stdin};
  std::string text;
  if (file.fd < 0 || !read_all_bytes(file.fd, text)) fail("read", path);
  return text;
}

void write_file(const std::string& path, std::string_view text) {
  const bool is_stdout = path == "-";
  const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
  const Descriptor file{is_stdout ? 1 : open(path.c_str(), flags, 0666), !is_stdout};
  if (file.fd < 0 || !write_all_bytes(file.fd, text)) fail("write", path);
}

void require_writable(const std::string& path) {
  std::error_code error;
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const bool exists = std::filesystem::exists(path, error);
  errno = std::filesystem::is_directory(path, error) ? EISDIR : 0;
  const std::string& asked = exists ? path : folder;
  if (errno || (!asked.empty() && access(asked.c_str(), W_OK) != 0)) fail("write", path);
}

void write_if_changed(const std::string& path, std::string_view text) {
  struct stat status;
  if (path != "-" && stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
      static_cast<size_t>(status.st_size) == text.size() && read_file(path) == text)
    return;
  write_file(path, text);
}

namespace {

std::string escaped_for_make(const std::string& path) {
  std::string text;
  for (const char c : path) {
    if (c == ' ' || c == '#' || c == '\\' || c == ':') text += '\\';
    if (c == '$') text += '$';
    text += c;
  }
  return text;
}

}  // namespace

std::string make_rule(const std::vector<std::string>& targets,
                      const std::vector<std::string>& files) {
  std::string text;
  for (const std::string& target : targets)
    text += (text.empty() ? "" : " ") + escaped_for_make(target);
  text += ":";
  for (const std::string& file : files) text += " \\\n  " + escaped_for_make(file);
  return text + "\n";
}

std::string stem(const std::string& path) { return std::filesystem::path(path).stem().string(); }

}  // namespace valkc
