// URLs (RFC 3986, with an authority) into their parts.
#include <string.h>

#include "runtime/prims/prims.h"
#include "runtime/value/error.h"
#include "runtime/value/list.h"
#include "runtime/value/text.h"

namespace {
struct Part {
  const char* start = nullptr;  ///< null: absent
  size_t length = 0;
};
enum PartName { SCHEME, USER, HOST, PORT, PATH, QUERY, FRAGMENT, PART_COUNT };
const char* const keys[PART_COUNT] = {":scheme", ":user",  ":host",    ":port",
                                      ":path",   ":query", ":fragment"};
}  // namespace

/// Takes what stands before the first of `stops` off the text.
static Part take(const char** text, const char* stops) {
  size_t length = strcspn(*text, stops);
  Part part{*text, length};
  *text += length;
  return part;
}

static void split_authority(Part authority, Part* parts) {
  const char* start = authority.start;
  const char* end = start + authority.length;
  const void* at = memrchr(start, '@', authority.length);
  if (at) {
    const char* sign = static_cast<const char*>(at);
    parts[USER] = {start, static_cast<size_t>(sign - start)};
    start = sign + 1;
  }
  const char* bracket =
      start < end && *start == '['
          ? static_cast<const char*>(memchr(start, ']', static_cast<size_t>(end - start)))
          : nullptr;
  const char* host_end = bracket ? bracket + 1 : start;
  const void* colon = memchr(host_end, ':', static_cast<size_t>(end - host_end));
  host_end = colon ? static_cast<const char*>(colon) : end;
  parts[HOST] = bracket ? Part{start + 1, static_cast<size_t>(bracket - start - 1)}
                        : Part{start, static_cast<size_t>(host_end - start)};
  if (colon) parts[PORT] = {host_end + 1, static_cast<size_t>(end - host_end - 1)};
}

/// False: no URL.
static bool split(const char* text, Part* parts) {
  parts[SCHEME] = take(&text, ":/?#");
  if (parts[SCHEME].length == 0 || strncmp(text, "://", 3) != 0) return false;
  text += 3;
  split_authority(take(&text, "/?#"), parts);
  if (parts[HOST].length == 0) return false;
  parts[PATH] = take(&text, "?#");
  if (parts[PATH].length == 0) parts[PATH] = {"/", 1};
  if (*text == '?') {
    ++text;
    parts[QUERY] = take(&text, "#");
  }
  if (*text == '#') parts[FRAGMENT] = {text + 1, strlen(text + 1)};
  return true;
}

/// The port as an integer, or -1.
static Fix port_number(Part part) {
  Fix port = 0;
  for (size_t i = 0; i < part.length; ++i) {
    if (part.start[i] < '0' || part.start[i] > '9') return -1;
    port = port * 10 + (part.start[i] - '0');
    if (port > 65535) return -1;
  }
  return part.length == 0 ? -1 : port;
}

Value valk_url_parse(Vm* vm, Value* sp, Value s) {
  if (!valk_is_kind(s, VALK_KIND_STRING))
    return valk_fail_type(vm, sp, "url/parse", 1, "a string", s);
  ValkText copy;  // the string may move while the parts are made
  copy.add(valk_string_bytes(s), valk_string_length(s));
  Part parts[PART_COUNT];
  bool has_nul = strlen(copy.c_str()) != copy.length();
  bool valid = !has_nul && split(copy.c_str(), parts);
  Fix port = valid && parts[PORT].start ? port_number(parts[PORT]) : 0;
  if (!valid || port < 0)
    return valk_fail(vm, sp, ":parse", "url/parse: not a URL with scheme and host: %s",
                     copy.c_str());
  for (int i = 0; i < PART_COUNT; ++i) {
    sp[2 * i] = valk_make_keyword(vm, sp + 2 * i, keys[i], strlen(keys[i]));
    if (sp[2 * i] == VALK_ERR) return VALK_ERR;
    Value part = VALK_NIL;
    if (i == PORT && parts[i].start)
      part = VALK_FIX(port);
    else if (parts[i].start)
      part = valk_make_string(vm, sp + 2 * i + 1, parts[i].start, parts[i].length);
    if (part == VALK_ERR) return VALK_ERR;
    sp[2 * i + 1] = part;
  }
  return valk_list_from(vm, sp + 2 * PART_COUNT, sp, 2 * PART_COUNT, VALK_NIL);
}
