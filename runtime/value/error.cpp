// Making and raising errors. An error in flight is vm->error with the sites that it has passed in
// vm->trace; an error that is caught has its trace made part of it, once, and is immutable from then.
#include "runtime/value/error.h"

#include <stdarg.h>
#include <string.h>

#include "runtime/value/constants.h"
#include "runtime/value/list.h"
#include "runtime/value/print.h"
#include "runtime/value/store.h"
#include "runtime/value/text.h"

// ---- kinds --------------------------------------------------------------------------------------

static constinit ValkConstantKeyword kinds[] = {
#define KIND(id, name, meaning) valk_static_keyword(name),
#include "runtime/prims/error_kinds.def"
#undef KIND
};
enum {
#define KIND(id, name, meaning) KIND_##id,
#include "runtime/prims/error_kinds.def"
#undef KIND
};

Value valk_error_kind_keyword(Vm* vm, Value* sp, const char* kind) {
  for (ValkConstantKeyword& known : kinds) {
    if (strcmp(known.bytes, kind) == 0) return VALK_STATIC(known);
  }
  return valk_make_keyword(vm, sp, kind, strlen(kind));
}

// ---- preallocated errors ------------------------------------------------------------------------
// For where nothing may be allocated: memory is exhausted, or the depth of the shadow stack is unknown.

struct StaticError {
  Value words[VALK_ERROR_WORDS];
} __attribute__((aligned(16)));

static constinit auto memory_message = valk_static_string("out of memory");
static constinit auto recursion_message =
    valk_static_string("recursion too deep: the stack is exhausted");

static Value static_error(StaticError* error, int kind, Value message) {
  Value* p = error->words;
  p[0] = VALK_HEADER(VALK_KIND_ERROR, VALK_ERROR_WORDS);
  p[VALK_ERROR_KIND] = VALK_STATIC(kinds[kind]);
  p[VALK_ERROR_MESSAGE] = message;
  for (int i = VALK_ERROR_DATA; i < VALK_ERROR_WORDS; ++i) p[i] = VALK_NIL;
  return valk_tag_object(p);
}

static Value memory_error() {
  static StaticError error;
  return static_error(&error, KIND_memory, VALK_STATIC(memory_message));
}

static Value recursion_error() {
  static StaticError error;
  return static_error(&error, KIND_recursion, VALK_STATIC(recursion_message));
}

static Value raise(Vm* vm, Value error) {
  vm->error = error;
  vm->trace_count = 0;
  vm->trace_how = VALK_TRACE_CALL;
  return VALK_ERR;
}

Value valk_fail_memory(Vm* vm) { return raise(vm, memory_error()); }

// ---- making -------------------------------------------------------------------------------------

/// sp[0..2) hold kind and data, which are kept; the message is made here.
static Value finish_error(Vm* vm, Value* sp, const char* message, size_t length) {
  sp[2] = valk_make_string(vm, sp + 2, message, length);
  if (sp[2] == VALK_ERR) return VALK_ERR;
  Value* p = valk_alloc(vm, sp + 3, VALK_ERROR_WORDS);
  if (!p) return VALK_ERR;
  p[0] = VALK_HEADER(VALK_KIND_ERROR, VALK_ERROR_WORDS);
  p[VALK_ERROR_KIND] = sp[0];
  p[VALK_ERROR_MESSAGE] = sp[2];
  p[VALK_ERROR_DATA] = sp[1];
  for (int i = VALK_ERROR_CAUSE; i < VALK_ERROR_WORDS; ++i) p[i] = VALK_NIL;
  return valk_tag_object(p);
}

static Value make_error(Vm* vm, Value* sp, const char* kind, const char* message, size_t length,
                        Value data) {
  sp[1] = data;
  sp[0] = VALK_NIL;
  sp[0] = valk_error_kind_keyword(vm, sp + 2, kind);
  if (sp[0] == VALK_ERR) return VALK_ERR;
  return finish_error(vm, sp, message, length);
}

Value valk_make_error(Vm* vm, Value* sp, const char* kind, const char* message, Value data) {
  return make_error(vm, sp, kind, message, strlen(message), data);
}

Value valk_fail(Vm* vm, Value* sp, const char* kind, const char* format, ...) {
  ValkText text;
  va_list arguments;
  va_start(arguments, format);
  text.add_format(format, arguments);
  va_end(arguments);
  Value error = make_error(vm, sp, kind, text.bytes(), text.length(), VALK_NIL);
  return error == VALK_ERR ? VALK_ERR : raise(vm, error);
}

/// At most so many bytes of a wrong argument are shown.
enum : size_t { MAX_SHOWN = 60 };

void valk_show(ValkText* text, Value v) {
  ValkText shown;
  valk_print_value(&shown, v, true, 4 * MAX_SHOWN);
  if (shown.length() > MAX_SHOWN) {
    size_t end = MAX_SHOWN;
    while (end > 0 && (shown.bytes()[end] & 0xc0) == 0x80) --end;  // not inside a UTF-8 character
    shown.cut(end);
    shown.add("…");
  }
  text->add(shown.bytes(), shown.length());
}

static Value fail_argument(Vm* vm, Value* sp, const char* kind, const char* name, int argument,
                           const char* what, Value got) {
  ValkText text;
  text.add_format(argument > 0 ? "%s: argument %d" : "%s", name, argument);
  text.add_format(" must be %s, not ", what);
  valk_show(&text, got);
  Value error = make_error(vm, sp, kind, text.bytes(), text.length(), VALK_NIL);
  return error == VALK_ERR ? VALK_ERR : raise(vm, error);
}

Value valk_fail_type(Vm* vm, Value* sp, const char* name, int argument, const char* what,
                     Value got) {
  return fail_argument(vm, sp, ":type", name, argument, what, got);
}

