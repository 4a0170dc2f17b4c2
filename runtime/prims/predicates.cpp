// What kind of thing a value is.
#include "runtime/prims/prims.h"
#include "runtime/value/error.h"
#include "runtime/value/kinds.h"
#include "runtime/value/list.h"
#include "runtime/value/number.h"

Value valk_not(Vm*, Value*, Value x) { return valk_bool(!valk_is_true(valk_unblock(x))); }
Value valk_is_nil(Vm*, Value*, Value x) { return valk_bool(valk_unblock(x) == VALK_NIL); }
Value valk_is_list(Vm*, Value*, Value x) { return valk_bool(valk_is_list_value(x)); }
Value valk_is_number(Vm*, Value*, Value x) { return valk_bool(valk_is_number_value(x)); }
Value valk_is_integer(Vm*, Value*, Value x) { return valk_bool(valk_is_integer_value(x)); }
Value valk_is_float(Vm*, Value*, Value x) { return valk_bool(valk_is_float_value(x)); }
Value valk_is_string(Vm*, Value*, Value x) { return valk_bool(valk_is_kind(x, VALK_KIND_STRING)); }
Value valk_is_symbol(Vm*, Value*, Value x) { return valk_bool(valk_is_kind(x, VALK_KIND_SYMBOL)); }
Value valk_is_keyword_value(Vm*, Value*, Value x) {
  return valk_bool(valk_is_kind(x, VALK_KIND_KEYWORD));
}
Value valk_is_function(Vm*, Value*, Value x) { return valk_bool(valk_is_callable(x)); }
Value valk_is_continuation(Vm*, Value*, Value x) {
  return valk_bool(valk_is_kind(x, VALK_KIND_CONTINUATION));
}
Value valk_type(Vm*, Value*, Value x) { return valk_type_keyword(x); }
Value valk_is_error_value(Vm*, Value*, Value x) { return valk_bool(valk_is_error(x)); }
