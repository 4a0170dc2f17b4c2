// Errors as values: raising them, and looking inside.
#include <string.h>

#include "runtime/prims/prims.h"
#include "runtime/value/error.h"
#include "runtime/value/list.h"
#include "runtime/value/print.h"
#include "runtime/value/store.h"

/// An error of kind sp[0], message sp[1], data sp[2] and cause sp[3].
static Value make_error(Vm* vm, Value* sp) {
  Value* p = valk_alloc(vm, sp + 4, VALK_ERROR_WORDS);
  if (!p) return VALK_ERR;
  p[0] = VALK_HEADER(VALK_KIND_ERROR, VALK_ERROR_WORDS);
  p[VALK_ERROR_KIND] = sp[0];
  p[VALK_ERROR_MESSAGE] = sp[1];
  p[VALK_ERROR_DATA] = sp[2];
  for (int i = VALK_ERROR_DATA + 1; i < VALK_ERROR_WORDS; ++i) p[i] = VALK_NIL;
  p[VALK_ERROR_CAUSE] = sp[3];
  return valk_tag_object(p);
}

/// Raises what the n arguments at sp say; the cause is the data, if that is an error, else `cause`.
static Value raise_new(Vm* vm, Value* sp, Fix n, Value cause) {
  bool has_kind = n > 1 && valk_is_kind(sp[0], VALK_KIND_KEYWORD);
  if (!has_kind && n == 3)
    return valk_fail_type(vm, sp + n, "error", 1, "a keyword, the kind", sp[0]);
  Value* own = sp + n;
  own[0] = has_kind ? sp[0] : valk_error_kind_keyword(vm, own, ":error");
  own[1] = sp[has_kind];
  own[2] = has_kind + 1 < n ? sp[has_kind + 1] : VALK_NIL;
  own[3] = valk_is_error(own[2]) ? own[2] : cause;
  if (!valk_is_kind(own[1], VALK_KIND_STRING)) {
    own[1] = valk_to_string(vm, own + 4, own[1], false);
    if (own[1] == VALK_ERR) return VALK_ERR;
  }
  Value error = make_error(vm, own);
  return error == VALK_ERR ? error : valk_throw(vm, own, error);
}

Value valk_error(Vm* vm, Value* sp, Fix n) { return raise_new(vm, sp, n, VALK_NIL); }

Value valk_error_caused(Vm* vm, Value* sp, Fix n) {
  return raise_new(vm, sp + 1, n - 1, valk_is_error(sp[0]) ? sp[0] : VALK_NIL);
}

Value valk_throw_value(Vm* vm, Value* sp, Value error) { return valk_throw(vm, sp, error); }

static Value field(Vm* vm, Value* sp, const char* name, Value error, int word) {
  if (!valk_is_error(error)) return valk_fail_type(vm, sp, name, 1, "an error", error);
  return valk_object(error)[word];
}

Value valk_error_kind(Vm* vm, Value* sp, Value error) {
  return field(vm, sp, "error/kind", error, VALK_ERROR_KIND);
}
Value valk_error_message(Vm* vm, Value* sp, Value error) {
  return field(vm, sp, "error/message", error, VALK_ERROR_MESSAGE);
}
Value valk_error_data(Vm* vm, Value* sp, Value error) {
  return field(vm, sp, "error/data", error, VALK_ERROR_DATA);
}
Value valk_error_cause(Vm* vm, Value* sp, Value error) {
  return field(vm, sp, "error/cause", error, VALK_ERROR_CAUSE);
}
Value valk_error_attached(Vm* vm, Value* sp, Value error) {
  return field(vm, sp, "error/attached", error, VALK_ERROR_ATTACHED);
}

static Value make_text(Vm* vm, Value* sp, const char* text) {
  return valk_make_string(vm, sp, text ? text : "", text ? strlen(text) : 0);
}

/// {function file line column}
static Value describe_site(Vm* vm, Value* sp, const ValkSite* site) {
  sp[0] = make_text(vm, sp, site->function);
  if (sp[0] == VALK_ERR) return VALK_ERR;
  sp[1] = make_text(vm, sp + 1, site->file);
  if (sp[1] == VALK_ERR) return VALK_ERR;
  sp[2] = VALK_FIX(site->line);
  sp[3] = VALK_FIX(site->column);
  return valk_list_from(vm, sp + 4, sp, 4, VALK_NIL);
}

Value valk_error_trace(Vm* vm, Value* sp, Value error) {
  sp[0] = field(vm, sp, "error/trace", error, VALK_ERROR_TRACE);
  if (sp[0] == VALK_ERR || !valk_is_kind(sp[0], VALK_KIND_BYTES)) return sp[0];
  Value list = VALK_NIL;
  for (size_t i = valk_bytes_length(sp[0]) / sizeof(Value); i-- > 0;) {
    sp[1] = list;
    Value entry = reinterpret_cast<const Value*>(valk_bytes_data(sp[0]))[i];
    Value site = describe_site(vm, sp + 2, valk_trace_site(entry));
    if (site == VALK_ERR) return VALK_ERR;
    list = valk_make_pair(vm, sp + 2, site, sp[1]);
    if (list == VALK_ERR) return VALK_ERR;
  }
  return list;
}

Value valk_attach(Vm* vm, Value* sp, Value error, Value suppressed) {
  if (!valk_is_error(error)) return valk_fail_type(vm, sp, "%attach", 1, "an error", error);
  sp[0] = error;
  suppressed = valk_make_pair(vm, sp + 1, suppressed, VALK_NIL);
  return suppressed == VALK_ERR ? VALK_ERR : valk_attach_all(vm, sp + 1, sp[0], suppressed);
}

Value valk_nomatch(Vm* vm, Value* sp) { return valk_fail(vm, sp, ":nomatch", "no branch applies"); }

Value valk_unbound(Vm* vm, Value* sp, Value symbol) {
  if (!valk_is_kind(symbol, VALK_KIND_SYMBOL))
    return valk_fail(vm, sp, ":unbound", "a name has no value");
  return valk_fail(vm, sp, ":unbound", "%s has no value", valk_symbol_bytes(symbol));
}

// ---- tests --------------------------------------------------------------------------------------
// Builtins, so that the place of the error is that of the check.

Value valk_test_assert(Vm* vm, Value* sp, Value c, Value message) {
  if (valk_is_true(c)) return VALK_FIX(1);
  ValkText text;
  valk_print_value(&text, message, false);
  return valk_fail(vm, sp, ":assert", "%.*s", static_cast<int>(text.length()), text.bytes());
}

Value valk_test_assert_eq(Vm* vm, Value* sp, Value expected, Value actual, Value message) {
  if (valk_equal(expected, actual)) return VALK_FIX(1);
  ValkText text;
  valk_print_value(&text, message, false);
  text.add(": expected ");
  valk_print_value(&text, expected, true);
  text.add(", got ");
  valk_print_value(&text, actual, true);
  return valk_fail(vm, sp, ":assert", "%.*s", static_cast<int>(text.length()), text.bytes());
}