Value valk_fail_range(Vm* vm, Value* sp, const char* name, int argument, const char* what,
                      Value got) {
  return fail_argument(vm, sp, ":range", name, argument, what, got);
}

Value valk_fail_fix(Vm* vm, Value* sp, const char* name, int argument, Value got) {
  if (valk_is_kind(got, VALK_KIND_BIGNUM))
    return valk_fail_range(vm, sp, name, argument, "an integer of at most 62 bits", got);
  return valk_fail_type(vm, sp, name, argument, "an integer", got);
}

// ---- in flight ----------------------------------------------------------------------------------

Value valk_traced(Vm* vm, const ValkSite* site) {
  for (; site && vm->trace_count < VALK_MAX_TRACE; site = site->inlined_at) {
    Value entry = reinterpret_cast<Value>(site) | vm->trace_how;
    vm->trace[vm->trace_count++] = reinterpret_cast<const ValkSite*>(entry);
    vm->trace_how = VALK_TRACE_CALL;
  }
  return VALK_ERR;
}

Value valk_throw(Vm* vm, Value* sp, Value error) {
  if (!valk_is_error(error)) return valk_fail_type(vm, sp, "throw", 1, "an error", error);
  return raise(vm, error);
}

/// The entries of an error's trace, and in `count` how many; null if it has none yet.
static const Value* trace_of(Value error, Fix* count) {
  Value trace = valk_is_error(error) ? valk_object(error)[VALK_ERROR_TRACE] : VALK_NIL;
  if (!valk_is_kind(trace, VALK_KIND_BYTES)) return nullptr;
  *count = static_cast<Fix>(valk_bytes_length(trace) / sizeof(Value));
  return reinterpret_cast<const Value*>(valk_bytes_data(trace));
}

Value valk_rethrow(Vm* vm, Value* sp, Value error) {
  valk_throw(vm, sp, error);
  Fix count = 0;
  const Value* entries = trace_of(error, &count);
  if (!entries) return VALK_ERR;
  memcpy(vm->trace, entries, static_cast<size_t>(count) * sizeof(Value));
  vm->trace_count = count;
  return VALK_ERR;
}

Value valk_stack_overflow(Vm* vm, const ValkSite* site) {
  raise(vm, recursion_error());
  return site ? valk_traced(vm, site) : VALK_ERR;
}

/// The trace in flight as an object; VALK_ERR if memory is exhausted.
static Value take_trace(Vm* vm, Value* sp) {
  Fix count = vm->trace_count;
  size_t bytes = static_cast<size_t>(count) * sizeof(Value);
  Value trace = valk_make_bytes(vm, sp, bytes);
  if (trace != VALK_ERR) memcpy(valk_bytes_data(trace), vm->trace, bytes);
  return trace;
}

/// Has an error that was caught before met more frames since?
static bool has_longer_trace(Vm* vm, Value error) {
  Fix count = 0;
  const Value* entries = trace_of(error, &count);
  return entries && vm->trace_count > count &&
         memcmp(entries, vm->trace, static_cast<size_t>(count) * sizeof(Value)) == 0;
}

/// It stays the same error, so its trace is replaced in place. (The preallocated errors have none.)
static Value extend_trace(Vm* vm, Value* sp, Value error) {
  sp[0] = error;
  Value trace = take_trace(vm, sp + 1);
  if (trace != VALK_ERR) valk_store(vm, sp[0], VALK_ERROR_TRACE, trace);
  vm->error = VALK_NIL;
  vm->trace_count = 0;
  return sp[0];
}

Value valk_catch(Vm* vm, Value* sp) {
  Value error = vm->error;
  vm->error = VALK_NIL;
  vm->trace_how = VALK_TRACE_CALL;
  if (has_longer_trace(vm, error)) return extend_trace(vm, sp, error);
  bool wants_trace = valk_is_error(error) && valk_object(error)[VALK_ERROR_TRACE] == VALK_NIL;
  if (!wants_trace || vm->trace_count == 0) {
    vm->trace_count = 0;
    return error;
  }
  // A copy: the preallocated error is not ours to write to.
  sp[0] = error;
  sp[1] = take_trace(vm, sp + 1);
  Value* p = sp[1] == VALK_ERR ? nullptr : valk_alloc(vm, sp + 2, VALK_ERROR_WORDS);
  vm->trace_count = 0;
  vm->error = VALK_NIL;
  if (!p) return memory_error();
  memcpy(p, valk_object(sp[0]), VALK_ERROR_WORDS * sizeof(Value));
  p[0] = VALK_HEADER(VALK_KIND_ERROR, VALK_ERROR_WORDS);
  p[VALK_ERROR_TRACE] = sp[1];
  return valk_tag_object(p);
}

Value valk_attach_all(Vm* vm, Value* sp, Value error, Value latest_first) {
  sp[0] = error;
  sp[1] = valk_reverse_list(vm, sp + 1, latest_first, VALK_NIL);
  if (sp[1] == VALK_ERR) return VALK_ERR;
  Value attached = valk_object(sp[0])[VALK_ERROR_ATTACHED];
  sp[1] = valk_copy_prefix(vm, sp + 2, attached, valk_list_length(attached), sp[1]);
  if (sp[1] == VALK_ERR) return VALK_ERR;
  Value* p = valk_alloc(vm, sp + 2, VALK_ERROR_WORDS);
  if (!p) return VALK_ERR;
  memcpy(p, valk_object(sp[0]), VALK_ERROR_WORDS * sizeof(Value));
  p[0] = VALK_HEADER(VALK_KIND_ERROR, VALK_ERROR_WORDS);
  p[VALK_ERROR_ATTACHED] = sp[1];
  return valk_tag_object(p);
}
