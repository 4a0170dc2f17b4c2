// JSON (RFC 8259) to values. Iterative: containers that are open stand on the shadow stack, two slots
// each, so that depth costs no machine stack; it is limited all the same, since text comes from peers.
#include <string.h>

#include "runtime/prims/prims.h"
#include "runtime/value/error.h"
#include "runtime/value/list.h"
#include "runtime/value/number.h"
#include "runtime/value/table.h"
#include "runtime/value/text.h"
#include "runtime/value/utf8.h"

enum : size_t { MAX_DEPTH = 10000 };

namespace {

/// An open array is {elements so far, last first; nil}, an open object {table; key}.
struct Parser {
  Vm* vm;
  Value* text;  ///< slot of the string, which may move
  Value* sp;    ///< above the open containers
  size_t at = 0;
  size_t depth = 0;

  size_t length() const { return valk_string_length(*text); }
  char peek() const { return at < length() ? valk_string_bytes(*text)[at] : '\0'; }
  bool at_end() const { return at >= length(); }
  Value* open() const { return sp - 2; }
  bool in_object() const { return depth != 0 && valk_is_kind(open()[0], VALK_KIND_TABLE); }
};

}  // namespace

static VALK_COLD Value fail(Parser* p, const char* what) {
  size_t line = 1, column = 1;
  for (size_t i = 0; i < p->at && i < p->length(); ++i) {
    bool newline = valk_string_bytes(*p->text)[i] == '\n';
    line += newline;
    column = newline ? 1 : column + 1;
  }
  return valk_fail(p->vm, p->sp, ":parse", "json/parse: line %zu, column %zu: %s", line, column,
                   what);
}

static void skip_space(Parser* p) {
  while (!p->at_end() && memchr(" \t\n\r", p->peek(), 4)) ++p->at;
}

// ---- strings ------------------------------------------------------------------------------------

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Four hexadecimal digits, or -1.
static int32_t unit(Parser* p) {
  int32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    int digit = hex_digit(p->peek());
    if (digit < 0) return -1;
    value = value * 16 + digit;
    ++p->at;
  }
  return value;
}

/// After \u: one character, of two units if the first is a surrogate. False: malformed.
static bool unicode_escape(Parser* p, ValkText* text) {
  int32_t c = unit(p);
  if (c >= 0xd800 && c < 0xdc00) {
    if (p->peek() != '\\') return false;
    ++p->at;
    if (p->peek() != 'u') return false;
    ++p->at;
    int32_t low = unit(p);
    if (low < 0xdc00 || low >= 0xe000) return false;
    c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
  } else if (c < 0 || (c >= 0xdc00 && c < 0xe000)) {
    return false;
  }
  return valk_add_utf8(text, static_cast<uint32_t>(c));
}

static bool escape(Parser* p, ValkText* text) {
  static const char letters[] = "\"\\/bfnrt";
  static const char meant[] = "\"\\/\b\f\n\r\t";
  char c = p->peek();
  if (p->at_end()) return false;
  ++p->at;
  if (c == 'u') return unicode_escape(p, text);
  const char* found = c ? strchr(letters, c) : nullptr;
  if (!found) return false;
  text->add(meant[found - letters]);
  return true;
}

static Value parse_string(Parser* p) {
  ValkText text;
  ++p->at;
  for (;;) {
    if (p->at_end()) return fail(p, "the string does not end");
    char c = p->peek();
    if (static_cast<unsigned char>(c) < 0x20) return fail(p, "a control character in a string");
    ++p->at;
    if (c == '"') break;
    if (c != '\\') {
      text.add(c);
    } else if (!escape(p, &text)) {
      return fail(p, "an unknown escape in a string");
    }
  }
  return valk_make_string(p->vm, p->sp, text.bytes(), text.length());
}

// ---- other leaves -------------------------------------------------------------------------------

static Value parse_json_number(Parser* p) {
  size_t start = p->at;
  while (!p->at_end() && memchr("+-0123456789.eE", p->peek(), 15)) ++p->at;
  const char* bytes = valk_string_bytes(*p->text) + start;
  size_t length = p->at - start;
  size_t digits = start + (bytes[0] == '-');
  bool has_leading_zero = length > digits - start + 1 && bytes[digits - start] == '0' &&
                          bytes[digits - start + 1] >= '0' && bytes[digits - start + 1] <= '9';
  Value number = has_leading_zero ? VALK_NIL : valk_parse_number(p->vm, p->sp, bytes, length);
  if (number != VALK_NIL) return number;
  p->at = start;
  return fail(p, "a malformed number");
}

