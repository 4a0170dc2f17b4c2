// Plain externs, and C++ that calls Lisp back.
//
// An extern that was given a function runs on a fiber, C++ and nothing else. valk_call leaves the fiber with
// a request, and the Lisp function runs where the extern was called, as ordinary suspending code, with a
// continuation whose first frame, the foreign frame, goes back to the fiber. So whatever Lisp does with that
// continuation needs no case of its own: to wait stores it in a task, a raise meets a handler in it, a shift
// captures it. Only going back twice is impossible: the foreign frame counts the requests of its extern, and
// an earlier one than the last raises :one-shot.
//
// The call is a handle, held by the foreign frame: when a collection finds that no continuation has it any
// more, the fiber is taken back as it is.
#include "runtime/io/foreign.h"

#include <string.h>

#include <memory>
#include <vector>

#include "runtime/control/arguments.h"
#include "runtime/control/control.h"
#include "runtime/control/fiber.h"
#include "runtime/gc/heap.h"
#include "runtime/value/error.h"

namespace {

constexpr size_t kStack = size_t{256} << 10;
constexpr Fix kMostArguments = 64;
constexpr size_t kFirstReclaim = 512;

size_t calls;  ///< that have not ended
size_t reclaim_at = kFirstReclaim;

/// A call of an extern on a fiber.
struct Foreign {
  const ValkExternFn* fn = nullptr;
  ValkFiber* fiber = nullptr;  ///< null: it has returned
  Fix serial = 0;              ///< of the request that is under way
  std::vector<ValkData> arguments;
  ValkDataArena arena;         ///< of the arguments
  ValkDataArena answer_arena;  ///< of the last answer
  std::vector<ValkRoot> functions;
  ValkRoot error = 0;  ///< the last error that was given to C++, to be raised again with its trace
  bool has_error = false;
  // From C++ to Lisp.
  ValkData function{};
  const ValkData* passed = nullptr;
  size_t passed_count = 0;
  ValkData result{};
  // From Lisp to C++.
  ValkData answer{};
};

// ---- on the fiber -------------------------------------------------------------------------------

void run_extern(void* data) {
  Foreign* f = static_cast<Foreign*>(data);
  f->result = valk_data_copy(f->fn->apply(f->arguments.data()));
}

// ---- the life of a call -------------------------------------------------------------------------

uint64_t keep_function(Vm* vm, void* owner, Value function) {
  Foreign* f = static_cast<Foreign*>(owner);
  ValkRoot root = valk_root_make(vm, function);
  f->functions.push_back(root);
  return root;
}

Value function_of(Vm* vm, uint64_t name) { return valk_root_get(vm, name); }

void end(Vm* vm, Foreign* f) {
  calls--;
  for (ValkRoot root : f->functions) valk_root_free(vm, root);
  if (f->has_error) valk_root_free(vm, f->error);
  valk_data_release(&f->arena);
  valk_data_release(&f->answer_arena);
  if (f->fiber) valk_fiber_drop(f->fiber);
  std::unique_ptr<Foreign> owned(f);
}

void close_foreign(Vm* vm, void* native) { end(vm, static_cast<Foreign*>(native)); }
ValkHandleUse use_foreign(const void*) {
  return VALK_HANDLE_GONE;
}  // nothing of a program's: no report
const ValkHandleKind foreign_kind = {"foreign-call", close_foreign, use_foreign};

/// Takes back the fibers of calls that nothing can go on with.
void reclaim(Vm* vm, Value* sp) {
  valk_gc_full(vm, sp);
  if (valk_control(vm)->settle_orphans) valk_control(vm)->settle_orphans(vm);
  reclaim_at = 2 * calls > kFirstReclaim ? 2 * calls : kFirstReclaim;
}

/// A fiber for the call. Stacks are no part of the heap, so the collector does not know how much the calls
/// hold that nobody wants: their number says when to look. Null: the system has none.
ValkFiber* take_fiber(Vm* vm, Value* sp, Foreign* f) {
  if (calls >= reclaim_at) reclaim(vm, sp);
  ValkFiber* fiber = valk_fiber_take(kStack, 0, run_extern, f);
  if (!fiber) {
    reclaim(vm, sp);
    fiber = valk_fiber_take(kStack, 0, run_extern, f);
  }
  if (fiber) valk_fiber_owner(fiber) = f;
  return fiber;
}

/// Makes the call of fn with the arguments at sp[0..n), as a handle. VALK_ERR: an error is raised.
Value make_foreign(Vm* vm, Value* sp, Fix n, const ValkExternFn* fn) {
  Foreign* f = std::make_unique<Foreign>().release();
  calls++;
  f->fn = fn;
  f->arena.copies = f->answer_arena.copies = true;
  f->arena.keep_function = f->answer_arena.keep_function = keep_function;
  f->arena.owner = f->answer_arena.owner = f;
  for (Fix i = 0; i < n; i++) f->arguments.push_back(valk_data_take(vm, &f->arena, sp[i]));
  f->fiber = take_fiber(vm, sp + n, f);
  Value handle = VALK_ERR;
  if (f->arena.is_too_deep)
    valk_fail(vm, sp + n, ":limit", "%s: a list is nested too deep for C++", fn->name);
  else if (!f->fiber)
    valk_fail_no_fiber(vm, sp + n, fn->name, "");
  else
    handle = valk_handle_make(vm, sp + n, &foreign_kind, f);
  if (handle == VALK_ERR) end(vm, f);
  return handle;
}

// ---- going on -----------------------------------------------------------------------------------
// While Lisp runs for an extern, vm->sp[0] is the k of the extern's call and vm->sp[1] its handle.

enum { FOREIGN_HANDLE = VALK_FRAME_CAPTURES, FOREIGN_SERIAL, FOREIGN_WORDS };

void foreign_return(Vm* vm, Value k, Value v, Value, Value, Value);
void foreign_raise(Vm* vm, Value k, Value error, Value, Value, Value);
const ValkFrame foreign_frame = {VALK_FRAME_HANDLER, nullptr, foreign_raise};

Foreign* foreign_of(Vm* vm, Value handle) {
  return static_cast<Foreign*>(valk_handle_native(vm, handle, &foreign_kind));
}

/// The frame that goes back to the fiber. VALK_ERR: :memory.
Value make_foreign_frame(Vm* vm, Value* sp, Foreign* f) {
  Value* p = valk_alloc(vm, sp, FOREIGN_WORDS);
  if (!p) return VALK_ERR;
  p[0] = VALK_FRAME_HEADER(&foreign_frame, FOREIGN_WORDS);
  p[VALK_FRAME_CODE] = reinterpret_cast<Value>(foreign_return);
  p[VALK_FRAME_PARENT] = vm->sp[0];
  p[FOREIGN_HANDLE] = vm->sp[1];
  p[FOREIGN_SERIAL] = VALK_FIX(f->serial);
  return valk_tag_object(p);
}

/// Prepares what C++ asks for: the frame at vm->sp[2], the function at vm->sp[3], its arguments behind.
/// False: an error is raised.
bool prepare_request(Vm* vm, Foreign* f) {
  Value* sp = vm->sp + 2;
  sp[1] = valk_root_get(vm, static_cast<ValkRoot>(f->function.integer));
  Fix n = static_cast<Fix>(f->passed_count);
  for (Fix i = 0; i < n; i++) {
    sp[2 + i] = valk_data_value(vm, sp + 2 + i, f->passed[i], function_of);
    if (sp[2 + i] == VALK_ERR) return false;
  }
  Value frame = make_foreign_frame(vm, sp + 2 + n, f);
  if (frame == VALK_ERR) return false;
  sp[0] = frame;
  valk_load_arguments(vm, sp + 2, n);
  return true;
}

void forget_error(Vm* vm, Foreign* f) {
  if (f->has_error) valk_root_free(vm, f->error);
  f->has_error = false;
}

/// Makes an error the answer.
void answer_error(Vm* vm, Foreign* f, Value error) {
  forget_error(vm, f);
  f->error = valk_root_make(vm, error);
  f->has_error = true;
  valk_data_release(&f->answer_arena);
  Value* e = valk_object(error);
  ValkData kind = valk_data_take(vm, &f->answer_arena, e[VALK_ERROR_KIND]);
  ValkData message = valk_data_take(vm, &f->answer_arena, e[VALK_ERROR_MESSAGE]);
  f->answer = valk_data_error(kind.bytes ? kind.bytes : ":error", "");
  if (message.kind == VALK_DATA_STRING) f->answer.bytes = message.bytes;
  if (message.kind == VALK_DATA_STRING) f->answer.length = message.length;
}

void answer_value(Vm* vm, Foreign* f, Value v) {
  forget_error(vm, f);
  valk_data_release(&f->answer_arena);
  f->answer = valk_data_take(vm, &f->answer_arena, v);
}

/// True if the result is the error that C++ was given last.
bool is_given_error(const Foreign* f) {
  const ValkData& r = f->result;
  return f->has_error && r.kind == VALK_DATA_ERROR && r.length == f->answer.length &&
         !strcmp(r.error_kind, f->answer.error_kind) && !memcmp(r.bytes, f->answer.bytes, r.length);
}

/// The extern has returned: its value, or VALK_ERR. The call is over.
Value take_result(Vm* vm, Foreign* f) {
  Value* sp = vm->sp + 2;
  Value v = is_given_error(f) ? valk_root_get(vm, f->error)
                              : valk_data_value(vm, sp, f->result, function_of);
  bool raises = f->result.kind == VALK_DATA_ERROR;
  valk_data_free(f->result);
  valk_handle_forget(vm, vm->sp[1]);
  end(vm, f);
  return v == VALK_ERR || !raises ? v : valk_throw(vm, sp, v);
}

/// Enters the fiber until it asks for a call that can be made, or returns. True: the call is prepared.
bool go_on(Vm* vm, Foreign* f) {
  for (;;) {
    vm->sp += 2;
    bool asks = valk_fiber_enter(vm, f->fiber);
    vm->sp -= 2;
    if (!asks) f->fiber = nullptr;
    if (!asks) return false;
    f->serial++;
    if (prepare_request(vm, f)) return true;
    answer_error(vm, f, valk_catch(vm, vm->sp + 2));
  }
}

VALK_CODE void run_foreign(Vm* vm, Value k, Value handle, Value, Value, Value) {
  vm->sp[0] = k;
  vm->sp[1] = handle;
  Foreign* f = foreign_of(vm, handle);
  if (!go_on(vm, f)) {
    Value v = take_result(vm, f);
    VALK_GIVE(vm->sp[0], v);
  }
  Value* sp = vm->sp + 2;
  Fix n = vm->argc;
  VALK_GOTO(valk_suspend_entry(sp[1], valk_entry_index(n)), sp[0], sp[1], n > 0 ? sp[2] : 0,
            n > 1 ? sp[3] : 0, n > 2 ? sp[4] : 0);
}

/// The call that the frame k belongs to, if it still waits for what k would bring; else null, and :one-shot
/// is raised. Leaves the extern's k and handle at vm->sp[0..2).
Foreign* return_to(Vm* vm, Value k) {
  Value* frame = valk_object(k);
  vm->sp[0] = frame[VALK_FRAME_PARENT];
  vm->sp[1] = frame[FOREIGN_HANDLE];
  Foreign* f = foreign_of(vm, frame[FOREIGN_HANDLE]);
  if (f && VALK_FIX(f->serial) == frame[FOREIGN_SERIAL]) return f;
  valk_fail(vm, vm->sp + 2, ":one-shot",
            "this continuation goes through a call made by C++, which has gone on already");
  return nullptr;
}

VALK_CODE void foreign_return(Vm* vm, Value k, Value v, Value, Value, Value) {
  Foreign* f = return_to(vm, k);
  if (!f) VALK_GOTO(valk_raise, vm->sp[0], VALK_NIL, 0, 0, 0);
  f->serial++;
  answer_value(vm, f, v);
  VALK_GOTO(run_foreign, vm->sp[0], vm->sp[1], 0, 0, 0);
}

void foreign_raise(Vm* vm, Value k, Value error, Value, Value, Value) {
  Foreign* f = return_to(vm, k);
  if (!f) VALK_GOTO(valk_raise, vm->sp[0], VALK_NIL, 0, 0, 0);
  f->serial++;
  answer_error(vm, f, error);
  VALK_GOTO(run_foreign, vm->sp[0], vm->sp[1], 0, 0, 0);
}

// ---- the call of an extern ----------------------------------------------------------------------

const ValkExternFn* extern_of(Value self) {
  return static_cast<const ValkExternFn*>(valk_closure_fn(self));
}

bool has_function(const Value* arguments, Fix count) {
  for (Fix i = 0; i < count; i++)
    if (valk_is_callable(arguments[i])) return true;
  return false;
}

/// Raises :arity if the number is wrong.
bool fail_count(Vm* vm, Value* sp, const ValkExternFn* fn, Fix count) {
  if (count == fn->min) return false;
  valk_fail_arity(vm, sp, fn, fn->min, fn->max, count);
  return true;
}

template <int n>
Value call_direct(Vm* vm, Value* sp, Value self, Value a0, Value a1, Value a2,
                  ValkSuspend suspend) {
  const ValkExternFn* fn = extern_of(self);
  Fix count = valk_given<n>(vm);
  if (fail_count(vm, sp, fn, count)) return VALK_ERR;
  valk_store_arguments(vm, sp, count, a0, a1, a2);
  if (!has_function(sp, count)) return valk_extern_apply(vm, sp, count, fn);
  return valk_run_nested(vm, sp, suspend, self, a0, a1, a2);
}

/// The value of a call on this stack, or VALK_ERR; or the handle of a call that run_foreign is to begin.
struct Begun {
  Value value;
  bool runs;
};

/// The arguments are at vm->sp[1..count].
__attribute__((noinline)) Begun begin(Vm* vm, const ValkExternFn* fn, Fix count) {
  Value* sp = vm->sp + 1;
  if (fail_count(vm, sp, fn, count)) return {VALK_ERR, false};
  if (!has_function(sp, count)) return {valk_extern_apply(vm, sp, count, fn), false};
  Value handle = make_foreign(vm, sp, count, fn);
  return {handle, handle != VALK_ERR};
}

template <int n>
inline Begun begin_call(Vm* vm, Value k, Value self, Value a0, Value a1, Value a2) {
  Fix count = valk_given<n>(vm);
  vm->sp[0] = k;
  valk_store_arguments(vm, vm->sp + 1, count, a0, a1, a2);
  return begin(vm, extern_of(self), count);
}

}  // namespace

