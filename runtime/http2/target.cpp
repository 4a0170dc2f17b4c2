// See target.h.
#include "runtime/http2/target.h"

#include <string.h>

#include <memory>

#include "runtime/io/limits.h"

namespace {

/// In each place the last URL that belongs there.
ValkTargetUse kept[valk_limit_kept_urls];

/// Where a URL is kept. URLs differ in their last bytes; two that do not can at worst both be read each time.
size_t place_of(std::string_view text) {
  uint64_t last = 0, mixed;
  size_t count = text.size() < sizeof last ? text.size() : sizeof last;
  memcpy(&last, text.data() + text.size() - count, count);
  mixed = (last ^ text.size()) * 0x9e3779b97f4a7c15;
  return (mixed >> 32) % valk_limit_kept_urls;
}

/// A target that nobody refers to; the one at `place`, with its space, if only the table does.
ValkTargetUse renew(const ValkTargetUse& place) {
  if (place && place.get()->users == 1) return place;
  return ValkTargetUse(std::make_unique<ValkTarget>().release());
}

}  // namespace

void ValkTargetUse::free_target(ValkTarget* target) { std::unique_ptr<ValkTarget> owned(target); }

ValkTargetUse valk_target(std::string_view text, const char** wrong) {
  static ValkTargetUse none;
  bool is_short = text.size() <= valk_limit_kept_url;
  ValkTargetUse& place = is_short ? kept[place_of(text)] : none;
  if (place && place.get()->text == text) return place;
  ValkTargetUse made = renew(place);
  place.reset();
  *wrong = valk_url_read(text, &made.get()->url);
  if (*wrong) return {};
  if (is_short) (place = made).get()->text = text;
  return made;
}
