// The parts of an http or https URL that a request needs.
#pragma once

#include <stdint.h>

#include <string>
#include <string_view>

struct ValkUrl {
  bool is_secure = true;
  std::string host;  ///< without brackets
  uint16_t port = 0;
  std::string authority;  ///< as in the URL: host, and port if given
  std::string path;       ///< with query, without fragment; at least "/"
};

/// Reads a URL. Gives null, or what is wrong with it.
const char* valk_url_read(std::string_view text, ValkUrl* url);

/// Undoes percent-encoding; what is none stays. In forms + is a space.
std::string valk_url_decoded(std::string_view text, bool is_form);
