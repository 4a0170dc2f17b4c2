// Values to JSON. Iterative, and without allocation in the heap until the text is complete.
#include <math.h>

#include "runtime/prims/prims.h"
#include "runtime/value/error.h"
#include "runtime/value/list.h"
#include "runtime/value/number.h"
#include "runtime/value/print.h"
#include "runtime/value/stack.h"
#include "runtime/value/table.h"
#include "runtime/value/vector.h"

enum : size_t { MAX_DEPTH = 10000 };

namespace {
enum class Sort { list, plist, vector, table };

struct Open {
  Value v;       ///< what is left of a list; else the container
  size_t index;  ///< elements written
  Sort sort;
};

struct Writer {
  ValkText text;
  ValkStack<Open> open;
  Value culprit = VALK_NIL;      ///< what could not be written
  double infinite = 0;           ///< or the float, which may be no object
  const char* wanted = nullptr;  ///< set if something could not be written
};
}  // namespace

static void add_string(ValkText* text, const char* bytes, size_t length) {
  text->add('"');
  for (size_t i = 0; i < length; ++i) {
    unsigned char c = static_cast<unsigned char>(bytes[i]);
    if (c == '"' || c == '\\') {
      text->add('\\');
      text->add(bytes[i]);
    } else if (c == '\n') {
      text->add("\\n");
    } else if (c < 0x20) {
      text->add_format("\\u%04x", c);
    } else {
      text->add(bytes[i]);
    }
  }
  text->add('"');
}

/// A symbol or keyword: the latter without its colon; :null, :true and :false as what they say.
static void add_name(ValkText* text, Value v) {
  if (valk_is_keyword(v, ":null")) return text->add("null");
  if (valk_is_keyword(v, ":true")) return text->add("true");
  if (valk_is_keyword(v, ":false")) return text->add("false");
  size_t skip = valk_is_kind(v, VALK_KIND_KEYWORD);
  add_string(text, valk_symbol_bytes(v) + skip, valk_symbol_length(v) - skip);
}

/// A property list has keywords in every other place.
static bool is_property_list(Value list) {
  for (; valk_is_pair(list); list = valk_tail(valk_tail(list))) {
    if (!valk_is_kind(valk_head(list), VALK_KIND_KEYWORD) || !valk_is_pair(valk_tail(list)))
      return false;
  }
  return true;
}

static void refuse(Writer* w, Value v, const char* wanted) {
  w->culprit = v;
  w->wanted = wanted;
}

static void add_float(Writer* w, double d) {
  if (isfinite(d)) return valk_print_float(&w->text, d);
  w->infinite = d;
  w->wanted = "a finite number";
}

static void open_container(Writer* w, Value v, Sort sort) {
  if (w->open.count() == MAX_DEPTH) return refuse(w, v, "nested less deeply");
  w->open.push({v, 0, sort});
  w->text.add(sort == Sort::list || sort == Sort::vector ? '[' : '{');
}

static void begin(Writer* w, Value v) {
  v = valk_unblock(v);
  if (v == VALK_NIL) return w->text.add("null");
  if (valk_is_integer_value(v)) return valk_print_integer(&w->text, v);
  if (valk_is_pair(v)) return open_container(w, v, is_property_list(v) ? Sort::plist : Sort::list);
  switch (valk_is_object(v) ? valk_header_kind(*valk_object(v)) : 0) {
    case VALK_KIND_FLOAT:
      return add_float(w, valk_float_value(v));
    case VALK_KIND_STRING:
      return add_string(&w->text, valk_string_bytes(v), valk_string_length(v));
    case VALK_KIND_SYMBOL:
    case VALK_KIND_KEYWORD:
      return add_name(&w->text, v);
    case VALK_KIND_VECTOR:
      return open_container(w, v, Sort::vector);
    case VALK_KIND_TABLE:
      return open_container(w, v, Sort::table);
    default:
      return refuse(w, v, "data that JSON has a form for");
  }
}

static void close_container(Writer* w) {
  Sort sort = w->open.pop().sort;
  w->text.add(sort == Sort::list || sort == Sort::vector ? ']' : '}');
}

static void add_key(Writer* w, Value key) {
  bool is_name = valk_is_kind(key, VALK_KIND_KEYWORD) || valk_is_kind(key, VALK_KIND_SYMBOL);
  size_t skip = valk_is_kind(key, VALK_KIND_KEYWORD);
  if (is_name) {
    add_string(&w->text, valk_symbol_bytes(key) + skip, valk_symbol_length(key) - skip);
  } else if (valk_is_kind(key, VALK_KIND_STRING)) {
    add_string(&w->text, valk_string_bytes(key), valk_string_length(key));
  } else {
    ValkText printed;
    valk_print_value(&printed, key, false);
    add_string(&w->text, printed.bytes(), printed.length());
  }
  w->text.add(':');
}

static void separate(Writer* w, Open* top) {
  if (top->index++ != 0) w->text.add(',');
}

static void advance_list(Writer* w, Open* top) {
  if (!valk_is_pair(top->v)) return close_container(w);
  separate(w, top);
  if (top->sort == Sort::plist) {
    add_key(w, valk_head(top->v));
    top->v = valk_tail(top->v);
  }
  Value element = valk_head(top->v);
  top->v = valk_tail(top->v);
  begin(w, element);
}

static void advance_vector(Writer* w, Open* top) {
  const Value vector = top->v;
  const Fix i = static_cast<Fix>(top->index);
  if (i >= valk_vector_length(vector)) return close_container(w);
  separate(w, top);
  if (valk_holds_floats(vector)) return add_float(w, valk_vector_float(vector, i));
  begin(w, valk_vector_value(vector, i));
}

/// `index` counts entries, deleted ones too; a comma is due unless the text ends with the bracket.
static void advance_table(Writer* w, Open* top) {
  while (top->index < valk_table_used(top->v) &&
         valk_table_entry(top->v, top->index)[0] == VALK_UNSET)
    ++top->index;
  if (top->index >= valk_table_used(top->v)) return close_container(w);
  if (w->text.bytes()[w->text.length() - 1] != '{') w->text.add(',');
  const Value* entry = valk_table_entry(top->v, top->index++);
  add_key(w, entry[0]);
  begin(w, entry[1]);
}

/// `name` is the function that wants the text, for its error.
static Value write_text(Vm* vm, Value* sp, const char* name, Value x) {
  Writer w;
  begin(&w, x);
  while (!w.open.is_empty() && !w.wanted) {
    Open* top = &w.open.top();
    if (top->sort == Sort::vector) {
      advance_vector(&w, top);
    } else if (top->sort == Sort::table) {
      advance_table(&w, top);
    } else {
      advance_list(&w, top);
    }
  }
  if (w.infinite != 0) w.culprit = valk_make_float(vm, sp, w.infinite);
  if (w.culprit == VALK_ERR) return VALK_ERR;
  if (w.wanted) return valk_fail_type(vm, sp, name, 1, w.wanted, w.culprit);
  if (w.text.failed()) return valk_fail_memory(vm);
  return valk_make_string(vm, sp, w.text.bytes(), w.text.length());
}

Value valk_json_write(Vm* vm, Value* sp, Value x) { return write_text(vm, sp, "json/write", x); }
Value valk_json_text(Vm* vm, Value* sp, Value name, Value x) {
  return write_text(vm, sp, valk_string_bytes(name), x);
}
