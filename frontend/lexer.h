// Text to tokens. Total: any bytes give tokens; what is wrong is reported and skipped.
#pragma once

#include <algorithm>
#include <string>

#include "frontend/datum.h"
#include "frontend/diagnostics.h"
#include "frontend/source.h"

namespace valkc {

enum class TokenKind : uint8_t {
  open,    ///< ( or {
  close,   ///< ) or }
  prefix,  ///< ' ` , ,@
  atom,    ///< `atom` tells which
  end,
};

struct Token {
  TokenKind kind = TokenKind::end;
  Span span;
  char delimiter = 0;                  ///< of open and close
  DatumKind atom = DatumKind::symbol;  ///< of an atom
  int64_t integer = 0;
  double real = 0;
  std::string text;  ///< as in Datum; of a prefix: the name of its form
};

/// One pass over a file; `next` gives `end` for ever once the text is used up.
class Lexer {
 public:
  Lexer(const SourceMap& sources, uint32_t file, Diagnostics& diagnostics);
  Token next();

 private:
  void skip_space();
  void check_encoding();
  Span span_from(size_t begin) const;
  Token delimiter(TokenKind kind);
  Token prefix();
  Token string();
  void escape(std::string& out);
  void byte_escape(std::string& out, size_t begin);
  void code_point_escape(std::string& out, size_t begin);
  void bad_escape(size_t begin, std::string_view reason);
  Token run();

  std::string_view text_;
  uint32_t file_;
  size_t at_ = 0;
  Diagnostics& diagnostics_;
};

/// The atom that a run of symbol characters denotes: a number in one of the forms of LANGUAGE 8, else
/// a keyword or a symbol. Fills the atom fields of `token`.
void classify_run(std::string_view run, Token& token);

/// `--emit=tokens`: one token a line, `LINE:COL KIND TEXT`.
std::string print_tokens(const SourceMap& sources, uint32_t file, Diagnostics& diagnostics);

}  // namespace valkc
