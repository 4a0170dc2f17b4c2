// See held_fields.h.
#include "runtime/http2/held_fields.h"

#include <nghttp2/nghttp2.h>

namespace {

std::string_view view(nghttp2_rcbuf* owner) {
  nghttp2_vec bytes = nghttp2_rcbuf_get_buf(owner);
  return {reinterpret_cast<const char*>(bytes.base), bytes.len};
}

}  // namespace

void ValkHeldFields::add(nghttp2_rcbuf* name, nghttp2_rcbuf* value) {
  constexpr size_t kUsual = 12;
  if (entries_.capacity() == 0) entries_.reserve(kUsual);
  nghttp2_rcbuf_incref(name);
  nghttp2_rcbuf_incref(value);
  entries_.push_back({view(name), view(value), name, value});
  bytes_ += entries_.back().name.size() + entries_.back().value.size();
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
