// valk.h: the only header that generated code sees. Values, inline fast paths, calling conventions.
//
// It includes no standard header (each costs a tenth of a second per file) and every name begins with
// valk or VALK, but for the types Value, Fix and Vm.
//
// VALUES are 64-bit words.
//   ...0   fixnum, 63 bits, value << 1. (Aligned code and data pointers of C++ look like fixnums, so
//          the collector may meet them in any word it scans.)
//   .001   object: pointer to a header word followed by the payload
//   .011   pair: pointer to two words {head, tail}, without header
//   .111   immediate: nil, and marks that no program sees (unset, raised, tail call)
//
// HEADER: bit 0 is 0 (a forwarding pointer has 1), bits 1-6 kind, bits 7-15 size in words including
// the header (0: the payload's first word holds a length), bits 16-63 per kind: a frame's descriptor.
//
// DIRECT CODE is Value f(Vm*, Value* sp, Value self, Value a0, Value a1, Value a2). sp is the shadow
// stack: the caller has stored at sp[-n..0) whatever must survive, the callee may use sp[0..) and
// passes sp + its own live slots on. A failing call returns VALK_ERR and the error is in vm->error.
// SUSPENDING CODE is void f(Vm*, Value k, Value self, Value a0, Value a1, Value a2): it ends by a tail
// call: to another such function, or to the code of the frame k (valk_return). A frame's code is
// called as code(vm, frame, value, 0, 0, 0). Calls into direct code use vm->sp as shadow stack.
// In both, arguments from the fourth on stand in vm->args[3..], read before anything else happens.
//
// RULE FOR EVERY AUTHOR: whatever may allocate may collect, and every object moves. A Value that is
// needed after such a call must stand in a shadow stack slot below the sp that the call was given,
// and be read back from it.
#pragma once

typedef __UINT64_TYPE__ Value;
typedef __INT64_TYPE__ Fix;
typedef __UINT32_TYPE__ valk_u32;

#define VALK_LIKELY(x) __builtin_expect(!!(x), 1)
#define VALK_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define VALK_INLINE static inline __attribute__((always_inline, unused))
#define VALK_COLD __attribute__((cold, noinline))
/// Complete versions, which nearly nothing runs: g++ takes half as long for them as at -O2. The second kind makes
/// tail calls, which -Og does not.
#if defined(__OPTIMIZE__) && !defined(__clang__)
#define VALK_COMPLETE __attribute__((cold, noinline, optimize("Og")))
#define VALK_COMPLETE_TAIL __attribute__((cold, noinline, optimize("O1", "optimize-sibling-calls")))
#else
#define VALK_COMPLETE VALK_COLD
#define VALK_COMPLETE_TAIL VALK_COLD
#endif

// ---- tags ---------------------------------------------------------------------------------------

enum : Value {
  VALK_TAG_MASK = 7,
  VALK_TAG_OBJECT = 1,
  VALK_TAG_PAIR = 3,
  VALK_TAG_IMMEDIATE = 7,

  VALK_NIL = 0x07,    ///< () and {}
  VALK_UNSET = 0x17,  ///< content of a cell or global that no definition has reached
  VALK_ERR = 0x27,    ///< returned by direct code: an error is in vm->error
  VALK_TAIL = 0x37,   ///< returned by direct code in trampoline mode: the call is in vm->bounce
};

#define VALK_FIX(n) ((Value)((Fix)(n)*2))
#define VALK_INT(v) ((Fix)(v) >> 1)
#define VALK_FIX_MAX ((Fix)0x3fffffffffffffff)
#define VALK_FIX_MIN (-VALK_FIX_MAX - 1)

