// The readable form of data. Strings are escaped so that the text is valid UTF-8 on one line, floats
// have the fewest digits that read back to the same double.
#include "frontend/datum.h"

#include <charconv>
#include <cmath>

#include "frontend/utf8.h"

namespace valkc {

namespace {

std::string real_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "1e999" : "-1e999";
  char digits[40];
  auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  std::string text(digits, end);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

void append_byte_escape(std::string& out, unsigned char byte) {
  constexpr char kHex[] = "0123456789abcdef";
  out += "\\x";
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

void append_string_byte(std::string& out, unsigned char byte) {
  switch (byte) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (byte < 0x20 || byte == 0x7f) return append_byte_escape(out, byte);
  out += static_cast<char>(byte);
}

std::string string_text(std::string_view bytes) {
  std::string out = "\"";
  for (size_t i = 0; i < bytes.size();) {
    size_t length = utf8_length(bytes.substr(i));
    if (length == 0) append_byte_escape(out, static_cast<unsigned char>(bytes[i++]));
    if (length == 1) append_string_byte(out, static_cast<unsigned char>(bytes[i++]));
    if (length > 1) {
      out += bytes.substr(i, length);
      i += length;
    }
  }
  return out + "\"";
}

std::string atom_text(const Datum& datum) {
  switch (datum.kind) {
    case DatumKind::integer:
      return std::to_string(datum.integer);
    case DatumKind::real:
      return real_text(datum.real);
    case DatumKind::string:
      return string_text(datum.text);
    case DatumKind::value:
      return "<value>";
    default:
      return datum.text;
  }
}

struct OpenSequence {
  const Datum* datum;
  size_t next;
};

}  // namespace

std::string to_text(const Datum& datum) {
  if (!datum.is_sequence()) return atom_text(datum);
  std::string out;
  std::vector<OpenSequence> open;
  auto enter = [&](const Datum* d) {
    out += d->kind == DatumKind::block ? '{' : '(';
    open.push_back({d, 0});
  };
  enter(&datum);
  while (!open.empty()) {
    OpenSequence& top = open.back();
    if (top.next == top.datum->items.size()) {
      out += top.datum->kind == DatumKind::block ? '}' : ')';
      open.pop_back();
      continue;
    }
    if (top.next > 0) out += ' ';
    const Datum* item = top.datum->items[top.next++];
    if (item->is_sequence()) {
      enter(item);
    } else {
      out += atom_text(*item);
    }
  }
  return out;
}

}  // namespace valkc
