// Reading inputs and writing outputs, with what went wrong in words.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace valkc {

/// A file could not be read or written; what() is the message for the user.
struct FileError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The bytes of a file, or of standard input for "-". Throws FileError.
std::string read_file(const std::string& path);

/// Writes a file, or standard output for "-". Throws FileError.
void write_file(const std::string& path, std::string_view text);

/// Throws FileError if `path` could not be written by another program: before that is tried.
void require_writable(const std::string& path);

/// Leaves a file that has these bytes already untouched, so that a build system sees no change.
void write_if_changed(const std::string& path, std::string_view text);

/// A makefile rule: `targets` depend on `files`; characters that make cares about are escaped.
std::string make_rule(const std::vector<std::string>& targets,
                      const std::vector<std::string>& files);

/// The last component without its last suffix: "src/main.valk" → "main".
std::string stem(const std::string& path);

}  // namespace valkc