/// Kinds of objects with a header. The first block are those a program can see with (type x).
enum ValkKind {
  VALK_KIND_FLOAT = 1,     ///< {h, double}
  VALK_KIND_BIGNUM,        ///< {h, length<<1|negative as fixnum-coded word, limbs…}
  VALK_KIND_STRING,        ///< {h, byte length (raw), bytes…, NUL}
  VALK_KIND_SYMBOL,        ///< {h, byte length (raw), hash (raw), bytes…, NUL}; == compares names
  VALK_KIND_KEYWORD,       ///< the same, the name with its colon
  VALK_KIND_CLOSURE,       ///< {h, const ValkFn*, captured values…}
  VALK_KIND_PARTIAL,       ///< {h, callee, given arguments…}: a partial application
  VALK_KIND_CONTINUATION,  ///< {h, frames, flavour}: composable, multi-shot
  VALK_KIND_RESUMPTION,    ///< one-shot: see runtime/control
  VALK_KIND_THUNK,   ///< {h, const ValkOp*, arguments…}: an operation lacking its continuation
  VALK_KIND_ERROR,   ///< {h, kind, message, data, cause, attached, trace}
  VALK_KIND_VECTOR,  ///< {h, length (fixnum), store}; bytes if the header has VALK_FLOATS
  VALK_KIND_TABLE,
  VALK_KIND_REF,  ///< {h, value}
  VALK_KIND_TASK,
  VALK_KIND_FUTURE,
  VALK_KIND_CHAN,
  VALK_KIND_SEM,
  VALK_KIND_HANDLE,  ///< {h, slot and generation in the handle table, kind name}
  VALK_KIND_BLOCK,   ///< {h, list, code closure}
  // What programs do not see.
  VALK_KIND_CELL,      ///< {h, value}: a shared variable
  VALK_KIND_FRAME,     ///< {h | descriptor, code, parent, captures…}
  VALK_KIND_SEGMENT,   ///< one delimiter: see runtime/control
  VALK_KIND_BOUNDARY,  ///< one async boundary
  VALK_KIND_STORE,     ///< {h, length (raw), values…}: what vectors and tables keep elements in
  VALK_KIND_BYTES,     ///< {h, byte length (raw), bytes…}: raw data
  VALK_KIND_RECORD,    ///< {h, values…}: anything else of the runtime's own
  VALK_KIND_COUNT
};

#define VALK_HEADER(kind, words) ((Value)(((Value)(words) << 7) | ((Value)(kind) << 1)))
/// The largest object that a header can size; frames and closures with more captures do not compile.
#define VALK_MAX_WORDS 511

VALK_INLINE bool valk_is_fix(Value v) { return (v & 1) == 0; }
VALK_INLINE bool valk_both_fix(Value a, Value b) { return ((a | b) & 1) == 0; }
VALK_INLINE bool valk_is_object(Value v) { return (v & VALK_TAG_MASK) == VALK_TAG_OBJECT; }
VALK_INLINE bool valk_is_pair(Value v) { return (v & VALK_TAG_MASK) == VALK_TAG_PAIR; }
/// Fixnums and immediates: never moved, so never saved.
VALK_INLINE bool valk_is_pointer(Value v) { return (v & 5) == 1; }
/// Pairs and nil: both tags end in the same two bits, and programs see no other immediate.
VALK_INLINE bool valk_is_pair_or_nil(Value v) { return (v & 3) == 3; }
VALK_INLINE Value* valk_object(Value v) { return (Value*)(v - VALK_TAG_OBJECT); }
VALK_INLINE Value* valk_pair(Value v) { return (Value*)(v - VALK_TAG_PAIR); }
VALK_INLINE int valk_header_kind(Value header) { return (int)((header >> 1) & 63); }
VALK_INLINE Fix valk_header_words(Value header) { return (Fix)((header >> 7) & 511); }
VALK_INLINE bool valk_is_kind(Value v, int kind) {
  return valk_is_object(v) && valk_header_kind(*valk_object(v)) == kind;
}
/// 0 and nil are false, all else is true.
VALK_INLINE bool valk_is_true(Value v) { return v != VALK_FIX(0) && v != VALK_NIL; }

// ---- descriptors --------------------------------------------------------------------------------

struct Vm;
typedef Value (*ValkDirect)(Vm*, Value* sp, Value self, Value a0, Value a1, Value a2);
typedef void (*ValkSuspend)(Vm*, Value k, Value self, Value a0, Value a1, Value a2);
#define VALK_SUSPEND_PARAMS                                                          \
  Vm *vm, Value k, Value self, [[maybe_unused]] Value a0, [[maybe_unused]] Value a1, \
      [[maybe_unused]] Value a2

