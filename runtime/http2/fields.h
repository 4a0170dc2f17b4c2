// Header fields in native memory: names and values in one run of bytes, in order.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <string>
#include <string_view>
#include <vector>

/// A field to be sent, by reference.
struct ValkField {
  std::string_view name, value;
  bool name_stays = false;   ///< its bytes are a constant's
  bool value_stays = false;  ///< the same
};

class ValkFields {
 public:
  void add(std::string_view name, std::string_view value) {
    char* to = room(name.size() + value.size());
    entries_.push_back({static_cast<uint32_t>(used_), static_cast<uint32_t>(name.size()),
                        static_cast<uint32_t>(value.size())});
    memcpy(to, name.data(), name.size());
    if (!value.empty()) memcpy(to + name.size(), value.data(), value.size());
    used_ += name.size() + value.size();
  }
  size_t size() const { return entries_.size(); }
  /// Names and values together.
  size_t bytes() const { return used_; }
  std::string_view name(size_t i) const {
    return {space_.data() + entries_[i].start, entries_[i].name_length};
  }
  std::string_view value(size_t i) const {
    const Entry& e = entries_[i];
    return {space_.data() + e.start + e.name_length, e.value_length};
  }
  /// Keeps the space for the next fields, unless it is unusually large.
  void clear() {
    entries_.clear();
    used_ = 0;
    if (space_.size() > kKeptBytes) *this = ValkFields{};
  }

 private:
  struct Entry {
    uint32_t start;
    uint32_t name_length;
    uint32_t value_length;
  };
  static constexpr size_t kUsualBytes = 256, kUsualFields = 12, kKeptBytes = 2048;

  /// Space for `length` bytes more. The first is enough for most messages: growing costs more than filling.
  char* room(size_t length) {
    if (space_.size() - used_ < length || entries_.empty()) {
      if (entries_.capacity() < kUsualFields) entries_.reserve(kUsualFields);
      if (space_.size() < kUsualBytes) space_.resize(kUsualBytes);
      if (space_.size() - used_ < length) space_.resize(2 * (used_ + length));
    }
    return space_.data() + used_;
  }

  std::vector<char> space_;  ///< of it, used_ bytes are filled
  size_t used_ = 0;
  std::vector<Entry> entries_;
};

// What a program may put into fields (RFC 9110, 5; RFC 9113, 8.2).

/// A method or the name of a field.
bool valk_field_is_token(std::string_view s);
/// Visible ASCII only.
bool valk_field_is_plain(std::string_view s);
/// Without line ends and NUL.
bool valk_field_is_value(std::string_view s);
/// Fields that speak of one connection of HTTP/1.1 (RFC 9113, 8.2.2), and those nghttp2 makes itself.
bool valk_field_is_forbidden(std::string_view name);
/// Without ASCII letters in upper case.
bool valk_field_is_lower(std::string_view s);
/// ASCII letters in lower case.
std::string valk_field_lower(std::string_view s);
/// The same method as a constant, for as long as the program runs; empty if it is none of the usual ones.
std::string_view valk_method_text(std::string_view method);
/// The three digits of a status from 100 to 599, for as long as the program runs.
std::string_view valk_status_text(int status);
