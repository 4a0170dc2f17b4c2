// Which files belong to the program: `(load "f")` at compile time, once per file.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "frontend/datum.h"
#include "frontend/diagnostics.h"
#include "frontend/source.h"

namespace valkc {

class Loader {
 public:
  Loader(SourceMap& sources, Diagnostics& diagnostics, DatumArena& data,
         std::vector<std::string> include_dirs)
      : sources_(sources),
        diagnostics_(diagnostics),
        data_(data),
        include_dirs_(std::move(include_dirs)) {}

  /// Enters a file that the driver names. `text`: its content, if it was read already; the path is
  /// then only a name. Gives its data; nothing if it cannot be read (reported). Call leave() after
  /// its forms have been expanded.
  std::optional<std::vector<const Datum*>> enter_main(const std::string& path,
                                                      const std::optional<std::string>& text);
  /// The same for `(load "path")` at `span`. Nothing also if the file was loaded before, or is being
  /// loaded now, which is reported as a cycle.
  std::optional<std::vector<const Datum*>> enter(const std::string& path, Span span);
  void leave() { loading_.pop_back(); }

  /// Paths of all files read, in order.
  const std::vector<std::string>& files() const { return files_; }

 private:
  struct Loading {
    std::string identity;
    Span span;  ///< of the load form
  };

  std::string find(const std::string& path, Span span) const;
  bool is_loading(const std::string& identity) const;
  void report_cycle(const std::string& path, const std::string& identity, Span span);
  std::optional<std::vector<const Datum*>> read(const std::string& path, Span span);

  SourceMap& sources_;
  Diagnostics& diagnostics_;
  DatumArena& data_;
  std::vector<std::string> include_dirs_;
  std::set<std::string> loaded_;
  std::vector<Loading> loading_;
  std::vector<std::string> files_;
};

}  // namespace valkc
