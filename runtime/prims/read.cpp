// (read "…"): text to one datum, by the reader's rules (LANGUAGE 1). Iterative: lists that are open
// stand on the shadow stack, last element first.
#include <string.h>

#include "runtime/prims/prims.h"
#include "runtime/value/error.h"
#include "runtime/value/list.h"
#include "runtime/value/number.h"
#include "runtime/value/stack.h"
#include "runtime/value/text.h"
#include "runtime/value/utf8.h"

namespace {

struct Reader {
  Vm* vm;
  Value* text;  ///< slot of the string, which may move
  Value* sp;    ///< above the open lists
  size_t at = 0;
  ValkStack<char>
      open{};  ///< of each open list the delimiter that ends it; 0: ends after one datum

  bool at_end() const { return at >= valk_string_length(*text); }
  char peek() const { return at_end() ? '\0' : valk_string_bytes(*text)[at]; }
};

}  // namespace

static VALK_COLD Value fail(Reader* r, const char* what) {
  size_t line = 1, column = 1;
  for (size_t i = 0; i < r->at; ++i) {
    bool newline = valk_string_bytes(*r->text)[i] == '\n';
    line += newline;
    column = newline ? 1 : column + 1;
  }
  return valk_fail(r->vm, r->sp, ":parse", "read: line %zu, column %zu: %s", line, column, what);
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
static bool is_symbol_char(char c) {
  return !is_space(c) && (c == '\0' || !strchr("(){}[]\";',`", c));
}

static void skip_space(Reader* r) {
  for (; !r->at_end(); ++r->at) {
    if (r->peek() == ';') {
      while (!r->at_end() && r->peek() != '\n') ++r->at;
    } else if (!is_space(r->peek())) {
      return;
    }
  }
}

// ---- atoms --------------------------------------------------------------------------------------

/// Reads up to `most` hexadecimal digits; gives how many there were.
static int hexadecimal(Reader* r, int most, uint32_t* value) {
  static const char digits[] = "0123456789abcdef";
  int n = 0;
  for (*value = 0; n < most && !r->at_end(); ++n, ++r->at) {
    const char* found = r->peek() ? strchr(digits, r->peek() | 0x20) : nullptr;
    if (!found || (r->peek() < '0')) break;
    *value = *value * 16 + static_cast<uint32_t>(found - digits);
  }
  return n;
}

/// After a backslash. Null, or what is wrong.
static const char* read_escape(Reader* r, ValkText* text) {
  static const char letters[] = "abfnrtv0\\'\"";
  static const char meant[] = "\a\b\f\n\r\t\v\0\\'\"";
  char c = r->peek();
  const char* found = c ? strchr(letters, c) : nullptr;
  ++r->at;
  uint32_t value;
  if (found) {
    text->add(meant[found - letters]);
  } else if (c == 'x') {
    if (hexadecimal(r, 2, &value) != 2) return "\\x takes two hexadecimal digits";
    text->add(static_cast<char>(value));
  } else if (c == 'u') {
    if (r->peek() != '{') return "write \\u{H…}";
    ++r->at;
    if (hexadecimal(r, 6, &value) == 0 || r->peek() != '}') return "write \\u{H…}";
    ++r->at;
    if (!valk_add_utf8(text, value)) return "there is no such code point";
  } else {
    return "an unknown escape";
  }
  return nullptr;
}

static Value read_string(Reader* r) {
  ValkText text;
  for (++r->at; !r->at_end() && r->peek() != '"';) {
    char c = r->peek();
    ++r->at;
    if (c != '\\') {
      text.add(c);
      continue;
    }
    if (const char* wrong = read_escape(r, &text)) return fail(r, wrong);
  }
  if (r->at_end()) return fail(r, "the string does not end");
  ++r->at;
  return valk_make_string(r->vm, r->sp, text.bytes(), text.length());
}

/// A run of symbol characters: a number, keyword or symbol.
static Value read_run(Reader* r) {
  ValkText run;
  for (; !r->at_end() && is_symbol_char(r->peek()); ++r->at) run.add(r->peek());
  Value number = valk_parse_number(r->vm, r->sp, run.bytes(), run.length());
  if (number != VALK_NIL) return number;
  return run.bytes()[0] == ':' ? valk_make_keyword(r->vm, r->sp, run.bytes(), run.length())
                               : valk_make_symbol(r->vm, r->sp, run.bytes(), run.length());
}

// ---- lists --------------------------------------------------------------------------------------

/// VALK_ERR if there is no room on the shadow stack.
static Value open_list(Reader* r, char end, Value first) {
  if (r->sp + 64 > r->vm->sp_limit || !r->open.push(end))
    return valk_fail(r->vm, r->sp, ":limit", "read: nested too deeply");
  *r->sp++ = first;
  return VALK_NIL;
}

static Value close_list(Reader* r) {
  r->open.pop();
  Value* list = --r->sp;
  return valk_reverse_list(r->vm, r->sp + 1, *list, VALK_NIL);
}

static Value open_prefix(Reader* r, const char* name) {
  Value symbol = valk_make_symbol(r->vm, r->sp, name, strlen(name));
  if (symbol == VALK_ERR) return VALK_ERR;
  Value list = valk_make_pair(r->vm, r->sp, symbol, VALK_NIL);
  return list == VALK_ERR ? list : open_list(r, '\0', list);
}

static Value read_prefix(Reader* r) {
  char c = r->peek();
  ++r->at;
  if (c == '\'') return open_prefix(r, "quote");
  if (c == '`') return open_prefix(r, "quasiquote");
  if (r->peek() != '@') return open_prefix(r, "unquote");
  ++r->at;
  return open_prefix(r, "unquote-splicing");
}

/// What comes next: *complete says whether it is a datum, or only the beginning of one.
static Value read_next(Reader* r, bool* complete) {
  skip_space(r);
  *complete = false;
  if (r->at_end()) return fail(r, r->open.is_empty() ? "no datum" : "the text ends inside a datum");
  char c = r->peek();
  switch (c) {
    case '(':
    case '{':
      ++r->at;
      return open_list(r, c == '(' ? ')' : '}', VALK_NIL);
    case '\'':
    case '`':
    case ',':
      return read_prefix(r);
    case '[':
    case ']':
      return fail(r, "brackets are reserved");
    case ')':
    case '}':
      if (r->open.is_empty() || r->open.top() != c) return fail(r, "nothing that this would close");
      ++r->at;
      *complete = true;
      return close_list(r);
    default:
      *complete = true;
      return c == '"' ? read_string(r) : read_run(r);
  }
}

/// Puts a datum into the list around it; a prefix is complete then, and so on outwards.
static Value put(Reader* r, Value v) {
  while (v != VALK_ERR && !r->open.is_empty()) {
    Value* list = r->sp - 1;
    *list = valk_make_pair(r->vm, r->sp, v, *list);
    if (*list == VALK_ERR) return VALK_ERR;
    if (r->open.top() != '\0') return VALK_UNSET;
    v = close_list(r);
  }
  return v;
}

Value valk_read(Vm* vm, Value* sp, Value s) {
  if (!valk_is_kind(s, VALK_KIND_STRING)) return valk_fail_type(vm, sp, "read", 1, "a string", s);
  sp[0] = s;
  Reader r{vm, sp, sp + 1};
  Value v = VALK_UNSET;
  while (v == VALK_UNSET) {
    bool complete;
    v = read_next(&r, &complete);
    if (v == VALK_ERR) return VALK_ERR;
    v = complete ? put(&r, v) : VALK_UNSET;
  }
  if (v == VALK_ERR) return VALK_ERR;
  skip_space(&r);
  return r.at_end() ? v : fail(&r, "something follows the datum");
}
