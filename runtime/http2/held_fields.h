// Header fields as nghttp2 has decoded them, held by reference: most names, and the values of what clients
// send again and again, stand in its tables already, and are not copied for each request.
#pragma once

#include <stddef.h>

#include <string_view>
#include <vector>

struct nghttp2_rcbuf;

class ValkHeldFields {
 public:
  ValkHeldFields() = default;
  ValkHeldFields(const ValkHeldFields&) = delete;
  ValkHeldFields& operator=(const ValkHeldFields&) = delete;
  ~ValkHeldFields() { clear(); }

  /// Adds a field, whose bytes the two own; takes references of its own.
  void add(std::string_view name, std::string_view value, nghttp2_rcbuf* name_owner,
           nghttp2_rcbuf* value_owner);
  size_t size() const { return entries_.size(); }
  /// Names and values together.
  size_t bytes() const { return bytes_; }
  std::string_view name(size_t i) const { return entries_[i].name; }
  std::string_view value(size_t i) const { return entries_[i].value; }
  /// The first value of a field; its data is null if there is none.
  std::string_view find(std::string_view name) const;
  /// Gives the references back, and keeps the space of the entries, unless it is unusually large.
  void clear();

 private:
  struct Entry {
    std::string_view name, value;
    nghttp2_rcbuf* name_owner;
    nghttp2_rcbuf* value_owner;
  };
  static constexpr size_t kKept = 32;

  std::vector<Entry> entries_;
  size_t bytes_ = 0;
};
