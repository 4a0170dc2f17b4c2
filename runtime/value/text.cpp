// The growing buffer.
#include "runtime/value/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ValkText::~ValkText() {
  if (bytes_ != small_) free(bytes_);
}

char* ValkText::reserve(size_t length) {
  if (length <= capacity_ - length_) return bytes_ + length_;
  size_t capacity = 2 * capacity_ + length;
  char* grown = static_cast<char*>(bytes_ == small_ ? malloc(capacity) : realloc(bytes_, capacity));
  if (!grown) {
    failed_ = true;
    return nullptr;
  }
  if (bytes_ == small_) memcpy(grown, small_, length_);
  bytes_ = grown;
  capacity_ = capacity;
  return bytes_ + length_;
}

void ValkText::add(const char* bytes, size_t length) {
  if (length == 0) return;
  char* to = reserve(length);
  if (!to) return;
  memcpy(to, bytes, length);
  length_ += length;
}

void ValkText::add(const char* text) { add(text, strlen(text)); }

void ValkText::add_format(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  add_format(format, arguments);
  va_end(arguments);
}

void ValkText::add_format(const char* format, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  int length = vsnprintf(nullptr, 0, format, arguments);
  if (length > 0) {
    char* to = reserve(static_cast<size_t>(length) + 1);
    if (to) {
      vsnprintf(to, static_cast<size_t>(length) + 1, format, again);
      length_ += static_cast<size_t>(length);
    }
  }
  va_end(again);
}

const char* ValkText::c_str() {
  char* end = reserve(1);
  if (!end) return "";
  *end = '\0';
  return bytes_;
}
