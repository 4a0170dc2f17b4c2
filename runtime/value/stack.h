// A stack outside the heap, for walks over nested data: depth costs memory, not machine stack.
#pragma once

#include <stdlib.h>
#include <string.h>

/// T is trivially copyable. If memory runs out, push gives false.
template <typename T>
class ValkStack {
 public:
  ValkStack() = default;
  ValkStack(const ValkStack&) = delete;
  ValkStack& operator=(const ValkStack&) = delete;
  ~ValkStack() {
    if (items_ != small_) free(items_);
  }

  bool push(const T& item) {
    if (count_ == capacity_ && !grow()) return false;
    items_[count_++] = item;
    return true;
  }
  T pop() { return items_[--count_]; }
  T& top() { return items_[count_ - 1]; }
  T& operator[](size_t i) { return items_[i]; }
  size_t count() const { return count_; }
  bool is_empty() const { return count_ == 0; }

 private:
  bool grow() {
    size_t bytes = capacity_ * sizeof(T);
    void* grown = items_ == small_ ? malloc(2 * bytes) : realloc(items_, 2 * bytes);
    if (!grown) return false;
    if (items_ == small_) memcpy(grown, small_, bytes);
    items_ = static_cast<T*>(grown);
    capacity_ *= 2;
    return true;
  }

  T small_[16];
  T* items_ = small_;
  size_t count_ = 0;
  size_t capacity_ = 16;
};
