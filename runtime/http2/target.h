// What http2/fetch goes to: a URL that has been read. The last ones are kept, since programs ask for the same few
// again and again; requests refer to their parts for as long as they are under way.
#pragma once

#include <stddef.h>

#include <string>
#include <string_view>
#include <utility>

#include "runtime/http2/url.h"

struct ValkTarget {
  std::string text;  ///< the URL
  ValkUrl url;
  size_t users = 0;
};

/// A reference to a target, or none. There is one thread.
class ValkTargetUse {
 public:
  ValkTargetUse() = default;
  explicit ValkTargetUse(ValkTarget* target) : target_(target) { target_->users++; }
  ValkTargetUse(const ValkTargetUse& other) : target_(other.target_) {
    if (target_) target_->users++;
  }
  ValkTargetUse(ValkTargetUse&& other) noexcept : target_(std::exchange(other.target_, nullptr)) {}
  ValkTargetUse& operator=(ValkTargetUse other) noexcept {
    std::swap(target_, other.target_);
    return *this;
  }
  ~ValkTargetUse() { reset(); }

  void reset() {
    if (target_ && --target_->users == 0) free_target(target_);
    target_ = nullptr;
  }
  ValkTarget* get() const { return target_; }
  explicit operator bool() const { return target_ != nullptr; }
  const ValkUrl& url() const { return target_->url; }

 private:
  static void free_target(ValkTarget* target);

  ValkTarget* target_ = nullptr;
};

/// The target of a URL. None, and in `wrong` what is wrong with it, if it cannot be read.
ValkTargetUse valk_target(std::string_view text, const char** wrong);
