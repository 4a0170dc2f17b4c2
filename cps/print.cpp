// Printing the IR: see print.h for the form. Programs nest deeply (a cascade of conditions, a long
// top level), so nothing here recurses: what remains to be printed stands on a stack of steps.
#include "cps/print.h"

#include <cmath>
#include <unordered_set>

#include "cps/names.h"
#include "cps/spelling.h"
#include "cps/traverse.h"

namespace valkc {

namespace {

/// The continuations bound alone that their own body uses: loops, which need the letcont form.
std::unordered_set<const Cont*> compute_loops(const Term* root) {
  struct Visit {
    const Term* term;
    const Cont* leave;
  };
  std::unordered_set<const Cont*> loops, around;
  std::vector<Visit> todo{{root, nullptr}};
  while (!todo.empty()) {
    const Visit v = todo.back();
    todo.pop_back();
    if (v.leave) around.erase(v.leave);
    if (!v.term) continue;
    each_cont_use(*v.term, [&](const Cont* k) {
      if (around.count(k)) loops.insert(k);
    });
    if (v.term->kind == TermKind::let_fun)
      for (const Fun* f : static_cast<const LetFun*>(v.term)->funs)
        todo.push_back({f->body, nullptr});
    if (v.term->kind != TermKind::let_cont) {
      each_child(*v.term, [&](const Term* t) { todo.push_back({t, nullptr}); });
      continue;
    }
    const LetCont& let = *static_cast<const LetCont*>(v.term);
    todo.push_back({let.next, nullptr});
    for (const Cont* k : let.conts) {
      // Only a continuation bound alone is looked up; its body is done before `leave` is reached.
      if (let.conts.size() == 1) {
        around.insert(k);
        todo.push_back({nullptr, k});
      }
      todo.push_back({k->body, nullptr});
    }
  }
  return loops;
}

class Printer {
 public:
  Printer(const Program& program, const SourceMap* sources)
      : program_(program), names_(program), sources_(sources) {}

  void print_program();
  void print_top_fun(const Fun& fun, int indent);
  void print_head_only(const Term& term);
  std::string take() {
    end_line();
    return std::move(out_);
  }

 private:
  /// What remains to be done, last first.
  struct Step {
    const Term* term = nullptr;  ///< a sequence of terms, or
    const Fun* fun = nullptr;    ///< a function, or
    std::string text;            ///< text, after a new line if `starts_line`
    int indent = 0;
    bool starts_line = false;
  };

  void run();
  void push_text(std::string text) {
    todo_.push_back({nullptr, nullptr, std::move(text), 0, false});
  }
  void push_line(std::string text, int indent) {
    todo_.push_back({nullptr, nullptr, std::move(text), indent, true});
  }
  void push_terms(const Term* t, int indent, bool starts_line = true) {
    todo_.push_back({t, nullptr, {}, indent, starts_line});
  }
  /// "(term…)" on a line of its own.
  void push_branch(const Term* t, int indent) {
    push_text(")");
    push_terms(t, indent + 1, false);
    push_line("(", indent);
  }

  void print_terms(const Term* term, int indent, bool starts_line);
  /// Prints one term; gives the term that follows it on the same level, or null.
  const Term* print_term(const Term& term, int indent);
  const Term* print_let(const Let& let);
  const Term* print_let_fun(const LetFun& let, int indent);
  const Term* print_let_cont(const LetCont& let, int indent);
  void print_transfer(const Term& term, int indent);
  void print_try(const PushTry& t, int indent);
  void print_fun_header(const Fun& fun, int indent);
  void print_fun_open(const Fun& fun, int indent);

  void put(const std::string& text) { out_ += text; }
  void put_atoms(const std::vector<Atom>& atoms);
  std::string atom(const Atom& a);
  std::string operation(const Op& op);
  std::string parameters(const std::vector<Var*>& params, const Var* rest);
  std::string fun_name(const Fun& fun);
  std::string name(const Cont* k) { return k ? names_.of(k) : "<null>"; }
  std::string name(const Var* v) { return v ? names_.of(v) : "<null>"; }
  void end_line();
  void new_line(int indent);

