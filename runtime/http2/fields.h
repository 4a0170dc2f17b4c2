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
