// The printer: a list or vector that is being printed stands on a stack of its own.
#include "runtime/value/print.h"

#include <string.h>

#include "runtime/value/number.h"
#include "runtime/value/stack.h"
#include "runtime/value/vector.h"

bool (*valk_print_hook)(ValkText* text, Value v) = nullptr;

namespace {
/// A list or vector of which something is still to be printed.
struct Open {
  Value rest;    ///< a list; or the vector
  Fix index;     ///< of the next element of a vector
  size_t outer;  ///< 1 + the place on the stack of the vector around this one; 0: none
};

struct Printer {
  ValkText* text;
  ValkStack<Open> open;
  size_t innermost_vector = 0;
};
}  // namespace

// ---- leaves -------------------------------------------------------------------------------------

static void add_escape(ValkText* text, unsigned char c) {
  static const char named[] = "\a\b\f\n\r\t\v\\\"";
  static const char letters[] = "abfnrtv\\\"";
  const char* found = c == 0 ? nullptr : strchr(named, c);
  if (found) {
    text->add('\\');
    text->add(letters[found - named]);
  } else {
    text->add_format("\\x%02x", c);
  }
}

void valk_print_quoted(ValkText* text, const char* bytes, size_t length) {
  text->add('"');
  size_t start = 0;
  for (size_t i = 0; i < length; ++i) {
    unsigned char c = static_cast<unsigned char>(bytes[i]);
    if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) continue;
    text->add(bytes + start, i - start);
    add_escape(text, c);
    start = i + 1;
  }
  text->add(bytes + start, length - start);
  text->add('"');
}

static void print_named(ValkText* text, const char* what, const char* name) {
  text->add('<');
  text->add(what);
  if (name && *name) {
    text->add(' ');
    text->add(name);
  }
  text->add('>');
}

static void print_function(ValkText* text, Value v) {
  while (valk_is_kind(v, VALK_KIND_PARTIAL)) v = valk_object(v)[1];
  print_named(text, "function", valk_is_closure(v) ? valk_closure_fn(v)->name : nullptr);
}

static void print_object(Printer* printer, Value v, bool readable) {
  ValkText* text = printer->text;
  switch (valk_header_kind(*valk_object(v))) {
    case VALK_KIND_FLOAT:
      return valk_print_float(text, valk_float_value(v));
    case VALK_KIND_BIGNUM:
      return valk_print_integer(text, v);
    case VALK_KIND_STRING:
      if (readable) return valk_print_quoted(text, valk_string_bytes(v), valk_string_length(v));
      return text->add(valk_string_bytes(v), valk_string_length(v));
    case VALK_KIND_SYMBOL:
    case VALK_KIND_KEYWORD:
      return text->add(valk_symbol_bytes(v), valk_symbol_length(v));
    case VALK_KIND_CLOSURE:
    case VALK_KIND_PARTIAL:
      return print_function(text, v);
    default:
      if (valk_print_hook && valk_print_hook(text, v)) return;
      return print_named(text, valk_type_name(v), nullptr);
  }
}

// ---- what has parts -----------------------------------------------------------------------------

static bool is_open(Printer* printer, Value vector) {
  for (size_t i = printer->innermost_vector; i != 0; i = printer->open[i - 1].outer) {
    if (printer->open[i - 1].rest == vector) return true;
  }
  return false;
}

static void open_vector(Printer* printer, Value vector) {
  if (is_open(printer, vector)) return printer->text->add("[...]");
  printer->text->add('[');
  printer->open.push({vector, 0, printer->innermost_vector});
  printer->innermost_vector = printer->open.count();
}

/// Prints a leaf, or opens what has parts.
static void begin(Printer* printer, Value v, bool readable) {
  v = valk_unblock(v);
  if (valk_is_fix(v)) return valk_print_integer(printer->text, v);
  if (valk_is_pair(v)) {
    printer->text->add('{');
    printer->open.push({v, 0, 0});
    return;
  }
  if (!valk_is_object(v)) return printer->text->add(v == VALK_UNSET ? "<unset>" : "()");
  if (valk_is_kind(v, VALK_KIND_VECTOR)) return open_vector(printer, v);
  if (valk_is_kind(v, VALK_KIND_ERROR)) {
    printer->text->add("Error: ");
    return begin(printer, valk_object(v)[VALK_ERROR_MESSAGE], false);
  }
  print_object(printer, v, readable);
}

static void advance_list(Printer* printer, Open* list) {
  Value rest = list->rest;
  if (!valk_is_pair(rest)) {
    printer->text->add('}');
    printer->open.pop();
    return;
  }
  if (list->index++ != 0) printer->text->add(' ');
  list->rest = valk_tail(rest);
  begin(printer, valk_head(rest), true);
}

static void advance_vector(Printer* printer, Open* vector) {
  const Value v = vector->rest;
  if (vector->index >= valk_vector_length(v)) {
    printer->text->add(']');
    printer->innermost_vector = vector->outer;
    printer->open.pop();
    return;
  }
  if (vector->index != 0) printer->text->add(' ');
  const Fix i = vector->index++;
  if (valk_holds_floats(v)) return valk_print_float(printer->text, valk_vector_float(v, i));
  begin(printer, valk_vector_value(v, i), true);
}

void valk_print_value(ValkText* text, Value v, bool readable, size_t limit) {
  Printer printer{text, {}, 0};
  begin(&printer, v, readable);
  while (!printer.open.is_empty() && text->length() <= limit && !text->failed()) {
    Open* top = &printer.open.top();
    if (valk_is_kind(top->rest, VALK_KIND_VECTOR)) {
      advance_vector(&printer, top);
    } else {
      advance_list(&printer, top);
    }
  }
}

Value valk_to_string(Vm* vm, Value* sp, Value v, bool readable) {
  ValkText text;
  valk_print_value(&text, v, readable);
  return valk_make_string(vm, sp, text.bytes(), text.length());
}