  const Program& program_;
  StableNames names_;
  const SourceMap* sources_;
  std::unordered_set<const Cont*> loops_;
  std::vector<Step> todo_;
  std::string out_;
  std::string comment_;  ///< printed at the end of the line
};

std::string constant_text(const Datum& d) {
  if (d.is_nil()) return "()";
  if (d.kind == DatumKind::real && std::isnan(d.real)) return "(nan)";
  return (d.kind == DatumKind::symbol || d.is_sequence() ? "'" : "") + to_text(d);
}

// ---- lines --------------------------------------------------------------------------------------

void Printer::end_line() {
  if (!comment_.empty()) out_ += "  ; " + comment_;
  comment_.clear();
}

void Printer::new_line(int indent) {
  end_line();
  out_ += '\n';
  out_.append(static_cast<size_t>(indent), ' ');
}

// ---- small parts --------------------------------------------------------------------------------

std::string Printer::atom(const Atom& a) {
  switch (a.kind) {
    case AtomKind::var:
      return name(a.var);
    case AtomKind::constant:
      return a.constant ? constant_text(*a.constant) : "<null>";
    case AtomKind::fun:
      return a.fun ? SIGIL_FUN + names_.of(a.fun) : "<null>";
    case AtomKind::primitive:
      return a.primitive ? SIGIL_PRIMITIVE + std::string(a.primitive->name) : "<null>";
  }
  return "<null>";
}

void Printer::put_atoms(const std::vector<Atom>& atoms) {
  for (size_t i = 0; i < atoms.size(); i++) put((i ? " " : "") + atom(atoms[i]));
}

std::string Printer::operation(const Op& op) {
  const Operator* row = find_operator(op.kind);
  if (!row) return op.primitive ? std::string(op.primitive->name) : "<null>";
  std::string text(row->name);
  if (row->has_global) text += " " + (op.global ? SIGIL_GLOBAL + names_.of(op.global) : "<null>");
  return text;
}

std::string Printer::parameters(const std::vector<Var*>& params, const Var* rest) {
  std::string text = "(";
  for (const Var* v : params) text += (text.size() > 1 ? " " : "") + name(v);
  if (rest) text += (text.size() > 1 ? " & " : "& ") + name(rest);
  return text + ")";
}

/// The printed name, with the real one if that cannot be told from it.
std::string Printer::fun_name(const Fun& fun) {
  const std::string& printed = names_.of(&fun);
  if (implied_fun_name(printed) == fun.name) return printed;
  Datum real;
  real.kind = DatumKind::string;
  real.text = fun.name;
  return "(" + printed + " " + to_text(real) + ")";
}

// ---- terms --------------------------------------------------------------------------------------

const Term* Printer::print_let(const Let& let) {
  put("(let " + name(let.var) + " (" + operation(let.op));
  if (!let.op.args.empty()) put(" ");
  put_atoms(let.op.args);
  put("))");
  return let.next;
}

const Term* Printer::print_let_fun(const LetFun& let, int indent) {
  for (const Fun* f : let.funs) names_.declare(f);
  put("(letfun");
  push_terms(let.next, indent);
  push_text(")");
  for (size_t i = let.funs.size(); i-- > 0;)
    todo_.push_back({nullptr, let.funs[i], {}, indent + 2, true});
  return nullptr;
}

const Term* Printer::print_let_cont(const LetCont& let, int indent) {
  const bool is_plain = let.conts.size() == 1 && !loops_.count(let.conts[0]);
  if (is_plain) {
    const Cont* k = let.conts[0];
    put("(bind " + name(k) + " " + parameters(k->params, nullptr));
    push_terms(k->body, indent);
    push_text(")");
    push_terms(let.next, indent + 2);
    return nullptr;
  }
  put("(letcont");
  push_terms(let.next, indent);
  push_text(")");
  for (size_t i = let.conts.size(); i-- > 0;) {
    const Cont* k = let.conts[i];
    push_text(")");
    push_terms(k->body, indent + 4);
    push_line("(" + name(k) + " " + parameters(k->params, nullptr), indent + 2);
  }
  return nullptr;
}

void Printer::print_try(const PushTry& t, int indent) {
  put("(try " + name(t.cont) + " " + name(t.end));
  push_text(")");
  push_terms(t.handler, indent + 2);
  push_line("(" + name(t.var) + ")", indent + 2);
  push_branch(t.body, indent + 2);
}

void Printer::print_transfer(const Term& term, int indent) {
  switch (term.kind) {
    case TermKind::jump: {
      const Jump& jump = static_cast<const Jump&>(term);
      put("(jump " + name(jump.cont) + (jump.args.empty() ? "" : " "));
      put_atoms(jump.args);
      return put(")");
    }
    case TermKind::call: {
      const Call& call = static_cast<const Call&>(term);
      put("(call" + std::string(suspension_suffix(call.suspension)) + " " + atom(call.callee) +
          " (");
      put_atoms(call.args);
      return put(") " + name(call.cont) + ")");
    }
    case TermKind::if_: {
      const If& branch = static_cast<const If&>(term);
      put("(if " + atom(branch.condition));
      push_text(")");
      push_branch(branch.alternative, indent + 2);
      return push_branch(branch.consequent, indent + 2);
    }
    case TermKind::reset: {
      const PushReset& reset = static_cast<const PushReset&>(term);
      put(std::string(reset.is_async ? "(async-reset " : "(reset ") + name(reset.cont) + " " +
          name(reset.bottom));
      push_text(")");
      return push_terms(reset.body, indent + 2);
    }
    case TermKind::shift: {
      const Shift& shift = static_cast<const Shift&>(term);
      put("(shift " + name(shift.cont) + " " + name(shift.var) + " " + name(shift.bottom));
      push_text(")");
      return push_terms(shift.body, indent + 2);
    }
    case TermKind::try_:
      return print_try(static_cast<const PushTry&>(term), indent);
    case TermKind::raise:
      return put("(raise " + atom(static_cast<const Raise&>(term).error) + ")");
    default:
      return;
  }
}

const Term* Printer::print_term(const Term& term, int indent) {
  if (sources_ && term.span.is_known()) comment_ = sources_->describe(term.span);
  switch (term.kind) {
    case TermKind::let:
      return print_let(static_cast<const Let&>(term));
    case TermKind::let_fun:
      return print_let_fun(static_cast<const LetFun&>(term), indent);
    case TermKind::let_cont:
      return print_let_cont(static_cast<const LetCont&>(term), indent);
    default:
      print_transfer(term, indent);
      return nullptr;
  }
}

void Printer::print_terms(const Term* term, int indent, bool starts_line) {
  if (!term) return put("<null>");
  for (; term; starts_line = true) {
    if (starts_line) new_line(indent);
    term = print_term(*term, indent);
  }
}

void Printer::run() {
  while (!todo_.empty()) {
    const Step step = std::move(todo_.back());
    todo_.pop_back();
    if (step.fun) {
      new_line(step.indent);
      print_fun_open(*step.fun, step.indent);
    } else if (step.text.empty()) {
      print_terms(step.term, step.indent, step.starts_line);
    } else {
      if (step.starts_line) new_line(step.indent);
      put(step.text);
    }
  }
}

// ---- functions and the program ------------------------------------------------------------------

void Printer::print_fun_header(const Fun& fun, int indent) {
  const bool is_main = &fun == program_.main;
  put((is_main ? "(main" : "(fun") + std::string(suspension_suffix(fun.suspension)) + " ");
  if (!is_main) put(fun_name(fun) + " ");
  put(parameters(fun.params, fun.rest) + " -> " + name(fun.ret));
  if (sources_ && fun.span.is_known()) comment_ = sources_->describe(fun.span);
  if (!fun.is_closed) return;
  new_line(indent + 2);
  put("(captures");
  for (const Var* v : fun.captures) put(" " + name(v));
  put(")");
}

/// Prints the header, and pushes the body and the closing parenthesis.
void Printer::print_fun_open(const Fun& fun, int indent) {
  names_.declare(&fun);
  print_fun_header(fun, indent);
  push_text(")");
  push_terms(fun.body, indent + 2);
}

void Printer::print_top_fun(const Fun& fun, int indent) {
  names_.begin_function();
  loops_ = compute_loops(fun.body);
  print_fun_open(fun, indent);
  run();
}

void Printer::print_program() {
  put("(program");
  if (program_.stage == Stage::closed) {
    new_line(2);
    put("(stage closed)");
  }
  new_line(2);
  put("(globals");
  for (const Global* g : program_.globals) {
    const std::string& printed = names_.of(g);
    Datum real;
    real.kind = DatumKind::string;
    real.text = g->name;
    put(printed == g->name ? " " + printed : " (" + printed + " " + to_text(real) + ")");
  }
  put(")");
  for (const Fun* f : program_.top_level) {
    if (f == program_.main) continue;
    new_line(2);
    print_top_fun(*f, 2);
  }
  if (program_.main) {
    new_line(2);
    print_top_fun(*program_.main, 2);
  }
  put(")");
  end_line();
  put("\n");
}

void Printer::print_head_only(const Term& term) {
  print_term(term, 0);
  if (!todo_.empty()) put(" …)");
}

}  // namespace

std::string print_program(const Program& program, const SourceMap* sources) {
  Printer printer(program, sources);
  printer.print_program();
  return printer.take();
}

std::string print_fun(const Program& program, const Fun& fun, const SourceMap* sources) {
  Printer printer(program, sources);
  printer.print_top_fun(fun, 0);
  return printer.take() + "\n";
}

std::string print_head(const Program& program, const Term& term) {
  Printer printer(program, nullptr);
  printer.print_head_only(term);
  return printer.take();
}

}  // namespace valkc
