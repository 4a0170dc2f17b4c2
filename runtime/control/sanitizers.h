// What the address and the thread sanitizer want to know about switches of stacks; nothing without them.
#pragma once

#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#define VALK_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define VALK_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define VALK_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define VALK_TSAN 1
#endif
#endif
#ifdef VALK_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef VALK_TSAN
#include <sanitizer/tsan_interface.h>
#endif

/// A stack that is switched to, as the sanitizers see it.
struct ValkSanitizedStack {
  void* low;
  size_t bytes;
  void* fake;            ///< its frames that the address sanitizer keeps elsewhere
  const void* from_low;  ///< who entered it
  size_t from_bytes;
  void* fiber;       ///< the thread sanitizer's
  void* from_fiber;  ///< and of who entered it
};

inline void valk_sanitizer_make(ValkSanitizedStack* s, void* low, size_t bytes) {
  *s = {low, bytes, nullptr, nullptr, 0, nullptr, nullptr};
#ifdef VALK_TSAN
  s->fiber = __tsan_create_fiber(0);
#endif
}

/// The stack's frames, if it has any, are forgotten.
inline void valk_sanitizer_destroy(ValkSanitizedStack* s) {
#ifdef VALK_ASAN
  __asan_unpoison_memory_region(s->low, s->bytes);
#endif
#ifdef VALK_TSAN
  __tsan_destroy_fiber(s->fiber);
#endif
  (void)s;
}

/// Before the switch to the stack; gives what valk_sanitizer_left wants after the switch back.
inline void* valk_sanitizer_enter(ValkSanitizedStack* s) {
  void* fake = nullptr;
#ifdef VALK_ASAN
  __sanitizer_start_switch_fiber(&fake, s->low, s->bytes);
#endif
#ifdef VALK_TSAN
  s->from_fiber = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(s->fiber, 0);
#endif
  (void)s;
  return fake;
}
inline void valk_sanitizer_left(ValkSanitizedStack* s, void* fake) {
#ifdef VALK_ASAN
  __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#endif
  (void)s, (void)fake;
}

/// On the stack: before the switch away from it, and after the switch to it.
inline void valk_sanitizer_leave(ValkSanitizedStack* s) {
#ifdef VALK_ASAN
  __sanitizer_start_switch_fiber(&s->fake, s->from_low, s->from_bytes);
#endif
#ifdef VALK_TSAN
  __tsan_switch_to_fiber(s->from_fiber, 0);
#endif
  (void)s;
}
inline void valk_sanitizer_entered(ValkSanitizedStack* s) {
#ifdef VALK_ASAN
  __sanitizer_finish_switch_fiber(s->fake, &s->from_low, &s->from_bytes);
#endif
  (void)s;
}