/// A place in Lisp source.
struct ValkSite {
  const char* file;
  valk_u32 line;
  valk_u32 column;                       ///< 1-based, in bytes
  valk_u32 end_column;                   ///< exclusive, on the same line
  const char* function;                  ///< the Lisp function around it; "" at top level
  const char* text;                      ///< the source line
  const ValkSite* inlined_at = nullptr;  ///< the call in whose place this code stands; null: none
};

/// Notes where in the program a handle was opened, for the ledger of what is left open.
void valk_handle_opened(Value handle, const ValkSite* site);

/// What every closure of one lambda shares. Entries are indexed by the number of arguments given;
/// [4] is "four or more" with the number in vm->argc. Slots for the wrong number hold the runtime's
/// stubs: partial application or arity error.
struct ValkFn {
  const char* name;       ///< "" if anonymous
  const char* signature;  ///< "(name x y & rest)"
  const ValkSite* site;
  int arity;  ///< parameters without the rest
  int has_rest;
  ValkDirect direct[5];
  ValkSuspend suspend[5];
  /// Takes exactly the parameters, the rest list last. Null if this version was not compiled.
  ValkDirect direct_body;
  ValkSuspend suspend_body;
};

enum ValkFrameRole {
  VALK_FRAME_PLAIN,
  VALK_FRAME_HANDLER,  ///< a try: `raise` is entered with the error when one reaches this frame
  VALK_FRAME_BOTTOM,   ///< the end of a segment: pops the delimiter (runtime only)
  VALK_FRAME_NATIVE,   ///< returns to C++ (runtime only)
  VALK_FRAME_TASK,     ///< the end of a task (runtime only)
  VALK_FRAME_SEGMENTS  ///< puts the segments of a parked task back (runtime only)
};

struct ValkFrame {
  ValkFrameRole role;
  const ValkSite* site;  ///< where the computation waits; null: not shown in backtraces
  ValkSuspend raise;     ///< handlers: called as raise(vm, frame, error, 0, 0, 0)
};

#define VALK_FRAME_HEADER(descriptor, words) \
  (((Value)(descriptor) << 16) | VALK_HEADER(VALK_KIND_FRAME, words))
VALK_INLINE const ValkFrame* valk_frame_descriptor(Value frame) {
  return (const ValkFrame*)(*valk_object(frame) >> 16);
}
enum { VALK_FRAME_CODE = 1, VALK_FRAME_PARENT = 2, VALK_FRAME_CAPTURES = 3 };
enum { VALK_CLOSURE_FN = 1, VALK_CLOSURE_CAPTURES = 2 };

/// Code of functions whose address stands in a frame must look like a fixnum.
#define VALK_CODE __attribute__((aligned(16)))

// ---- the machine --------------------------------------------------------------------------------

enum { VALK_MAX_ARGS = 256, VALK_MAX_TRACE = 64 };

struct Vm {
  // The nursery. limit is lowered to hp to make every allocation take the slow path (stress).
  Value* hp;
  Value* limit;
  // The shadow stack for code that was not given one.
  Value* sp;
  Value* sp_limit;
  char* stack_limit;  ///< lowest usable address of the machine stack, less a reserve
  // Errors in flight.
  Value error;
  Fix trace_count;
  const ValkSite* trace[VALK_MAX_TRACE];  ///< innermost first
  Value
      trace_how;  ///< how the next site of direct code belongs to the one before it (value/error.h)
  const ValkSite* await_site;  ///< --async=fiber: where direct code is about to await, for reports
  // Calls.
  Fix argc;
  Value args[VALK_MAX_ARGS];
  Value result;  ///< what a nested run of suspending code returned
  // Trampolines: the next call. Null when there is none.
  ValkSuspend next;
  ValkDirect bounce;
  Value next_k;  ///< or the shadow stack pointer of a direct call
  Value next_self;
  Value next_a0, next_a1, next_a2;
  // Control: see cps/machine.md.
  Value segments;  ///< delimiters inside the current boundary, innermost first
  Value boundary;  ///< what lies outside the current async boundary
  Value task;      ///< who runs
  Value below;     ///< the boundary below the barriers, where there are any
  // Nursery bounds, for the write barrier.
  Value nursery_base;
  Value nursery_bytes;
  struct ValkRuntime* runtime;  ///< everything generated code does not see
};

