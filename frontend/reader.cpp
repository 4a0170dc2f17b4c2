// An explicit stack of open sequences and pending prefixes stands in for recursion.
#include "frontend/reader.h"

#include "frontend/lexer.h"

namespace valkc {

namespace {

char closer_of(char open) { return open == '(' ? ')' : '}'; }

/// A sequence whose end has not been seen, or a prefix whose datum has not.
struct Open {
  Token token;
  std::vector<const Datum*> items;

  bool is_prefix() const { return token.kind == TokenKind::prefix; }
};

class Reader {
 public:
  Reader(const SourceMap& sources, uint32_t file, DatumArena& arena, Diagnostics& diagnostics)
      : sources_(sources),
        lexer_(sources, file, diagnostics),
        arena_(arena),
        diagnostics_(diagnostics) {}

  std::vector<const Datum*> read() {
    while (true) {
      Token token = lexer_.next();
      switch (token.kind) {
        case TokenKind::open:
        case TokenKind::prefix:
          open_.push_back({std::move(token), {}});
          break;
        case TokenKind::close:
          close(token);
          break;
        case TokenKind::atom:
          deliver(atom(std::move(token)));
          break;
        case TokenKind::end:
          finish(token.span);
          return std::move(top_);
      }
    }
  }

 private:
  const Datum* atom(Token token) {
    Datum* datum = arena_.make(token.atom, token.span);
    datum->integer = token.integer;
    datum->real = token.real;
    datum->text = std::move(token.text);
    return datum;
  }

  /// A datum is complete: it belongs to the prefixes before it, then to the sequence around it.
  void deliver(const Datum* datum) {
    while (!open_.empty() && open_.back().is_prefix()) {
      Span whole = open_.back().token.span;
      const Datum* name = arena_.text(DatumKind::symbol, open_.back().token.text, whole);
      whole.end = datum->span.end;
      open_.pop_back();
      datum = arena_.sequence(DatumKind::list, {name, datum}, whole);
    }
    (open_.empty() ? top_ : open_.back().items).push_back(datum);
  }

  void drop_dangling_prefixes() {
    while (!open_.empty() && open_.back().is_prefix()) {
      const Token& prefix = open_.back().token;
      diagnostics_.report(Diag::dangling_quote, prefix.span, {sources_.text(prefix.span)});
      open_.pop_back();
    }
  }

  /// Makes the innermost open sequence a datum that ends at `end`.
  void complete(uint32_t end) {
    Open done = std::move(open_.back());
    open_.pop_back();
    Span span = done.token.span;
    span.end = end;
    DatumKind kind = done.token.delimiter == '(' ? DatumKind::list : DatumKind::block;
    deliver(arena_.sequence(kind, std::move(done.items), span));
  }

  bool is_open(char closer) const {
    for (const Open& o : open_) {
      if (!o.is_prefix() && closer_of(o.token.delimiter) == closer) return true;
    }
    return false;
  }

  void close(const Token& token) {
    drop_dangling_prefixes();
    std::string text(1, token.delimiter);
    if (open_.empty()) {
      diagnostics_.report(Diag::unexpected_close, token.span, {text});
      return;
    }
    if (closer_of(open_.back().token.delimiter) != token.delimiter) recover(token);
    complete(token.span.end);
  }

  /// The wrong closer. If it fits a sequence further out, what is inside is taken as ended here;
  /// otherwise the innermost sequence was closed by the wrong character.
  void recover(const Token& token) {
    const Token& inner = open_.back().token;
    diagnostics_
        .report(Diag::mismatched_close, token.span,
                {std::string(1, token.delimiter), std::string(1, inner.delimiter)})
        .note(inner.span, "opened here");
    if (!is_open(token.delimiter)) return;
    while (open_.back().is_prefix() || closer_of(open_.back().token.delimiter) != token.delimiter) {
      drop_dangling_prefixes();
      if (closer_of(open_.back().token.delimiter) == token.delimiter) break;
      complete(token.span.begin);
    }
  }

  void finish(Span end) {
    constexpr size_t kMaxNotes = 3;
    drop_dangling_prefixes();
    if (open_.empty()) return;
    Diagnostic& report = diagnostics_.report(Diag::unclosed_delimiter, end,
                                             {std::string(1, open_.back().token.delimiter)});
    size_t notes = 0;
    for (size_t i = open_.size(); i-- > 0 && notes < kMaxNotes;) {
      if (open_[i].is_prefix()) continue;
      report.note(open_[i].token.span, "opened here");
      ++notes;
    }
    while (!open_.empty()) {
      complete(end.begin);
      drop_dangling_prefixes();
    }
  }

  const SourceMap& sources_;
  Lexer lexer_;
  DatumArena& arena_;
  Diagnostics& diagnostics_;
  std::vector<Open> open_;
  std::vector<const Datum*> top_;
};

}  // namespace

std::vector<const Datum*> read_all(const SourceMap& sources, uint32_t file, DatumArena& arena,
                                   Diagnostics& diagnostics) {
  return Reader(sources, file, arena, diagnostics).read();
}

std::string print_data(const std::vector<const Datum*>& data) {
  std::string out;
  for (const Datum* datum : data) out += to_text(*datum) + "\n";
  return out;
}

}  // namespace valkc
