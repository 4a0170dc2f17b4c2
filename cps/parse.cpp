// Parsing printed IR: see parse.h. What remains to be parsed stands on a stack of steps.
#include "cps/parse.h"

#include <limits>

#include "cps/names.h"
#include "cps/parse_names.h"
#include "cps/spelling.h"
#include "frontend/reader.h"

namespace valkc {

namespace {

using Items = std::vector<const Datum*>;

class Parser {
 public:
  Parser(Diagnostics& diagnostics, Program& program)
      : program_(program), errors_(diagnostics), names_(program, errors_) {}

  bool parse(const Items& data);

 private:
  /// What remains to be parsed: the terms items[from..), the first of which goes to *into.
  struct Step {
    const Datum* form = nullptr;
    size_t from = 0;
    Term** into = nullptr;
  };
  /// One kind of term: its head, how many items its form has, and its parser, which stores the term and
  /// says where the term that follows it goes (null: none follows).
  struct Form {
    std::string_view head;
    size_t min_items;
    size_t max_items;
    Term** (Parser::*parse)(const Datum& form, Term** into);
    std::string_view synopsis;
  };
  static const Form FORMS[];

  void fail(const Datum& at, const std::string& what) { errors_.fail(at.span, what); }
  void malformed(const Datum& at, std::string_view synopsis) {
    errors_.malformed(at.span, synopsis);
  }

  void declare_globals(const Datum& form);
  void declare_fun(const Datum& form);
  void parse_part(const Datum& form);
  void parse_top(const Datum& form, Fun* fun);
  void parse_fun(const Datum& form, size_t params_at, Fun* fun);
  void parse_captures(const Datum& form, Fun* fun);
  void parse_params(const Datum& list, std::vector<Var*>& params, Var** rest);
  bool fun_names(const Datum& at, std::string& printed, std::string& real);
  Fun* parse_local_fun(const Datum& form);

  void run_steps();
  void parse_terms(const Step& step);
  Term** parse_term(const Datum& form, Term** into);
  Term** parse_let(const Datum& form, Term** into);
  Term** parse_let_fun(const Datum& form, Term** into);
  Term** parse_bind(const Datum& form, Term** into);
  Term** parse_let_cont(const Datum& form, Term** into);
  Term** parse_jump(const Datum& form, Term** into);
  Term** parse_call(const Datum& form, Term** into);
  Term** parse_if(const Datum& form, Term** into);
  Term** parse_reset(const Datum& form, Term** into);
  Term** parse_shift(const Datum& form, Term** into);
  Term** parse_try(const Datum& form, Term** into);
  Term** parse_raise(const Datum& form, Term** into);
  void parse_operation(const Datum& form, Op& op);
  void push_branch(const Datum& list, Term** into);

  Atom parse_atom(const Datum& d);
  Atom parse_symbol(const Datum& d);
  std::vector<Atom> parse_atoms(const Datum& form, size_t from);
  std::vector<Atom> parse_atom_list(const Datum& list);
  const Datum& item(const Datum& form, size_t i) const { return *form.items[i]; }
  template <typename T>
  T* make(TermKind kind, const Datum& form, Term** into) {
    T* term = program_.make<T>(kind, form.span);
    *into = term;
    return term;
  }