// ---- tail calls ---------------------------------------------------------------------------------
// One macro, three expansions. MUSTTAIL: clang, every level. SIBCALL: g++ at -O2. TRAMPOLINE: any.

#define VALK_TAIL_IS_MUSTTAIL 1
#define VALK_TAIL_IS_SIBCALL 2
#define VALK_TAIL_IS_TRAMPOLINE 3
#ifndef VALK_TAIL_MODE
#if defined(__clang__)
#define VALK_TAIL_MODE VALK_TAIL_IS_MUSTTAIL
#elif defined(__OPTIMIZE__) && !defined(VALK_NO_SIBCALLS)
#define VALK_TAIL_MODE VALK_TAIL_IS_SIBCALL
#else
#define VALK_TAIL_MODE VALK_TAIL_IS_TRAMPOLINE
#endif
#endif

#if VALK_TAIL_MODE == VALK_TAIL_IS_MUSTTAIL
#define VALK_MUSTTAIL __attribute__((musttail))
#else
#define VALK_MUSTTAIL
#endif

#if VALK_TAIL_MODE == VALK_TAIL_IS_TRAMPOLINE
#define VALK_GOTO(fn, k_, self_, a0_, a1_, a2_)                                                 \
  do {                                                                                          \
    Value valk_t0 = (a0_), valk_t1 = (a1_), valk_t2 = (a2_), valk_ts = (self_), valk_tk = (k_); \
    vm->next = (fn);                                                                            \
    vm->next_k = valk_tk;                                                                       \
    vm->next_self = valk_ts;                                                                    \
    vm->next_a0 = valk_t0;                                                                      \
    vm->next_a1 = valk_t1;                                                                      \
    vm->next_a2 = valk_t2;                                                                      \
    return;                                                                                     \
  } while (0)
#define VALK_GOTO_DIRECT(fn, sp_, self_, a0_, a1_, a2_)                         \
  do {                                                                          \
    Value valk_t0 = (a0_), valk_t1 = (a1_), valk_t2 = (a2_), valk_ts = (self_); \
    vm->bounce = (fn);                                                          \
    vm->next_self = valk_ts;                                                    \
    vm->next_a0 = valk_t0;                                                      \
    vm->next_a1 = valk_t1;                                                      \
    vm->next_a2 = valk_t2;                                                      \
    return VALK_TAIL;                                                           \
  } while (0)
#else
/// Leaves a suspending function by a tail call of another.
#define VALK_GOTO(fn, k_, self_, a0_, a1_, a2_)                        \
  do {                                                                 \
    VALK_MUSTTAIL return (fn)(vm, (k_), (self_), (a0_), (a1_), (a2_)); \
  } while (0)
/// Leaves a direct function by a tail call of another.
#define VALK_GOTO_DIRECT(fn, sp_, self_, a0_, a1_, a2_)                 \
  do {                                                                  \
    VALK_MUSTTAIL return (fn)(vm, (sp_), (self_), (a0_), (a1_), (a2_)); \
  } while (0)
#endif

/// Returns v to the frame k, from suspending code.
#define VALK_RETURN(k_, v_) \
  VALK_GOTO((ValkSuspend)valk_object(k_)[VALK_FRAME_CODE], (k_), (v_), 0, 0, 0)

/// Runs the pending direct tail call, and those that follow it, on the shadow stack from sp.
Value valk_bounce(Vm* vm, Value* sp);
/// The result of any direct call: in trampoline mode it may be a pending tail call. Both special
/// values are odd ones out, so one cold branch tests for them.
VALK_INLINE Value valk_called(Vm* vm, Value* sp, Value r) {
#if VALK_TAIL_MODE == VALK_TAIL_IS_TRAMPOLINE
  if (VALK_UNLIKELY(r == VALK_TAIL)) return valk_bounce(vm, sp);
#else
  (void)vm;
  (void)sp;
#endif
  return r;
}

// ---- calls --------------------------------------------------------------------------------------

extern const ValkDirect valk_call_direct_slow[5];  ///< callee is no closure: by number of arguments
extern const ValkSuspend valk_call_suspend_slow[5];

