// valk_room.h: a part of valk.h, which includes it: room in the nursery for what compiled code makes.
#pragma once

/// Makes room for `words` words and gives the new vm->hp, or null with :memory raised. Everything
/// below sp on the shadow stack is a root; all objects may have moved.
Value* valk_collect(Vm* vm, Value* sp, Fix words);
VALK_INLINE bool valk_has_room(Vm* vm, Fix words) {
  return VALK_LIKELY(vm->hp + words <= vm->limit);
}

// valk_make_room is valk_collect for compiled code, but gives the end of the room, which is what compiled code
// compares with the limit. Most functions that allocate and end by
// a tail call make no other call, and this one is rare: it keeps all registers but those of floats, so that
// they need none of their own and neither save nor restore any. The compiler is not told that there is a
// call, or it would align the stack for it; the call steps over the red zone.
#if defined(__x86_64__) && defined(__clang__) && __has_attribute(preserve_most)
extern "C" Value* valk_collect_keeping(Vm* vm, Value* sp, Fix words) __attribute__((preserve_most));
VALK_INLINE Value* valk_make_room(Vm* vm, Value* sp, Fix words) {
  Value* const room = valk_collect_keeping(vm, sp, words);
  return room ? room + words : nullptr;
}
#elif defined(__x86_64__) && defined(__GNUC__) && !defined(__AVX512F__) &&   \
    !defined(__GCC_HAVE_DWARF2_CFI_ASM) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
VALK_INLINE Value* valk_make_room(Vm* vm, Value* sp, Fix words) {
  Value* room;
  __asm__ volatile(
      "lea -128(%%rsp), %%rsp\n\t"
      "call valk_collect_keeping\n\t"
      "lea 128(%%rsp), %%rsp"
      : "=a"(room)
      : "D"(vm), "S"(sp), "d"(words)
      : "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
        "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
  return room ? room + words : nullptr;
}
#else  // debuggers and sanitizers follow calls that the compiler knows of
VALK_INLINE Value* valk_make_room(Vm* vm, Value* sp, Fix words) {
  Value* const room = valk_collect(vm, sp, words);
  return room ? room + words : nullptr;
}
#endif
