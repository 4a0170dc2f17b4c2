// A growing buffer of bytes outside the heap: where printed forms are put together. Nothing here
// allocates in the heap, so raw values stay valid while a text is written.
#pragma once

#include <stdarg.h>
#include <stddef.h>

/// If memory runs out the text is cut off and `failed` is set.
class ValkText {
 public:
  ValkText() = default;
  ValkText(const ValkText&) = delete;
  ValkText& operator=(const ValkText&) = delete;
  ~ValkText();

  void add(const char* bytes, size_t length);
  void add(const char* text);
  void add(char byte) { add(&byte, 1); }
  void add_format(const char* format, ...) __attribute__((format(printf, 2, 3)));
  void add_format(const char* format, va_list arguments);
  /// Room for `length` bytes at the end, to be committed by grow; null if memory runs out.
  char* reserve(size_t length);
  void grow(size_t length) { length_ += length; }
  void clear() { length_ = 0; }
  /// Cuts to `length` bytes if longer.
  void cut(size_t length) { length_ = length < length_ ? length : length_; }

  const char* bytes() const { return bytes_; }
  size_t length() const { return length_; }
  bool failed() const { return failed_; }
  /// The bytes, followed by a NUL.
  const char* c_str();

 private:
  char small_[256];
  char* bytes_ = small_;
  size_t length_ = 0;
  size_t capacity_ = sizeof small_;
  bool failed_ = false;
};
