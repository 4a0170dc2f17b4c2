// Where valkc's own parts are: the runtime's archive and headers, found from the executable, so that an
// installed tree can be moved; and the library sources, which are part of the executable.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace valkc {

struct ResourceDirs {
  std::string library_dir;  ///< holds libvalk.a
  std::string include_dir;  ///< #include "runtime/valk.h" resolves here
};

/// PREFIX/lib/valkyria and PREFIX/include/valkyria for an installed PREFIX/bin/valkc; else what the
/// build tree says.
ResourceDirs find_resources();

/// The path of the running executable.
std::string executable_path();

/// One file of runtime/lib.
struct EmbeddedFile {
  std::string_view name;  ///< "lists.valk"
  std::string_view text;
};
/// All of them, sorted by name. Static data (library_sources.cpp, made by embed.cmake).
std::span<const EmbeddedFile> library_sources();

}  // namespace valkc