VALK_INLINE bool valk_is_closure(Value f) { return valk_is_kind(f, VALK_KIND_CLOSURE); }
VALK_INLINE const ValkFn* valk_closure_fn(Value f) {
  return (const ValkFn*)valk_object(f)[VALK_CLOSURE_FN];
}
/// The entry of any value for a call with n arguments (n = 4: four or more, vm->argc is set). For
/// values that cannot be called this is a function that raises; self is the callee in every case.
VALK_INLINE ValkDirect valk_direct_entry(Value f, int n) {
  if (VALK_LIKELY(valk_is_closure(f))) return valk_closure_fn(f)->direct[n];
  return valk_call_direct_slow[n];
}
VALK_INLINE ValkSuspend valk_suspend_entry(Value f, int n) {
  if (VALK_LIKELY(valk_is_closure(f))) return valk_closure_fn(f)->suspend[n];
  return valk_call_suspend_slow[n];
}

// Stubs for the entries of a ValkFn: n is the index of the slot.
// *_partial_n: too few arguments make a partial application. *_arity: an arity error. *_rest_n: collect
// the rest list, then enter the body. *_nested_n, *_lifted_n: the other version, see below.
#define VALK_DECLARE_STUBS(n)                                             \
  Value valk_direct_partial_##n(Vm*, Value*, Value, Value, Value, Value); \
  void valk_suspend_partial_##n(Vm*, Value, Value, Value, Value, Value);  \
  Value valk_direct_rest_##n(Vm*, Value*, Value, Value, Value, Value);    \
  void valk_suspend_rest_##n(Vm*, Value, Value, Value, Value, Value);     \
  Value valk_direct_arity_##n(Vm*, Value*, Value, Value, Value, Value);   \
  void valk_suspend_arity_##n(Vm*, Value, Value, Value, Value, Value);    \
  Value valk_direct_nested_##n(Vm*, Value*, Value, Value, Value, Value);  \
  void valk_suspend_lifted_##n(Vm*, Value, Value, Value, Value, Value);
VALK_DECLARE_STUBS(0)
VALK_DECLARE_STUBS(1)
VALK_DECLARE_STUBS(2)
VALK_DECLARE_STUBS(3)
VALK_DECLARE_STUBS(4)  // four or more; checks vm->argc against the arity itself
#undef VALK_DECLARE_STUBS
/// Index 4 of a function with four or more parameters: checks vm->argc, then enters the body.
Value valk_direct_many(Vm*, Value*, Value, Value, Value, Value);
void valk_suspend_many(Vm*, Value, Value, Value, Value, Value);
/// valk_direct_nested_n: slots and bodies of a function that was compiled only as suspending code: a
/// nested run of its suspend entry, whose bottom frame returns to C++.
/// valk_suspend_lifted_n: slots of a function that was compiled only as direct code: call it on
/// vm->sp, then return its value to k or raise its error there.
Value valk_direct_nested_body(Vm*, Value*, Value, Value, Value, Value);
void valk_suspend_lifted_body(Vm*, Value, Value, Value, Value, Value);

/// Runs suspending code from direct code until it returns to C++: enters fn with a native bottom
/// frame, on the shadow stack from sp. Gives its value, or VALK_ERR.
Value valk_run_nested(Vm* vm, Value* sp, ValkSuspend fn, Value self, Value a0, Value a1, Value a2);

// ---- errors -------------------------------------------------------------------------------------

/// Appends a site to the trace of the error in flight; returns VALK_ERR.
VALK_COLD Value valk_traced(Vm* vm, const ValkSite* site);
/// Starts raising vm->error from direct code with an error value; a non-error becomes :type.
VALK_COLD Value valk_throw(Vm* vm, Value* sp, Value error);
/// The same for an error that a `finally` has held up: its trace goes on where it was.
VALK_COLD Value valk_rethrow(Vm* vm, Value* sp, Value error);
/// Direct code met a try: takes the error in flight out of the machine, with its trace made part of it.
/// May allocate. If memory is exhausted it gives the preallocated :memory error.
Value valk_catch(Vm* vm, Value* sp);
/// The error in flight (vm->error, vm->trace) goes to the nearest handler frame from k outwards.
/// VALK_GOTO it; self is ignored.
void valk_raise(VALK_SUSPEND_PARAMS);
/// Stack exhausted: raises :recursion. Returns VALK_ERR.
VALK_COLD Value valk_stack_overflow(Vm* vm, const ValkSite* site);

