// print and its kin. Text is put together outside the heap, then added to one buffer.
#include "runtime/prims/output.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "runtime/prims/prims.h"
#include "runtime/value/error.h"
#include "runtime/value/number.h"
#include "runtime/value/print.h"

enum : size_t { OUTPUT_BYTES = size_t{64} << 10 };

static struct {
  char bytes[OUTPUT_BYTES];
  size_t length;
  int is_terminal;  ///< 0: not yet asked; 1: yes; -1: no
} output;

static bool write_out(const char* bytes, size_t length) {
  while (length != 0) {
    ssize_t n = write(STDOUT_FILENO, bytes, length);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes += n;
    length -= static_cast<size_t>(n);
  }
  return true;
}

bool valk_flush_output(Vm*) {
  size_t length = output.length;
  output.length = 0;
  return write_out(output.bytes, length);
}

static bool is_terminal() {
  if (output.is_terminal == 0) output.is_terminal = isatty(STDOUT_FILENO) ? 1 : -1;
  return output.is_terminal > 0;
}

void valk_write_output(const char* bytes, size_t length) {
  if (length > OUTPUT_BYTES - output.length) valk_flush_output(nullptr);
  if (length > OUTPUT_BYTES) {
    write_out(bytes, length);
    return;
  }
  memcpy(output.bytes + output.length, bytes, length);
  output.length += length;
  if (is_terminal() && memchr(bytes, '\n', length)) valk_flush_output(nullptr);
}

Value valk_print(Vm* vm, Value* sp, Fix n) {
  ValkText text;
  for (Fix i = 0; i < n; ++i) {
    if (i != 0) text.add(' ');
    valk_print_value(&text, sp[i], false);
  }
  text.add('\n');
  if (text.failed()) return valk_fail_memory(vm);
  valk_write_output(text.bytes(), text.length());
  return VALK_NIL;
}

// ---- printf -------------------------------------------------------------------------------------

namespace {
struct Format {
  Vm* vm;
  Value* sp;
  Fix n;         ///< arguments, the format included
  Fix next = 1;  ///< argument to be used
  ValkText text;
};
}  // namespace

/// Formats the next argument as `how` says: d, s or f. VALK_ERR if it does not fit.
static Value format_argument(Format* f, char how) {
  if (f->next >= f->n)
    return valk_fail(f->vm, f->sp + f->n, ":arity",
                     "printf: the format wants more than the %lld arguments given",
                     static_cast<long long>(f->n - 1));
  Value v = f->sp[f->next++];
  int place = static_cast<int>(f->next);
  if (how == 'd') {
    if (!valk_is_integer_value(v))
      return valk_fail_type(f->vm, f->sp + f->n, "printf", place, "an integer (%d)", v);
    valk_print_integer(&f->text, v);
  } else if (how == 'f') {
    if (!valk_is_number_value(v))
      return valk_fail_type(f->vm, f->sp + f->n, "printf", place, "a number (%f)", v);
    f->text.add_format("%f", valk_to_double(v));
  } else {
    valk_print_value(&f->text, v, false);
  }
  return VALK_NIL;
}

/// One directive that begins at bytes[i], a %; gives the index after it, or 0 with an error raised.
static size_t format_directive(Format* f, const char* bytes, size_t i, size_t length) {
  size_t at = i + 1;
  if (at < length && bytes[at] == 'l') ++at;
  char how = at < length ? bytes[at] : '\0';
  bool is_long = at == i + 2;
  if (how == '%' && !is_long) {
    f->text.add('%');
  } else if (how == 'd' || ((how == 's' || how == 'f') && !is_long)) {
    if (format_argument(f, how) == VALK_ERR) return 0;
  } else {
    int shown = static_cast<int>(at < length ? at - i + 1 : length - i);
    valk_fail(f->vm, f->sp + f->n, ":range", "printf: the format has the unknown directive %.*s",
              shown, bytes + i);
    return 0;
  }
  return at + 1;
}

Value valk_printf(Vm* vm, Value* sp, Fix n) {
  if (!valk_is_kind(sp[0], VALK_KIND_STRING))
    return valk_fail_type(vm, sp + n, "printf", 1, "a string", sp[0]);
  Format f{vm, sp, n, 1, {}};
  const char* bytes = valk_string_bytes(sp[0]);
  size_t length = valk_string_length(sp[0]);
  for (size_t i = 0; i < length;) {
    if (bytes[i] != '%') {
      f.text.add(bytes[i++]);
    } else if ((i = format_directive(&f, bytes, i, length)) == 0) {
      return VALK_ERR;
    }
  }
  if (f.next != n)
    return valk_fail(vm, sp + n, ":arity", "printf: the format uses %lld of the %lld arguments",
                     static_cast<long long>(f.next - 1), static_cast<long long>(n - 1));
  valk_write_output(f.text.bytes(), f.text.length());
  return VALK_NIL;
}
