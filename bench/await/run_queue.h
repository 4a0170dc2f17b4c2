// What the coroutine and the fiber programs share: a queue of what is ready, in order.
#pragma once

#include <cstddef>
#include <vector>

/// First in, first out, in a ring that grows.
template <typename T>
class RunQueue {
 public:
  bool is_empty() const { return size_ == 0; }

  void push(T item) {
    if (size_ == ring_.size()) grow();
    ring_[(first_ + size_++) & (ring_.size() - 1)] = item;
  }

  T pop() {
    T item = ring_[first_];
    first_ = (first_ + 1) & (ring_.size() - 1);
    size_--;
    return item;
  }

 private:
  void grow() {
    std::vector<T> wider(ring_.size() * 2);
    for (size_t i = 0; i < size_; i++) wider[i] = ring_[(first_ + i) & (ring_.size() - 1)];
    ring_.swap(wider);
    first_ = 0;
  }

  std::vector<T> ring_ = std::vector<T>(64);
  size_t first_ = 0;
  size_t size_ = 0;
};
