// What the Valkyria part of the server needs of HTTP's notations: dates, and paths.
#include "runtime/http2/dates.h"

#include <string.h>
#include <time.h>

#include "runtime/http2/url.h"
#include "runtime/io/arguments.h"
#include "runtime/value/value.h"

namespace {

constexpr Fix kMillisecondsPerSecond = 1000;

}  // namespace

Value valk_http2_date(Vm* vm, Value* sp, Value ms) {
  if (!valk_is_fix(ms)) return valk_fail_type(vm, sp, "http2/date", 1, "an integer", ms);
  time_t seconds = static_cast<time_t>(VALK_INT(ms) / kMillisecondsPerSecond);
  tm parts;
  char text[64];
  if (!gmtime_r(&seconds, &parts) || !strftime(text, sizeof text, kValkHttpDate, &parts))
    return valk_fail(vm, sp, ":range", "http2/date: this time is too far away");
  return valk_make_string(vm, sp, text, strlen(text));
}

Value valk_http2_parse_date(Vm* vm, Value* sp, Value text) {
  if (!valk_argument_string(vm, sp, "http2/parse-date", 1, text)) return VALK_ERR;
  std::string copy(valk_string_bytes(text), valk_string_length(text));
  tm parts{};
  const char* end = strptime(copy.c_str(), kValkHttpDate, &parts);
  if (!end || *end) return VALK_NIL;
  return VALK_FIX(static_cast<Fix>(timegm(&parts)) * kMillisecondsPerSecond);
}

Value valk_url_decode(Vm* vm, Value* sp, Value text) {
  if (!valk_argument_string(vm, sp, "url/decode", 1, text)) return VALK_ERR;
  std::string result = valk_url_decoded({valk_string_bytes(text), valk_string_length(text)}, false);
  return valk_make_string(vm, sp, result.data(), result.size());
}
