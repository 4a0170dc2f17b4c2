// Dates as HTTP writes them.
#pragma once

#include <time.h>

#include <string_view>

/// Of Date, Last-Modified and the conditions (RFC 9110, 5.6.7), for strftime; the program's locale is C.
constexpr char kValkHttpDate[] = "%a, %d %b %Y %H:%M:%S GMT";

/// The time of day in some format: every request wants it, and it is made once a second.
class ValkSecondText {
 public:
  explicit ValkSecondText(const char* format) : format_(format) {}
  /// Valid until the next call.
  std::string_view now() {
    time_t seconds = time(nullptr);
    if (seconds != made_) {
      tm parts;
      gmtime_r(&seconds, &parts);
      length_ = strftime(text_, sizeof text_, format_, &parts);
      made_ = seconds;
    }
    return {text_, length_};
  }

 private:
  const char* format_;
  time_t made_ = 0;
  size_t length_ = 0;
  char text_[64];
};