#if defined(__x86_64__)
VALK_INLINE char* valk_stack_pointer() {
  char* p;
  __asm__("mov %%rsp, %0" : "=r"(p));
  return p;
}
#else
VALK_INLINE char* valk_stack_pointer() { return (char*)__builtin_frame_address(0); }
#endif
VALK_INLINE bool valk_stack_is_low(Vm* vm) { return valk_stack_pointer() < vm->stack_limit; }

// ---- allocation ---------------------------------------------------------------------------------

#include "runtime/valk_room.h"

/// `words` uninitialised words (at most VALK_MAX_WORDS), to be filled before the next allocation. Null: :memory is raised.
VALK_INLINE Value* valk_alloc(Vm* vm, Value* sp, Fix words) {
  Value* p = vm->hp;
  if (VALK_UNLIKELY(p + words > vm->limit)) {
    p = valk_collect(vm, sp, words);
    if (!p) return p;
  }
  vm->hp = p + words;
  return p;
}
/// Takes `words` words after valk_has_room or valk_collect has said that they are there.
VALK_INLINE Value* valk_take(Vm* vm, Fix words) {
  Value* p = vm->hp;
  vm->hp = p + words;
  return p;
}
VALK_INLINE Value valk_tag_object(Value* p) { return (Value)p + VALK_TAG_OBJECT; }
VALK_INLINE Value valk_tag_pair(Value* p) { return (Value)p + VALK_TAG_PAIR; }

/// A new pair, where there is room for two words.
VALK_INLINE Value valk_take_pair(Vm* vm, Value head, Value tail) {
  Value* p = valk_take(vm, 2);
  p[0] = head;
  p[1] = tail;
  return valk_tag_pair(p);
}
/// A new float; VALK_ERR with :memory raised if there is no room.
Value valk_make_float(Vm* vm, Value* sp, double d);
/// A new float, where valk_has_room or valk_collect has said that there are VALK_FLOAT_WORDS.
enum { VALK_FLOAT_WORDS = 2 };
VALK_INLINE Value valk_take_float(Vm* vm, double d) {
  Value* p = valk_take(vm, VALK_FLOAT_WORDS);
  p[0] = VALK_HEADER(VALK_KIND_FLOAT, VALK_FLOAT_WORDS);
  __builtin_memcpy(p + 1, &d, sizeof d);
  return valk_tag_object(p);
}
VALK_INLINE bool valk_is_double(Value v) { return valk_is_kind(v, VALK_KIND_FLOAT); }
/// What a float holds.
VALK_INLINE double valk_double(Value v) {
  double d;
  __builtin_memcpy(&d, valk_object(v) + 1, sizeof d);
  return d;
}

/// Header bit of an old object that stands in the remembered set. No frame's descriptor uses the bit,
/// since addresses of user space end at bit 47.
enum : Value { VALK_REMEMBERED = (Value)1 << 63 };
/// Records that `object`, which is not young, now points at a young value.
void valk_remember(Vm* vm, Value object);
/// Whether storing v into `object` would have to be remembered.
VALK_INLINE bool valk_needs_barrier(Vm* vm, Value object, Value v) {
  return valk_is_pointer(v) && (v - vm->nursery_base) < vm->nursery_bytes &&
         (object - vm->nursery_base) >= vm->nursery_bytes;
}
/// Every store into an object that was not allocated since the last possible collection.
VALK_INLINE void valk_store(Vm* vm, Value object, Fix word, Value v) {
  valk_object(object)[word] = v;
  if (valk_needs_barrier(vm, object, v)) valk_remember(vm, object);
}

#include "runtime/valk_static.h"

// ---- control ------------------------------------------------------------------------------------
// The transitions of cps/machine.md. All of this is for suspending code, but for valk_run_reset.