  Program& program_;
  ParseErrors errors_;
  ParseNames names_;
  std::vector<Step> todo_;
};

constexpr size_t ANY = std::numeric_limits<size_t>::max();

const Parser::Form Parser::FORMS[] = {
    {"let", 3, 3, &Parser::parse_let, "(let x (operator a…))"},
    {"letfun", 1, ANY, &Parser::parse_let_fun, "(letfun (fun f (x…) -> k term…) …)"},
    {"bind", 3, ANY, &Parser::parse_bind, "(bind k (x…) term…)"},
    {"letcont", 1, ANY, &Parser::parse_let_cont, "(letcont (k (x…) term…) …)"},
    {"jump", 2, ANY, &Parser::parse_jump, "(jump k a…)"},
    {"call", 4, 4, &Parser::parse_call, "(call f (a…) k)"},
    {"if", 4, 4, &Parser::parse_if, "(if a (term…) (term…))"},
    {"reset", 3, ANY, &Parser::parse_reset, "(reset k bottom term…)"},
    {"async-reset", 3, ANY, &Parser::parse_reset, "(async-reset k bottom term…)"},
    {"shift", 4, ANY, &Parser::parse_shift, "(shift k x bottom term…)"},
    {"try", 5, ANY, &Parser::parse_try, "(try k end (term…) (x) term…)"},
    {"raise", 2, 2, &Parser::parse_raise, "(raise a)"},
};

/// The symbol at the head of a form; empty if there is none.
std::string_view head_of(const Datum& form) {
  const bool has_head = form.kind == DatumKind::list && !form.items.empty() &&
                        form.items[0]->kind == DatumKind::symbol;
  return has_head ? std::string_view(form.items[0]->text) : std::string_view();
}

/// "call.direct" → "call", with what the suffix says. False if the suffix is unknown.
bool split_head(std::string_view& head, Suspension& suspension) {
  const size_t dot = head.find('.');
  if (dot == std::string_view::npos) return true;
  if (!find_suspension(head.substr(dot), suspension)) return false;
  head = head.substr(0, dot);
  return true;
}

// ---- atoms --------------------------------------------------------------------------------------

Atom Parser::parse_symbol(const Datum& d) {
  const std::string name = d.text.substr(1);
  switch (d.text[0]) {
    case SIGIL_FUN:
      return Atom(names_.use_fun(name, d.span));
    case SIGIL_SELF:
      return Atom(names_.use_fun(name, d.span)->self);
    case SIGIL_PRIMITIVE:
      if (const Primitive* p = find_primitive(name)) return Atom(p);
      fail(d, "there is no builtin `" + name + "`");
      return Atom();
    case SIGIL_GLOBAL:
      fail(d, "a global is read by global-get");
      return Atom();
    default:
      return Atom(names_.use_var(d));
  }
}

Atom Parser::parse_atom(const Datum& d) {
  if (d.kind == DatumKind::symbol) return parse_symbol(d);
  if (!d.is_sequence() || d.is_nil()) return Atom(&d);
  if (head_of(d) == "quote" && d.items.size() == 2) return Atom(d.items[1]);
  if (head_of(d) == "nan" && d.items.size() == 1) {
    Datum* nan = program_.data.make(DatumKind::real, d.span);
    nan->real = std::numeric_limits<double>::quiet_NaN();
    return Atom(nan);
  }
  malformed(d, "an atom: x &f ^f #p 1 \"s\" :k () 'datum");
  return Atom();
}

std::vector<Atom> Parser::parse_atoms(const Datum& form, size_t from) {
  std::vector<Atom> atoms;
  for (size_t i = from; i < form.items.size(); i++) atoms.push_back(parse_atom(item(form, i)));
  return atoms;
}

std::vector<Atom> Parser::parse_atom_list(const Datum& list) {
  if (list.kind == DatumKind::list) return parse_atoms(list, 0);
  malformed(list, "a list of atoms");
  return {};
}

// ---- terms --------------------------------------------------------------------------------------

void Parser::parse_operation(const Datum& form, Op& op) {
  const std::string_view head = head_of(form);
  if (head.empty()) return malformed(form, "an operation: (operator a…)");
  size_t operands = 1;
  if (const Operator* row = find_operator(head)) {
    op.kind = row->kind;
    if (row->has_global) {
      if (form.items.size() < 2) return malformed(form, "a global, as in @x, after the operator");
      op.global = names_.use_global(item(form, operands++));
    }
  } else if (!(op.primitive = find_primitive(head))) {
    fail(item(form, 0), "there is no operator `" + std::string(head) + "`");
  }
  op.args = parse_atoms(form, operands);
}

Term** Parser::parse_let(const Datum& form, Term** into) {
  Let* let = make<Let>(TermKind::let, form, into);
  let->var = names_.bind_var(item(form, 1));
  parse_operation(item(form, 2), let->op);
  return &let->next;
}

Fun* Parser::parse_local_fun(const Datum& form) {
  std::string_view head = head_of(form);
  Suspension suspension = Suspension::unknown;
  std::string printed, real;
  if (!split_head(head, suspension) || head != "fun" || form.items.size() < 5 ||
      !fun_names(item(form, 1), printed, real)) {
    malformed(form, "(fun f (x…) -> k term…)");
    return nullptr;
  }
  Fun* fun = names_.bind_fun(item(form, 1), printed);
  fun->name = real;
  fun->span = form.span;
  fun->suspension = suspension;
  parse_fun(form, 2, fun);
  return fun;
}

Term** Parser::parse_let_fun(const Datum& form, Term** into) {
  LetFun* let = make<LetFun>(TermKind::let_fun, form, into);
  for (size_t i = 1; i < form.items.size(); i++)
    if (Fun* fun = parse_local_fun(item(form, i))) let->funs.push_back(fun);
  return &let->next;
}

Term** Parser::parse_bind(const Datum& form, Term** into) {
  LetCont* let = make<LetCont>(TermKind::let_cont, form, into);
  Cont* k = names_.bind_cont(item(form, 1));
  k->span = form.span;
  let->conts.push_back(k);
  parse_params(item(form, 2), k->params, nullptr);
  todo_.push_back({&form, 3, &let->next});
  return &k->body;
}

Term** Parser::parse_let_cont(const Datum& form, Term** into) {
  LetCont* let = make<LetCont>(TermKind::let_cont, form, into);
  for (size_t i = 1; i < form.items.size(); i++) {
    const Datum& clause = item(form, i);
    if (clause.kind != DatumKind::list || clause.items.size() < 2) {
      malformed(clause, "(k (x…) term…)");
      continue;
    }
    Cont* k = names_.bind_cont(item(clause, 0));
    k->span = clause.span;
    let->conts.push_back(k);
    parse_params(item(clause, 1), k->params, nullptr);
    todo_.push_back({&clause, 2, &k->body});
  }
  return &let->next;
}

Term** Parser::parse_jump(const Datum& form, Term** into) {
  Jump* jump = make<Jump>(TermKind::jump, form, into);
  jump->cont = names_.use_cont(item(form, 1));
  jump->args = parse_atoms(form, 2);
  return nullptr;
}

Term** Parser::parse_call(const Datum& form, Term** into) {
  Call* call = make<Call>(TermKind::call, form, into);
  std::string_view head = head_of(form);
  split_head(head, call->suspension);
  call->callee = parse_atom(item(form, 1));
  call->args = parse_atom_list(item(form, 2));
  call->cont = names_.use_cont(item(form, 3));
  return nullptr;
}

void Parser::push_branch(const Datum& list, Term** into) {
  if (list.kind != DatumKind::list) return malformed(list, "(term…)");
  todo_.push_back({&list, 0, into});
}

Term** Parser::parse_if(const Datum& form, Term** into) {
  If* branch = make<If>(TermKind::if_, form, into);
  branch->condition = parse_atom(item(form, 1));
  push_branch(item(form, 2), &branch->consequent);
  push_branch(item(form, 3), &branch->alternative);
  return nullptr;
}

Term** Parser::parse_reset(const Datum& form, Term** into) {
  PushReset* reset = make<PushReset>(TermKind::reset, form, into);
  reset->is_async = head_of(form) == "async-reset";
  reset->cont = names_.use_cont(item(form, 1));
  reset->bottom = names_.bind_cont(item(form, 2));
  todo_.push_back({&form, 3, &reset->body});
  return nullptr;
}

Term** Parser::parse_shift(const Datum& form, Term** into) {
  Shift* shift = make<Shift>(TermKind::shift, form, into);
  shift->cont = names_.use_cont(item(form, 1));
  shift->var = names_.bind_var(item(form, 2));
  shift->bottom = names_.bind_cont(item(form, 3));
  todo_.push_back({&form, 4, &shift->body});
  return nullptr;
}

Term** Parser::parse_try(const Datum& form, Term** into) {
  PushTry* t = make<PushTry>(TermKind::try_, form, into);
  t->cont = names_.use_cont(item(form, 1));
  t->end = names_.bind_cont(item(form, 2));
  push_branch(item(form, 3), &t->body);
  const Datum& error = item(form, 4);
  if (error.kind == DatumKind::list && error.items.size() == 1)
    t->var = names_.bind_var(item(error, 0));
  else
    malformed(error, "(x), the variable of the error");
  todo_.push_back({&form, 5, &t->handler});
  return nullptr;
}

Term** Parser::parse_raise(const Datum& form, Term** into) {
  make<Raise>(TermKind::raise, form, into)->error = parse_atom(item(form, 1));
  return nullptr;
}

Term** Parser::parse_term(const Datum& form, Term** into) {
  std::string_view head = head_of(form);
  Suspension suspension = Suspension::unknown;
  const bool is_known = split_head(head, suspension);
  const bool may_have_suffix = suspension == Suspension::unknown || head == "call";
  for (const Form& row : FORMS) {
    if (row.head != head || !is_known || !may_have_suffix) continue;
    if (form.items.size() >= row.min_items && form.items.size() <= row.max_items)
      return (this->*row.parse)(form, into);
    malformed(form, row.synopsis);
    return nullptr;
  }
  malformed(form, "a term: let letfun bind letcont jump call if reset async-reset shift try raise");
  return nullptr;
}

void Parser::parse_terms(const Step& step) {
  const Items& items = step.form->items;
  Term** into = step.into;
  for (size_t i = step.from; i < items.size(); i++) {
    if (!into) return fail(*items[i], "this term is never reached");
    into = parse_term(*items[i], into);
    if (errors_.any()) return;
  }
  if (into) fail(*step.form, "the terms do not end in jump, call, if, reset, shift, try or raise");
}

void Parser::run_steps() {
  while (!todo_.empty()) {
    const Step step = todo_.back();
    todo_.pop_back();
    parse_terms(step);
  }
}

// ---- functions and the program ------------------------------------------------------------------

void Parser::parse_params(const Datum& list, std::vector<Var*>& params, Var** rest) {
  if (list.kind != DatumKind::list) return malformed(list, "a list of parameters");
  for (size_t i = 0; i < list.items.size(); i++) {
    if (!item(list, i).is_symbol("&")) {
      params.push_back(names_.bind_var(item(list, i)));
    } else if (rest && i + 2 == list.items.size()) {
      *rest = names_.bind_var(item(list, ++i));
    } else {
      return malformed(item(list, i), "& before the last parameter of a function");
    }
  }
}

/// `f` or `(f "real name")`.
bool Parser::fun_names(const Datum& at, std::string& printed, std::string& real) {
  const bool is_pair =
      at.kind == DatumKind::list && at.items.size() == 2 && at.items[1]->kind == DatumKind::string;
  const Datum& name = is_pair ? item(at, 0) : at;
  if (name.kind != DatumKind::symbol) return false;
  printed = name.text;
  real = is_pair ? item(at, 1).text : implied_fun_name(printed);
  return true;
}

void Parser::parse_captures(const Datum& form, Fun* fun) {
  fun->is_closed = true;
  for (const Atom& a : parse_atoms(form, 1)) {
    if (!a.is_var()) return malformed(form, "(captures x…)");
    fun->captures.push_back(a.var);
  }
}

/// `(x…) -> k (captures x…)? term…`, from items[params_at] on.
void Parser::parse_fun(const Datum& form, size_t params_at, Fun* fun) {
  if (form.items.size() < params_at + 3 || !item(form, params_at + 1).is_symbol("->"))
    return malformed(form, "parameters, -> and a continuation: (x…) -> k");
  parse_params(item(form, params_at), fun->params, &fun->rest);
  fun->ret = names_.bind_cont(item(form, params_at + 2));
  size_t body = params_at + 3;
  if (body < form.items.size() && head_of(item(form, body)) == "captures")
    parse_captures(item(form, body++), fun);
  todo_.push_back({&form, body, &fun->body});
}

void Parser::parse_top(const Datum& form, Fun* fun) {
  names_.begin_function();
  parse_fun(form, fun == program_.main ? 1 : 2, fun);
  run_steps();
  if (!errors_.any()) names_.report_unbound();
}

void Parser::declare_globals(const Datum& form) {
  for (size_t i = 1; i < form.items.size(); i++) {
    const Datum& at = item(form, i);
    const bool is_pair = at.kind == DatumKind::list && at.items.size() == 2 &&
                         at.items[0]->kind == DatumKind::symbol &&
                         at.items[1]->kind == DatumKind::string;
    if (!is_pair && at.kind != DatumKind::symbol) return malformed(at, "g or (g \"name\")");
    const std::string& printed = is_pair ? item(at, 0).text : at.text;
    names_.declare_global(at, printed, is_pair ? item(at, 1).text : at.text);
  }
}

/// Makes the function of a top-level `(fun f …)` or `(main …)`, so that all bodies can refer to it.
void Parser::declare_fun(const Datum& form) {
  std::string_view head = head_of(form);
  Suspension suspension = Suspension::unknown;
  split_head(head, suspension);
  const bool is_main = head == "main";
  std::string printed, real = "main";
  if (!is_main && (form.items.size() < 2 || !fun_names(item(form, 1), printed, real)))
    return malformed(form, "(fun f (x…) -> k term…)");
  Fun* fun = program_.make_fun(real, form.span);
  fun->suspension = suspension;
  if (is_main) {
    if (program_.main) return fail(form, "there are two main functions");
    program_.main = fun;
    return;
  }
  program_.top_level.push_back(fun);
  names_.declare_fun(item(form, 1), printed, fun);
}

void Parser::parse_part(const Datum& form) {
  std::string_view head = head_of(form);
  Suspension suspension = Suspension::unknown;
  if (!split_head(head, suspension)) head = {};
  if (head == "fun" || head == "main") return declare_fun(form);
  const bool has_suffix = suspension != Suspension::unknown;
  if (head == "globals" && !has_suffix) return declare_globals(form);
  if (head == "stage" && form.items.size() == 2 && item(form, 1).is_symbol("closed")) {
    program_.stage = Stage::closed;
    return;
  }
  malformed(form, "(stage closed), (globals …), (fun …) or (main …)");
}

bool Parser::parse(const Items& data) {
  const std::string_view synopsis = "one (program …)";
  if (data.size() != 1 || head_of(*data[0]) != "program") {
    static const Datum nowhere;
    malformed(data.empty() ? nowhere : *data[0], synopsis);
    return false;
  }
  const Datum& form = *data[0];
  for (size_t i = 1; i < form.items.size(); i++) parse_part(item(form, i));
  if (!errors_.any() && !program_.main) malformed(form, "a function (main () -> k term…)");
  if (errors_.any()) return false;
  size_t next_fun = 0;
  for (size_t i = 1; i < form.items.size(); i++) {
    std::string_view head = head_of(item(form, i));
    Suspension suspension;
    split_head(head, suspension);
    if (head == "fun") parse_top(item(form, i), program_.top_level[next_fun++]);
    if (head == "main") parse_top(item(form, i), program_.main);
  }
  return !errors_.any();
}

}  // namespace

bool parse_program(const SourceMap& sources, uint32_t file, Diagnostics& diagnostics,
                   Program& program) {
  const size_t errors = diagnostics.error_count();
  const Items data = read_all(sources, file, program.data, diagnostics);
  if (diagnostics.error_count() != errors) return false;
  return Parser(diagnostics, program).parse(data);
}

}  // namespace valkc
