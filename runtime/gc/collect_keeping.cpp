// valk_collect for compiled code, by a call that keeps all integer registers: see valk_room.h.
#include "runtime/valk.h"

#if defined(__x86_64__)
extern "C" __attribute__((used)) Value* valk_collect_at_once(Vm* vm, Value* sp, Fix words) {
  return valk_collect(vm, sp, words);
}

// The caller's stack need not be aligned.
__asm__(R"(
  .section .text.valk_collect_keeping,"ax",@progbits
  .globl valk_collect_keeping
  .type valk_collect_keeping, @function
valk_collect_keeping:
  .cfi_startproc
  push %rbp
  .cfi_def_cfa_offset 16
  .cfi_offset %rbp, -16
  mov %rsp, %rbp
  .cfi_def_cfa_register %rbp
  push %rdi
  push %rsi
  push %rdx
  push %rcx
  push %r8
  push %r9
  push %r10
  push %r11
  and $-16, %rsp
  call valk_collect_at_once
  lea -64(%rbp), %rsp
  pop %r11
  pop %r10
  pop %r9
  pop %r8
  pop %rcx
  pop %rdx
  pop %rsi
  pop %rdi
  pop %rbp
  .cfi_def_cfa %rsp, 8
  ret
  .cfi_endproc
  .size valk_collect_keeping, . - valk_collect_keeping
  .text
)");
#endif
