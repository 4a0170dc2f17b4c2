// Declarations of what the parts of a divided program share.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace valkc {

/// Declarations of functions and descriptors, by the names that they declare.
class Declarations {
 public:
  /// `text`: one a line, which must live as long.
  explicit Declarations(std::string_view text);
  /// Those of names that stand in `text`, in the order of their first use. A name may also be part of a string: then
  /// there is one too many.
  std::string needed_by(std::string_view text) const;

 private:
  std::unordered_map<std::string_view, size_t> index_of_;
  std::vector<std::string_view> lines_;
};

}  // namespace valkc
