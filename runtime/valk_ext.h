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
 * Functions are declared extern "C" in C++. They must not throw.
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
  VALK_DATA_OTHER    /* only as an argument: a function, a table, a handle… */
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
