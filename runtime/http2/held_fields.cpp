// See held_fields.h.
#include "runtime/http2/held_fields.h"

#include <nghttp2/nghttp2.h>

void ValkHeldFields::add(std::string_view name, std::string_view value, nghttp2_rcbuf* name_owner,
                         nghttp2_rcbuf* value_owner) {
  constexpr size_t kUsual = 12;
  if (entries_.capacity() == 0) entries_.reserve(kUsual);
  nghttp2_rcbuf_incref(name_owner);
  nghttp2_rcbuf_incref(value_owner);
  entries_.push_back({name, value, name_owner, value_owner});
  bytes_ += name.size() + value.size();
}

std::string_view ValkHeldFields::find(std::string_view name) const {
  for (const Entry& e : entries_)
    if (e.name == name) return e.value;
  return {};
}

void ValkHeldFields::clear() {
  for (const Entry& e : entries_) {
    nghttp2_rcbuf_decref(e.name_owner);
    nghttp2_rcbuf_decref(e.value_owner);
  }
  entries_.clear();
  bytes_ = 0;
  if (entries_.capacity() > kKept) std::vector<Entry>().swap(entries_);
}