#define DEFINE_ENTRIES(n)                                                                     \
  void valk_extern_suspend_##n(Vm* vm, Value k, Value self, Value a0, Value a1, Value a2) {   \
    Begun begun = begin_call<n>(vm, k, self, a0, a1, a2);                                     \
    if (begun.runs) VALK_GOTO(run_foreign, vm->sp[0], begun.value, 0, 0, 0);                  \
    VALK_GIVE(vm->sp[0], begun.value);                                                        \
  }                                                                                           \
  Value valk_extern_direct_##n(Vm* vm, Value* sp, Value self, Value a0, Value a1, Value a2) { \
    return call_direct<n>(vm, sp, self, a0, a1, a2, valk_extern_suspend_##n);                 \
  }
DEFINE_ENTRIES(0)
DEFINE_ENTRIES(1)
DEFINE_ENTRIES(2)
DEFINE_ENTRIES(3)
DEFINE_ENTRIES(4)
#undef DEFINE_ENTRIES

extern "C" ValkData valk_call(ValkData function, const ValkData* arguments, size_t count) {
  ValkFiber* fiber = valk_fiber_current();
  Foreign* f = fiber ? static_cast<Foreign*>(valk_fiber_owner(fiber)) : nullptr;
  if (!f)
    return valk_data_error(":type",
                           "valk_call: this thread runs no extern that was given a function");
  if (function.kind != VALK_DATA_FUNCTION)
    return valk_data_error(":type", "valk_call: not a function");
  for (ValkRoot root : f->functions) {
    if (static_cast<int64_t>(root) != function.integer) continue;
    if (count > kMostArguments) return valk_data_error(":limit", "valk_call: too many arguments");
    f->function = function;
    f->passed = arguments;
    f->passed_count = count;
    valk_fiber_leave();
    return f->answer;
  }
  return valk_data_error(":type", "valk_call: another extern was given this function");
}
