// The lexer: delimiters, prefixes, strings with their escapes, runs of symbol characters.
#include "frontend/lexer.h"

#include "frontend/utf8.h"

namespace valkc {

namespace {

constexpr std::string_view BYTE_ORDER_MARK = "\xef\xbb\xbf";

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool is_symbol_char(char c) {
  return !is_space(c) && std::string_view("(){}[]\";',`").find(c) == std::string_view::npos;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The byte that a one-letter escape stands for, or -1.
int simple_escape(char c) {
  switch (c) {
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    case '0':
      return '\0';
    case '\\':
    case '\'':
    case '"':
      return c;
    default:
      return -1;
  }
}

}  // namespace

Lexer::Lexer(const SourceMap& sources, uint32_t file, Diagnostics& diagnostics)
    : text_(sources.text(file)), file_(file), diagnostics_(diagnostics) {
  check_encoding();
  if (text_.starts_with(BYTE_ORDER_MARK)) at_ = BYTE_ORDER_MARK.size();
  if (text_.substr(at_).starts_with("#!")) at_ = std::min(text_.find('\n', at_), text_.size());
}

void Lexer::check_encoding() {
  for (size_t i = 0; i < text_.size();) {
    size_t length = utf8_length(text_.substr(i));
    size_t begin = i;
    i += length;
    if (length > 0) continue;
    while (i < text_.size() && utf8_length(text_.substr(i)) == 0) ++i;
    diagnostics_.report(Diag::invalid_utf8,
                        {file_, static_cast<uint32_t>(begin), static_cast<uint32_t>(i)});
  }
}

Span Lexer::span_from(size_t begin) const {
  return {file_, static_cast<uint32_t>(begin), static_cast<uint32_t>(at_)};
}

void Lexer::skip_space() {
  while (at_ < text_.size()) {
    if (text_[at_] == ';') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (is_space(text_[at_])) {
      ++at_;
    } else {
      return;
    }
  }
}

Token Lexer::next() {
  skip_space();
  if (at_ >= text_.size()) {
    Token end;
    end.span = span_from(at_);
    return end;
  }
  switch (text_[at_]) {
    case '(':
    case '{':
    case '[':
      return delimiter(TokenKind::open);
    case ')':
    case '}':
    case ']':
      return delimiter(TokenKind::close);
    case '\'':
    case '`':
    case ',':
      return prefix();
    case '"':
      return string();
    default:
      return run();
  }
}

Token Lexer::delimiter(TokenKind kind) {
  Token token;
  token.kind = kind;
  token.delimiter = text_[at_++];
  token.span = span_from(at_ - 1);
  // A reserved bracket is read as a parenthesis, so that what follows is read as it was meant.
  if (token.delimiter == '[' || token.delimiter == ']') {
    diagnostics_.report(Diag::reserved_bracket, token.span);
    token.delimiter = token.delimiter == '[' ? '(' : ')';
  }
  return token;
}

Token Lexer::prefix() {
  Token token;
  token.kind = TokenKind::prefix;
  size_t begin = at_;
  char c = text_[at_++];
  token.text = c == '\'' ? "quote" : c == '`' ? "quasiquote" : "unquote";
  if (c == ',' && at_ < text_.size() && text_[at_] == '@') {
    ++at_;
    token.text = "unquote-splicing";
  }
  token.span = span_from(begin);
  return token;
}

Token Lexer::string() {
  Token token;
  token.kind = TokenKind::atom;
  token.atom = DatumKind::string;
  size_t begin = at_++;
  while (at_ < text_.size() && text_[at_] != '"') {
    if (text_[at_] == '\\') {
      escape(token.text);
    } else {
      token.text += text_[at_++];
    }
  }
  if (at_ >= text_.size()) {
    diagnostics_.report(Diag::unclosed_string,
                        {file_, static_cast<uint32_t>(begin), static_cast<uint32_t>(begin + 1)});
  } else {
    ++at_;
  }
  token.span = span_from(begin);
  return token;
}

void Lexer::escape(std::string& out) {
  size_t begin = at_++;
  if (at_ >= text_.size()) return;  // the string is reported as unclosed
  char c = text_[at_];
  if (int byte = simple_escape(c); byte >= 0) {
    out += static_cast<char>(byte);
    ++at_;
  } else if (c == 'x') {
    byte_escape(out, begin);
  } else if (c == 'u') {
    code_point_escape(out, begin);
  } else {
    at_ += std::max<size_t>(utf8_length(text_.substr(at_)), 1);
    Span span = span_from(begin);
    diagnostics_.report(Diag::bad_escape, span, {text_.substr(begin, at_ - begin)});
  }
}

void Lexer::bad_escape(size_t begin, std::string_view reason) {
  diagnostics_.report(Diag::bad_hex_escape, span_from(begin),
                      {text_.substr(begin, at_ - begin), reason});
}

void Lexer::byte_escape(std::string& out, size_t begin) {
  ++at_;
  int value = 0;
  int digits = 0;
  for (; digits < 2 && at_ < text_.size() && hex_digit(text_[at_]) >= 0; ++digits) {
    value = value * 16 + hex_digit(text_[at_++]);
  }
  if (digits < 2) return bad_escape(begin, "it takes two hexadecimal digits");
  out += static_cast<char>(value);
}

void Lexer::code_point_escape(std::string& out, size_t begin) {
  ++at_;
  if (at_ >= text_.size() || text_[at_] != '{') return bad_escape(begin, "write \\u{H…}");
  ++at_;
  uint32_t value = 0;
  int digits = 0;
  for (; at_ < text_.size() && hex_digit(text_[at_]) >= 0; ++digits) {
    value = digits < 6 ? value * 16 + static_cast<uint32_t>(hex_digit(text_[at_])) : 0xffffffff;
    ++at_;
  }
  if (at_ >= text_.size() || text_[at_] != '}') return bad_escape(begin, "it lacks its `}`");
  ++at_;
  if (digits == 0) return bad_escape(begin, "it has no digits");
  if (!append_utf8(out, value)) bad_escape(begin, "there is no such code point");
}

Token Lexer::run() {
  Token token;
  token.kind = TokenKind::atom;
  size_t begin = at_;
  while (at_ < text_.size() && is_symbol_char(text_[at_])) ++at_;
  token.span = span_from(begin);
  const std::string_view run = text_.substr(begin, at_ - begin);
  if (const size_t mark = run.find(BYTE_ORDER_MARK); mark != run.npos) {
    const auto at = static_cast<uint32_t>(begin + mark);
    diagnostics_.report(Diag::stray_byte_order_mark,
                        {file_, at, at + static_cast<uint32_t>(BYTE_ORDER_MARK.size())});
  }
  classify_run(run, token);
  return token;
}

namespace {

std::string_view kind_name(const Token& token) {
  if (token.kind == TokenKind::open) return "open";
  if (token.kind == TokenKind::close) return "close";
  if (token.kind == TokenKind::prefix) return "prefix";
  switch (token.atom) {
    case DatumKind::integer:
    case DatumKind::big_integer:
      return "integer";
    case DatumKind::real:
      return "float";
    case DatumKind::string:
      return "string";
    case DatumKind::keyword:
      return "keyword";
    default:
      return "symbol";
  }
}

}  // namespace

std::string print_tokens(const SourceMap& sources, uint32_t file, Diagnostics& diagnostics) {
  std::string out;
  Lexer lexer(sources, file, diagnostics);
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    Position at = sources.position(token.span);
    out += std::to_string(at.line) + ":" + std::to_string(at.column) + " ";
    out += std::string(kind_name(token)) + " " + std::string(sources.text(token.span)) + "\n";
  }
  return out;
}

}  // namespace valkc