enum { VALK_SEGMENT_K = 1, VALK_SEGMENT_NEXT = 2, VALK_SEGMENT_WORDS = 3 };
enum { VALK_CONTINUATION_FRAMES = 1, VALK_CONTINUATION_FLAVOUR = 2, VALK_CONTINUATION_WORDS = 3 };
/// What calling a continuation does besides pushing its frames: as VALK_FIX in its flavour.
enum ValkFlavour {
  VALK_FLAVOUR_PLAIN,        ///< ends at a reset: runs in place
  VALK_FLAVOUR_ASYNC,        ///< ends at the boundary of a task: runs as a new child task
  VALK_FLAVOUR_ASYNC_RESET,  ///< ends at an async-reset: runs under a new one
  VALK_FLAVOUR_ROOT,         ///< the rest of the program
};

Value valk_push_reset_slow(Vm* vm, Value* sp, Value k);
/// Pushes a delimiter that goes on with k; gives the continuation of its body, or VALK_ERR (:memory).
VALK_INLINE Value valk_push_reset(Vm* vm, Value* sp, Value k) {
  if (VALK_UNLIKELY(!valk_has_room(vm, VALK_SEGMENT_WORDS))) return valk_push_reset_slow(vm, sp, k);
  Value* p = valk_take(vm, VALK_SEGMENT_WORDS);
  p[0] = VALK_HEADER(VALK_KIND_SEGMENT, VALK_SEGMENT_WORDS);
  p[VALK_SEGMENT_K] = k;
  p[VALK_SEGMENT_NEXT] = vm->segments;
  vm->segments = valk_tag_object(p);
  return VALK_STATIC(valk_frame_of_reset);
}
/// The same for an async-reset: pushes an async boundary.
Value valk_push_async_reset(Vm* vm, Value* sp, Value k);

Value valk_capture_slow(Vm* vm, Value* sp, Value k);
/// The continuation value of k, up to and including the nearest delimiter, which stays: the body of the
/// shift goes on with k = valk_bottom(vm). VALK_ERR: :memory, or :one-shot across frames of C++.
VALK_INLINE Value valk_capture(Vm* vm, Value* sp, Value k) {
  if (VALK_UNLIKELY(vm->segments == VALK_NIL || !valk_has_room(vm, VALK_CONTINUATION_WORDS)))
    return valk_capture_slow(vm, sp, k);
  Value* p = valk_take(vm, VALK_CONTINUATION_WORDS);
  p[0] = VALK_HEADER(VALK_KIND_CONTINUATION, VALK_CONTINUATION_WORDS);
  p[VALK_CONTINUATION_FRAMES] = k;
  p[VALK_CONTINUATION_FLAVOUR] = VALK_FIX(VALK_FLAVOUR_PLAIN);
  return valk_tag_object(p);
}
/// The bottom frame of the current delimiter.
VALK_INLINE Value valk_bottom(Vm* vm) {
  return vm->segments != VALK_NIL ? VALK_STATIC(valk_frame_of_reset)
                                  : VALK_STATIC(valk_frame_of_task);
}
/// A reset in direct code. `frame` is a heap frame just made, whose code runs the body; its parent is
/// set here to the bottom of the new delimiter. Gives the value, or VALK_ERR.
Value valk_run_reset(Vm* vm, Value* sp, Value frame, bool is_async);
/// Code for frames that pass the value on to their parent: handler frames.
VALK_CODE void valk_pass_to_parent(VALK_SUSPEND_PARAMS);

// ---- builtins as values, operations -------------------------------------------------------------

/// What every closure of one builtin shares: the entries below find the C++ function here.
struct ValkPrimitiveFn : ValkFn {
  const void* function;  ///< by the convention that min and max say (prims.def), or a const ValkOp*
  int min;
  int max;
};
#define VALK_DECLARE_BUILTIN_STUBS(n)                                        \
  Value valk_builtin_direct_##n(Vm*, Value*, Value, Value, Value, Value);    \
  void valk_builtin_suspend_##n(Vm*, Value, Value, Value, Value, Value);     \
  Value valk_suspending_direct_##n(Vm*, Value*, Value, Value, Value, Value); \
  void valk_suspending_suspend_##n(Vm*, Value, Value, Value, Value, Value);  \
  Value valk_operation_direct_##n(Vm*, Value*, Value, Value, Value, Value);  \
  void valk_operation_suspend_##n(Vm*, Value, Value, Value, Value, Value);
