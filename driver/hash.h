// The content hash that names cached executables.
#pragma once

#include <string>
#include <string_view>

namespace valkc {

/// FNV-1a, 128 bits: enough that two contents do not collide by accident; nobody attacks his own cache.
class ContentHash {
 public:
  /// Adds text and its length, so that ("ab", "c") differs from ("a", "bc").
  void add(std::string_view text);
  /// 32 hexadecimal digits.
  std::string hex() const;

 private:
  using Wide = unsigned __int128;
  Wide state_ = (Wide{0x6c62272e07bb0142} << 64) | 0x62b821756295c58d;
};

std::string hash_of(std::string_view text);

}  // namespace valkc
