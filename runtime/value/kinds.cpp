// What (type x) gives, and what can be called.
#include "runtime/value/kinds.h"

#include "runtime/value/constants.h"
#include "runtime/value/value.h"

/// By kind; a kind that programs do not see is shown as what stands for it.
static constinit ValkConstantKeyword type_names[VALK_KIND_COUNT] = {
    valk_static_keyword(":nil"),           // no kind: nil
    valk_static_keyword(":float"),         // FLOAT
    valk_static_keyword(":integer"),       // BIGNUM
    valk_static_keyword(":string"),        // STRING
    valk_static_keyword(":symbol"),        // SYMBOL
    valk_static_keyword(":keyword"),       // KEYWORD
    valk_static_keyword(":function"),      // CLOSURE
    valk_static_keyword(":function"),      // PARTIAL
    valk_static_keyword(":continuation"),  // CONTINUATION
    valk_static_keyword(":resumption"),    // RESUMPTION
    valk_static_keyword(":thunk"),         // THUNK
    valk_static_keyword(":error"),         // ERROR
    valk_static_keyword(":vector"),        // VECTOR
    valk_static_keyword(":table"),         // TABLE
    valk_static_keyword(":ref"),           // REF
    valk_static_keyword(":task"),          // TASK
    valk_static_keyword(":future"),        // FUTURE
    valk_static_keyword(":chan"),          // CHAN
    valk_static_keyword(":sem"),           // SEM
    valk_static_keyword(":handle"),        // HANDLE
    valk_static_keyword(":list"),          // BLOCK
    valk_static_keyword(":cell"),          // CELL
    valk_static_keyword(":frame"),         // FRAME
    valk_static_keyword(":segment"),       // SEGMENT
    valk_static_keyword(":boundary"),      // BOUNDARY
    valk_static_keyword(":store"),         // STORE
    valk_static_keyword(":bytes"),         // BYTES
    valk_static_keyword(":record"),        // RECORD
};
static_assert(VALK_KIND_BLOCK == 20 && VALK_KIND_RECORD == 27);

Value valk_type_keyword(Value v) {
  int kind = 0;
  if (valk_is_fix(v)) kind = VALK_KIND_BIGNUM;
  if (valk_is_pair(v)) kind = VALK_KIND_BLOCK;
  if (valk_is_object(v)) kind = valk_header_kind(*valk_object(v));
  // The block of an empty list is nil.
  if (valk_is_kind(v, VALK_KIND_BLOCK) && valk_unblock(v) == VALK_NIL) kind = 0;
  return VALK_STATIC(type_names[kind]);
}

const char* valk_type_name(Value v) { return valk_symbol_bytes(valk_type_keyword(v)) + 1; }

bool valk_is_callable(Value v) {
  if (!valk_is_object(v)) return false;
  switch (valk_header_kind(*valk_object(v))) {
    case VALK_KIND_CLOSURE:
    case VALK_KIND_PARTIAL:
    case VALK_KIND_CONTINUATION:
    case VALK_KIND_RESUMPTION:
    case VALK_KIND_THUNK:
      return true;
    default:
      return false;
  }
}
