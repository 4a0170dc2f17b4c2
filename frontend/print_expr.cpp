// `--emit=expanded`: Expr in the notation of the language; temporaries are written %t1, %t2 ….
#include "frontend/expr.h"

namespace valkc {

namespace {

class ExprPrinter {
 public:
  std::string take() { return std::move(out_); }

  void print(const Expr* e) {
    if (!e) return text("()");
    switch (e->kind) {
      case ExprKind::constant:
        return constant(*e->datum);
      case ExprKind::name:
      case ExprKind::primitive:
        return text(e->text);
      case ExprKind::temp:
        return text("%t" + std::to_string(e->temp));
      case ExprKind::call:
        return items("", e->items);
      case ExprKind::if_:
        return items("if", e->items);
      case ExprKind::seq:
        return items("do", e->items);
      case ExprKind::lambda:
        return lambda(*e);
      case ExprKind::let:
        return let(*e);
      case ExprKind::bind:
        return binding("=", *e);
      case ExprKind::assign:
        return binding("set!", *e);
      case ExprKind::define:
        return binding("def", *e);
      case ExprKind::bind_temp:
        return items("= {%t" + std::to_string(e->temp) + "}", e->items);
      case ExprKind::try_:
        return try_(*e);
      case ExprKind::reset:
        return items(e->is_async ? "async-reset" : "reset", e->items);
      case ExprKind::shift:
        return items("shift " + e->names[0].text, e->items);
      case ExprKind::async:
        return async(*e);
      case ExprKind::block:
        return text(to_text(*e->datum));
      case ExprKind::external:
        return external(*e);
    }
  }

 private:
  void text(std::string_view s) { out_ += s; }

  void constant(const Datum& datum) {
    bool is_quoted = datum.kind == DatumKind::symbol || (datum.is_sequence() && !datum.is_nil());
    text(is_quoted ? "(quote " + to_text(datum) + ")" : to_text(datum));
  }

  void items(std::string_view head, const std::vector<Expr*>& list) {
    text("(");
    text(head);
    bool is_first = head.empty();
    for (const Expr* item : list) {
      if (!is_first) text(" ");
      is_first = false;
      print(item);
    }
    text(")");
  }

  void names(const Expr& e, size_t first) {
    for (size_t i = first; i < e.names.size(); ++i) {
      if (i > first) text(" ");
      if (e.has_rest && i + 1 == e.names.size()) text("& ");
      text(e.names[i].text);
    }
  }

  void lambda(const Expr& e) {
    text("(\\ {");
    names(e, 0);
    text("} ");
    print(e.items[0]);
    text(")");
  }

  void let(const Expr& e) {
    text("(let {");
    for (size_t i = 0; i < e.names.size(); ++i) {
      if (i > 0) text(" ");
      text(e.names[i].text + " ");
      print(e.items[i]);
    }
    text("} ");
    print(e.items.back());
    text(")");
  }

  void binding(std::string_view form, const Expr& e) {
    items(std::string(form) + " {" + e.names[0].text + "}", e.items);
  }

  void async(const Expr& e) {
    text("(async ");
    print(e.items[0]->items[0]);
    if (e.items[1]) text(" "), print(e.items[1]);
    text(")");
  }

  void try_(const Expr& e) {
    text("(try ");
    print(e.items[0]);
    if (e.items[1]) text(" "), items("catch {" + e.names[0].text + "}", {e.items[1]});
    if (e.items[2]) text(" "), items("finally", {e.items[2]});
    text(")");
  }

  void external(const Expr& e) {
    text("(extern {");
    names(e, 0);
    text(e.is_async ? "} :async \"" : "} \"");
    text(e.text + "\")");
  }

  std::string out_;
};

}  // namespace

std::string to_text(const Expr& expr) {
  ExprPrinter printer;
  printer.print(&expr);
  return printer.take();
}

}  // namespace valkc
