// What this language had before: a future with a mutex, a condition variable and an atomic reference
// count, resolved by another thread.
#pragma once

#include <pthread.h>

#include <atomic>

struct Future {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t settled = PTHREAD_COND_INITIALIZER;
  std::atomic<int> references{1};
  bool is_settled = false;
  long value = 0;
};

inline Future* retain(Future* future) {
  future->references.fetch_add(1, std::memory_order_relaxed);
  return future;
}

inline void release(Future* future) {
  if (future->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  pthread_mutex_destroy(&future->mutex);
  pthread_cond_destroy(&future->settled);
  delete future;
}

inline void resolve(Future* future, long value) {
  pthread_mutex_lock(&future->mutex);
  future->value = value;
  future->is_settled = true;
  pthread_cond_broadcast(&future->settled);
  pthread_mutex_unlock(&future->mutex);
}

/// Blocks the thread until the future is settled.
inline long await(Future* future) {
  pthread_mutex_lock(&future->mutex);
  while (!future->is_settled) pthread_cond_wait(&future->settled, &future->mutex);
  long value = future->value;
  pthread_mutex_unlock(&future->mutex);
  return value;
}

/// Work for the other thread: one slot, handed over under its own lock.
class Mailbox {
 public:
  /// Puts a request and wakes the worker.
  void put(Future* future) {
    pthread_mutex_lock(&mutex_);
    while (request_) pthread_cond_wait(&changed_, &mutex_);
    request_ = future;
    pthread_cond_broadcast(&changed_);
    pthread_mutex_unlock(&mutex_);
  }

  Future* take() {
    pthread_mutex_lock(&mutex_);
    while (!request_) pthread_cond_wait(&changed_, &mutex_);
    Future* future = request_;
    request_ = nullptr;
    pthread_cond_broadcast(&changed_);
    pthread_mutex_unlock(&mutex_);
    return future;
  }

 private:
  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t changed_ = PTHREAD_COND_INITIALIZER;
  Future* request_ = nullptr;
};
