// Running the C++ compiler: child processes and the temporary folder for what passes between them.
#pragma once

#include <string>
#include <vector>

namespace valkc {

/// Arguments, program first; found by $PATH unless it has a slash.
using CommandLine = std::vector<std::string>;

/// The command as a shell would need it, for messages and -###.
std::string to_shell(const CommandLine& command);

/// Runs the command with valkc's own standard streams and waits. Gives its exit status, 128 + the
/// signal that killed it, or 127 if it could not be started.
int run_command(const CommandLine& command);

/// Becomes the command. Returns only if that is impossible; errno is set.
void become_command(const CommandLine& command);

/// The path of an executable by $PATH; empty if there is none. A name with a slash is taken as it is.
std::string find_program(const std::string& name);

/// How many parts of a program may stand in one folder.
inline constexpr int MAX_PARTS = 100;
/// The name of the object of a part, from 0, or of its ".cpp".
inline std::string part_name(int part, const char* suffix = ".o") {
  std::string name = "part";
  name += static_cast<char>('0' + part / 10);
  name += static_cast<char>('0' + part % 10);
  return name + suffix;
}

/// A fresh folder below $TMPDIR, removed with everything in it at the end, and when the process ends by
/// an interrupt, unless it is kept.
class TempDir {
 public:
  /// Throws std::system_error.
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  /// Leaves the folder where it is: the user may want to see what failed.
  void keep() { kept_ = true; }

 private:
  std::string path_;
  bool kept_ = false;
};

}  // namespace valkc
