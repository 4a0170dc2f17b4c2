// valk_static.h: a part of valk.h, which includes it: objects that the compiler lays out itself, and the
// bottom frames of continuations.
//
// Both are objects outside the heap; the collector neither moves nor marks them, and they hold no pointer
// into the heap.
#pragma once

#define VALK_STATIC(object_) ((Value) & (object_) + VALK_TAG_OBJECT)
#define VALK_STATIC_PAIR(object_) ((Value) & (object_) + VALK_TAG_PAIR)

struct ValkStaticPair {
  Value head, tail;
} __attribute__((aligned(16)));
struct ValkStaticFloat {
  Value header;
  double value;
} __attribute__((aligned(16)));
struct ValkStaticClosure {
  Value header;
  const ValkFn* fn;
} __attribute__((aligned(16)));
template <int N>
struct ValkStaticString {
  Value header;
  Value length;
  char bytes[N];
} __attribute__((aligned(16)));
template <int N>
struct ValkStaticSymbol {
  Value header;
  Value length;
  Value hash;
  char bytes[N];
} __attribute__((aligned(16)));
template <int N>
struct ValkStaticBignum {
  Value header;
  Value length;
  Value limbs[N];
} __attribute__((aligned(16)));
/// Makes big integers known to what prints and compares any value: literals are made by no function that does.
bool valk_big_begin();
#define VALK_HAS_BIG_LITERALS [[maybe_unused]] static const bool big_literals = valk_big_begin();
/// FNV-1a, 64 bits: the hash of a symbol's or keyword's name.
#define VALK_HASH_BASIS 0xcbf29ce484222325ull
#define VALK_HASH_PRIME 0x100000001b3ull

// ---- bottom frames

/// The static bottom frames; filled in by valk_control_init.
struct ValkStaticFrame {
  Value header;
  ValkSuspend code;
  Value parent;
} __attribute__((aligned(16)));
extern ValkStaticFrame valk_frame_of_reset;   ///< end of a delimiter's segment
extern ValkStaticFrame valk_frame_of_task;    ///< end of an async boundary
extern ValkStaticFrame valk_frame_of_native;  ///< end of a nested run: returns to C++
/// A frame that captures nothing is the same each time that it is made at the bottom of a task: so it is made there
/// once, and a task that waits with no variable has no frame of its own.
struct [[maybe_unused]] ValkBottomFrame {
  ValkStaticFrame frame;  ///< filled in at its first use
};
/// A frame that captures nothing, on parent. There is room for one.
VALK_INLINE Value valk_take_frame(Vm* vm, ValkBottomFrame* at_bottom, const ValkFrame* descriptor,
                                  ValkSuspend code, Value parent) {
  const bool is_at_bottom = parent == VALK_STATIC(valk_frame_of_task);
  Value* const f = is_at_bottom ? &at_bottom->frame.header : valk_take(vm, 3);
  if (!is_at_bottom || VALK_UNLIKELY(f[0] == 0)) {
    f[0] = VALK_FRAME_HEADER(descriptor, 3);
    f[VALK_FRAME_CODE] = (Value)code;
    f[VALK_FRAME_PARENT] = parent;
  }
  return valk_tag_object(f);
}
/// The bottom frame of a task while it awaits in tail position, when no frame of its own is left: it says where
/// that is. The frame is filled in at its first use.
struct [[maybe_unused]] ValkAwaitPlace {
  ValkStaticFrame frame;
  ValkFrame descriptor;
  ValkSuspend await;  ///< the builtin that was called
};
#define VALK_AWAIT_PLACE(site, builtin) \
  { {0, nullptr, 0}, {VALK_FRAME_PLAIN, site, nullptr}, (builtin) }
/// await-async or await as the last thing of a function; self is the address of a ValkAwaitPlace.
void valk_await_tail(VALK_SUSPEND_PARAMS);
