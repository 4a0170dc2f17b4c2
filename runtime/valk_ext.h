/* valk_ext.h: C and C++ that Lisp calls by (extern {name a b} "symbol").
 *
 * A plain extern is a function   ValkData symbol(ValkData a, ValkData b);
 * An operation, (extern {name a k} :async "symbol"), is
 *                                void symbol(ValkData a, ValkHandle k);
 * It starts something and returns; later, exactly once, valk_resume(k, value) or valk_fail(k, kind,
 * message) is called: from a callback of the loop's thread, or, by the *_from_thread functions, from any
 * other. Saying it twice, or after the operation has been cancelled, is harmless.
 *
 * ValkData is plain data: no pointer into the Lisp heap ever leaves it. What an argument points at
 * (bytes, items) is valid until the function returns; what is given back is copied before it returns.
 * Functions are declared extern "C" in C++. They must not throw, nor end a thread or jump out.
 *
 * A plain extern that is given a function as an argument may call it, by valk_call, until it returns. What
 * it calls is ordinary Lisp: it may wait, and other tasks run meanwhile; it may raise, which valk_call gives
 * as VALK_DATA_ERROR; and it may be captured by a shift outside. The frames of C++ below such a call live on
 * a stack of their own, and cannot be copied: to go on with them a second time raises :one-shot in Lisp. If
 * nothing can ever go on with them they are forgotten, and their destructors do not run. So an extern that
 * may be abandoned keeps nothing in its frames that must be released.
 */
#ifndef VALK_EXT_H
#define VALK_EXT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ValkDataKind {
  VALK_DATA_NIL,
  VALK_DATA_INTEGER, /* integer */
  VALK_DATA_REAL,    /* real */
  VALK_DATA_STRING,  /* bytes, length */
  VALK_DATA_SYMBOL,  /* bytes, length; keywords with their colon */
  VALK_DATA_LIST,    /* items, length */
  VALK_DATA_ERROR,   /* only as a result: error_kind, bytes is the message */
  VALK_DATA_OTHER,   /* only as an argument: a table, a handle, a function of an operation… */
  VALK_DATA_FUNCTION /* a function that valk_call can call; integer is the runtime's */
} ValkDataKind;

typedef struct ValkData {
  ValkDataKind kind;
  int64_t integer;
  double real;
  const char* bytes;
  size_t length;
  const struct ValkData* items;
  const char* error_kind;
} ValkData;

/* Names the continuation of an operation in flight. Plain data: copy it freely. */
typedef uint64_t ValkHandle;

/* The operation goes on with this value. From the loop's thread. */
void valk_resume(ValkHandle handle, ValkData value);
/* The operation fails: kind is an error kind with its colon, such as ":io". From the loop's thread. */
void valk_fail(ValkHandle handle, const char* kind, const char* message);
/* The same from any thread. */
void valk_resume_from_thread(ValkHandle handle, ValkData value);
void valk_fail_from_thread(ValkHandle handle, const char* kind, const char* message);
/* Calls a function that this plain extern was given, in its arguments or by an earlier valk_call, and gives
 * its value. What that points at is valid until the next valk_call of the same extern, or its return. An error
 * is given as VALK_DATA_ERROR; an extern that gives it back as its result raises the same error again. After
 * an error of kind ":cancelled" the extern should return. Only on the thread and in the call that got the
 * function: anywhere else it gives an error. */
ValkData valk_call(ValkData function, const ValkData* arguments, size_t count);
/* The uv_loop_t of the program, for handles of your own. They are yours to close. */
struct uv_loop_s;
struct uv_loop_s* valk_uv_loop(void);

static inline ValkData valk_data_nil(void) {
  ValkData d;
  memset(&d, 0, sizeof d);
  return d;
}
static inline ValkData valk_data_integer(int64_t i) {
  ValkData d = valk_data_nil();
  d.kind = VALK_DATA_INTEGER;
  d.integer = i;
  return d;
}
static inline ValkData valk_data_real(double x) {
  ValkData d = valk_data_nil();
  d.kind = VALK_DATA_REAL;
  d.real = x;
  return d;
}
static inline ValkData valk_data_bytes(const char* bytes, size_t length) {
  ValkData d = valk_data_nil();
  d.kind = VALK_DATA_STRING;
  d.bytes = bytes;
  d.length = length;
  return d;
}
static inline ValkData valk_data_string(const char* text) {
  return valk_data_bytes(text, strlen(text));
}
static inline ValkData valk_data_list(const ValkData* items, size_t length) {
  ValkData d = valk_data_nil();
  d.kind = VALK_DATA_LIST;
  d.items = items;
  d.length = length;
  return d;
}
static inline ValkData valk_data_error(const char* kind, const char* message) {
  ValkData d = valk_data_bytes(message, strlen(message));
  d.kind = VALK_DATA_ERROR;
  d.error_kind = kind;
  return d;
}

#ifdef __cplusplus
}
#endif
#endif
