// The cache of `valkc run`: executables by the content of everything they were made from.
//
// What a program loads is known only after it was compiled, so a lookup has two steps: the request
// (flags, main file, compiler, runtime) names a manifest, which lists the files read and their hashes
// at that time; if they still have them, the executable named in it is current. Entries are written
// beside their place and renamed, so that concurrent runs see all or nothing.
#pragma once

#include <string>
#include <vector>

namespace valkc {

class RunCache {
 public:
  /// In $XDG_CACHE_HOME/valkc or ~/.cache/valkc, made if it does not exist.
  RunCache();
  /// False if there is no such folder: nothing is found then and nothing must be stored.
  bool is_usable() const { return !dir_.empty(); }

  /// The executable for this request if it is current; else empty.
  std::string find(const std::string& request) const;
  /// Moves an executable, built in fresh_path(), into the cache. Gives where it is; empty if that failed.
  std::string store(const std::string& request, const std::vector<std::string>& files,
                    const std::string& executable) const;
  /// A name in the cache's folder that nobody else has, to build in.
  std::string fresh_path() const;

 private:
  std::string manifest_path(const std::string& request) const;
  void prune() const;

  std::string dir_;
};

/// What identifies a tool without reading it: path, size, time of change.
std::string file_identity(const std::string& path);

}  // namespace valkc
