// Header fields in native memory: names and values in one run of bytes, in order.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <string>
#include <string_view>
#include <vector>

class ValkFields {
 public:
  void add(std::string_view name, std::string_view value) {
    entries_.push_back({static_cast<uint32_t>(bytes_.size()), static_cast<uint32_t>(name.size()),
                        static_cast<uint32_t>(value.size())});
    bytes_.append(name).append(value);
  }
  size_t size() const { return entries_.size(); }
  /// Names and values together.
  size_t bytes() const { return bytes_.size(); }
  std::string_view name(size_t i) const {
    return {bytes_.data() + entries_[i].start, entries_[i].name_length};
  }
  std::string_view value(size_t i) const {
    const Entry& e = entries_[i];
    return {bytes_.data() + e.start + e.name_length, e.value_length};
  }
  void clear() {
    entries_.clear();
    bytes_.clear();
  }

 private:
  struct Entry {
    uint32_t start;
    uint32_t name_length;
    uint32_t value_length;
  };
  std::string bytes_;
  std::vector<Entry> entries_;
};

/// The first value of a field; its data is null if there is none.
std::string_view valk_fields_find(const ValkFields& fields, std::string_view name);

// What a program may put into fields (RFC 9110, 5; RFC 9113, 8.2).

/// A method or the name of a field.
bool valk_field_is_token(std::string_view s);
/// Visible ASCII only.
bool valk_field_is_plain(std::string_view s);
/// Without line ends and NUL.
bool valk_field_is_value(std::string_view s);
/// Fields that speak of one connection of HTTP/1.1 (RFC 9113, 8.2.2), and those nghttp2 makes itself.
bool valk_field_is_forbidden(std::string_view name);
/// ASCII letters in lower case.
std::string valk_field_lower(std::string_view s);
