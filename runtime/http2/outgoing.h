// A body on its way out: bytes that the connection has not been given yet. Short pieces are copied here, long
// strings lent, so that a hundred streams that send one string keep it once, whether their peers read or not.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <string>
#include <string_view>

class ValkOutgoing {
 public:
  /// Bytes not taken yet.
  size_t size() const { return copied_.size() - start_ + lent_.size(); }
  bool empty() const { return size() == 0; }
  /// True while bytes given by `lend` must stay valid.
  bool lends() const { return !lent_.empty(); }
  /// Adds bytes by copying them, and what is still lent before them.
  void copy(std::string_view bytes) {
    settle();
    copied_.append(bytes);
  }
  /// Adds bytes that stay where they are until `lends` is false.
  void lend(std::string_view bytes) {
    settle();
    lent_ = bytes;
  }
  /// Moves at most `room` bytes out.
  size_t take(uint8_t* space, size_t room) {
    size_t first = take_copied(space, room);
    size_t second = lent_.size() < room - first ? lent_.size() : room - first;
    if (second) memcpy(space + first, lent_.data(), second);
    lent_.remove_prefix(second);
    return first + second;
  }
  void clear() {
    forget_copied();
    lent_ = {};
  }

 private:
  size_t take_copied(uint8_t* space, size_t room) {
    size_t left = copied_.size() - start_;
    size_t count = left < room ? left : room;
    if (count) memcpy(space, copied_.data() + start_, count);
    start_ += count;
    if (count == left) forget_copied();
    return count;
  }
  /// The space is given back too: most streams have nothing to send most of the time.
  void forget_copied() {
    if (copied_.capacity() > sizeof copied_) std::string().swap(copied_);
    copied_.clear();
    start_ = 0;
  }
  /// Copies what is lent, and drops from the front what was taken.
  void settle() {
    if (start_) copied_.erase(0, start_);
    start_ = 0;
    copied_.append(lent_);
    lent_ = {};
  }

  std::string copied_;
  size_t start_ = 0;  ///< bytes of copied_ that were taken
  std::string_view lent_;
};