VALK_DECLARE_BUILTIN_STUBS(0)
VALK_DECLARE_BUILTIN_STUBS(1)
VALK_DECLARE_BUILTIN_STUBS(2)
VALK_DECLARE_BUILTIN_STUBS(3)
VALK_DECLARE_BUILTIN_STUBS(4)
#undef VALK_DECLARE_BUILTIN_STUBS
#define VALK_BUILTIN_ENTRIES(how, which) \
  { how##_##which##_0, how##_##which##_1, how##_##which##_2, how##_##which##_3, how##_##which##_4 }
#define VALK_BUILTIN_FN(how, name_, signature_, function_, min_, max_) \
  {                                                                    \
    {name_,                                                            \
     signature_,                                                       \
     nullptr,                                                          \
     min_,                                                             \
     (min_) != (max_),                                                 \
     VALK_BUILTIN_ENTRIES(how, direct),                                \
     VALK_BUILTIN_ENTRIES(how, suspend),                               \
     nullptr,                                                          \
     nullptr},                                                         \
        (const void*)(function_), min_, max_                           \
  }
/// A builtin that does not suspend; max -1: any number.
#define VALK_PRIMITIVE_FN(name_, signature_, function_, min_, max_) \
  VALK_BUILTIN_FN(valk_builtin, name_, signature_, function_, min_, max_)
/// A row with SUSPEND.
#define VALK_SUSPEND_PRIMITIVE_FN(name_, signature_, function_, min_, max_) \
  VALK_BUILTIN_FN(valk_suspending, name_, signature_, function_, min_, max_)
/// An OP row; op_ is a static ValkOp, min and max stand in it.
#define VALK_OPERATION_FN(name_, signature_, op_) \
  VALK_BUILTIN_FN(valk_operation, name_, signature_, &(op_), 0, -1)

/// Names the continuation of an operation in flight: see control/operation.h.
typedef __UINT64_TYPE__ ValkOpId;
/// One row of prims.def declared with OP; static.
struct ValkOp {
  const char* name;
  const char* params;
  int min_args;  ///< without k
  int max_args;
  /// Starts it; the arguments are at sp[0..n), sp[n..) is free. It must not complete before it has
  /// returned: valk_op_complete called inside start is allowed, and is delivered later through the run
  /// queue. It raises argument errors by valk_op_fail too.
  void (*start)(Vm* vm, Value* sp, Fix n, ValkOpId op);
  /// Stops it: afterwards nothing may be reported for op (a late report is ignored). Does not collect.
  void (*cancel)(Vm* vm, ValkOpId op);
};
/// Direct call of an operation, arguments at sp[0..n): without its continuation it gives a thunk; with
/// it, it starts, and gives nil. VALK_ERR: :arity, :type, :memory.
Value valk_op_call(Vm* vm, Value* sp, Fix n, const ValkOp* op);

#include "runtime/valk_fast.h"

// ---- the program --------------------------------------------------------------------------------

/// A global variable that evaluated code may mention.
struct ValkNamedGlobal {
  const char* name;
  Value* cell;
};
/// What the generated program file hands to the runtime.
struct ValkProgram {
  const char* name;
  Value main;             ///< the static closure of the top-level code; takes no arguments
  Value* const* globals;  ///< cells that hold Lisp values: roots
  Fix global_count;
  int reaches_network;
  /// Evaluates the list a0 as one expression, in the global environment. Null: the program cannot need it.
  ValkSuspend evaluate = nullptr;
  const ValkNamedGlobal* named = nullptr;  ///< ends with a null name; null: none
  bool tasks_on_fibers = false;            ///< compiled with --async=fiber
};
/// Runs a program: heap, stacks, loop, exit status.
int valk_main(int argc, char** argv, const ValkProgram* program);

#define VALK_PRIMITIVE_REGISTERS_0 (Vm*, Value*)
#define VALK_PRIMITIVE_REGISTERS_1 (Vm*, Value*, Value)
#define VALK_PRIMITIVE_REGISTERS_2 (Vm*, Value*, Value, Value)
#define VALK_PRIMITIVE_REGISTERS_3 (Vm*, Value*, Value, Value, Value)
#define VALK_PRIMITIVE_REGISTERS_4 (Vm*, Value*, Value, Value, Value, Value)