static Value parse_word(Parser* p) {
  static const struct {
    const char* word;
    Value value;
  } words[] = {{"true", VALK_FIX(1)}, {"false", VALK_FIX(0)}, {"null", VALK_NIL}};
  for (const auto& w : words) {
    size_t n = strlen(w.word);
    if (p->length() - p->at >= n && memcmp(valk_string_bytes(*p->text) + p->at, w.word, n) == 0) {
      p->at += n;
      return w.value;
    }
  }
  return fail(p, p->at_end() ? "the text ends where a value should stand" : "no value begins so");
}

static Value parse_leaf(Parser* p) {
  char c = p->peek();
  if (c == '"') return parse_string(p);
  if (c == '-' || (c >= '0' && c <= '9')) return parse_json_number(p);
  return parse_word(p);
}

// ---- containers ---------------------------------------------------------------------------------

static Value open_container(Parser* p) {
  if (p->depth == MAX_DEPTH)
    return valk_fail(p->vm, p->sp, ":limit", "json/parse: nested deeper than %zu", MAX_DEPTH);
  Value container = p->peek() == '{' ? valk_make_table(p->vm, p->sp) : VALK_NIL;
  if (container == VALK_ERR) return VALK_ERR;
  ++p->at;
  p->sp[0] = container;
  p->sp[1] = VALK_NIL;
  p->sp += 2;
  ++p->depth;
  return VALK_NIL;
}

static Value close_container(Parser* p) {
  ++p->at;
  Value* open = p->open();
  if (!p->in_object()) open[0] = valk_reverse_list(p->vm, p->sp, open[0], VALK_NIL);
  p->sp -= 2;
  --p->depth;
  return open[0];
}

/// Puts a finished value into the container around it.
static Value put(Parser* p, Value v) {
  Value* open = p->open();
  if (!p->in_object()) return open[0] = valk_make_pair(p->vm, p->sp, v, open[0]);
  Value hash;
  valk_hash(open[1], &hash);
  return valk_table_put(p->vm, p->sp, open[0], open[1], v, hash);
}

/// Reads "key": into the open object.
static Value parse_key(Parser* p) {
  skip_space(p);
  if (p->peek() != '"') return fail(p, "a key must be a string");
  Value key = parse_string(p);
  if (key == VALK_ERR) return VALK_ERR;
  p->open()[1] = key;
  skip_space(p);
  if (p->peek() != ':') return fail(p, "a colon must follow the key");
  ++p->at;
  return VALK_NIL;
}

/// After an opening bracket: the key if one follows. *empty: the container closes at once.
static Value begin_container(Parser* p, bool* empty) {
  if (open_container(p) == VALK_ERR) return VALK_ERR;
  skip_space(p);
  *empty = p->peek() == (p->in_object() ? '}' : ']');
  if (*empty) return close_container(p);
  return p->in_object() ? parse_key(p) : VALK_NIL;
}

/// After a value inside a container: a comma (and key) or the end. *done: it has ended; its value.
static Value continue_container(Parser* p, bool* done) {
  skip_space(p);
  char c = p->peek();
  *done = c == (p->in_object() ? '}' : ']');
  if (*done) return close_container(p);
  if (c != ',') return fail(p, "a comma or the end of the container must follow");
  ++p->at;
  return p->in_object() ? parse_key(p) : VALK_NIL;
}

/// Reads down to the next leaf or empty container.
static Value parse_start(Parser* p) {
  for (;;) {
    skip_space(p);
    if (p->peek() != '{' && p->peek() != '[') return parse_leaf(p);
    bool empty;
    Value v = begin_container(p, &empty);
    if (v == VALK_ERR || empty) return v;
  }
}

Value valk_json_parse(Vm* vm, Value* sp, Value s) {
  if (!valk_is_kind(s, VALK_KIND_STRING))
    return valk_fail_type(vm, sp, "json/parse", 1, "a string", s);
  sp[0] = s;
  Parser p{vm, sp, sp + 1};
  Value v = parse_start(&p);
  while (v != VALK_ERR && p.depth != 0) {
    if (put(&p, v) == VALK_ERR) return VALK_ERR;
    bool done;
    v = continue_container(&p, &done);
    if (v != VALK_ERR && !done) v = parse_start(&p);
  }
  if (v == VALK_ERR) return VALK_ERR;
  skip_space(&p);
  return p.at_end() ? v : fail(&p, "something follows the value");
}
