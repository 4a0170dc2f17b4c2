// Finding the runtime. See resources.h.
#include "driver/resources.h"

#include <filesystem>

#include "driver/build_tree.h"

namespace valkc {

std::string executable_path() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "valkc" : path.string();
}

ResourceDirs find_resources() {
  const auto prefix = std::filesystem::path(executable_path()).parent_path().parent_path();
  std::error_code ignored;
  if (std::filesystem::exists(prefix / "lib/valkyria/libvalk.a", ignored))
    return {(prefix / "lib/valkyria").string(), (prefix / "include/valkyria").string()};
  return {BUILD_TREE_LIBRARY_DIR, BUILD_TREE_INCLUDE_DIR};
}

}  // namespace valkc
