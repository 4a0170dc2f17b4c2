// Finding cells: see cells.h.
#include "cps/cells.h"

#include "cps/fold.h"
#include "cps/slots.h"

namespace valkc {

namespace {

bool is_primitive(const Op& op, const Primitive* primitive) {
  return op.kind == OpKind::primitive && op.primitive == primitive;
}

class CellFinder {
 public:
  CellFinder(Program& program, Cells& cells)
      : program_(program),
        out_(cells),
        cell_of_(program),
        body_of_(program),
        spine_of_(program),
        fun_of_self_(program) {}
  void run();

 private:
  void walk_fun(Fun* fun, Spine* outer);
  void walk(Term** start, Spine* spine);
  Spine* make_spine(Spine* outer, bool is_once);
  void walk_bodies(Term& term, Spine* spine);
  void walk_conts(const LetCont& let, Spine* spine);

  void visit_atom(const Atom& atom);
  void visit_let(Let& let, Spine* spine);
  void use_cell(Cell& cell, std::vector<CellUse>& uses, Let& let, Spine* spine);
  void mention(const Fun* fun, const Let* let, const Spine* here);
  static const Spine* common_of(const Spine* a, const Spine* b);

  Program& program_;
  Cells& out_;
  IdMap<Cell*> cell_of_;
  IdMap<Spine*> body_of_;   ///< of a continuation whose body is being walked
  IdMap<Spine*> spine_of_;  ///< on which a local function is bound
  IdMap<const Fun*> fun_of_self_;
};

Spine* CellFinder::make_spine(Spine* outer, bool is_once) {
  Spine& spine = out_.spines.emplace_back();
  spine.outer = outer;
  spine.is_once = is_once;
  if (!outer) return &spine;
  spine.position = outer->length;
  spine.depth = outer->depth + 1;
  spine.fun = outer->fun;
  return &spine;
}

const Spine* CellFinder::common_of(const Spine* a, const Spine* b) {
  if (!a) return b;
  while (a != b) (a->depth >= b->depth ? a : b) = (a->depth >= b->depth ? a : b)->outer;
  return a;
}

void CellFinder::use_cell(Cell& cell, std::vector<CellUse>& uses, Let& let, Spine* spine) {
  uses.push_back({&let, spine, cell.spine->length});
  cell.common = common_of(cell.common, spine);
}

/// `let`: what mentions the function, if it stands on some spine itself.
void CellFinder::mention(const Fun* fun, const Let* let, const Spine* here) {
  const Spine* spine = spine_of_[fun];
  if (!spine || spine->is_at_functions) return;
  out_.funs[fun].mentions.push_back({spine->length, spine == here ? let : nullptr});
}

void CellFinder::visit_let(Let& let, Spine* spine) {
  out_.definitions[let.var] = {spine, spine->length};
  const bool is_get = is_cell_get(let.op), is_set = is_cell_set(let.op);
  for (size_t i = 0; i < let.op.args.size(); i++) {
    const Atom& a = let.op.args[i];
    if (a.kind == AtomKind::fun) mention(a.fun, &let, spine);
    if (a.is_var() && fun_of_self_[a.var]) mention(fun_of_self_[a.var], &let, spine);
    Cell* cell = a.is_var() ? cell_of_[a.var] : nullptr;
    if (!cell) continue;
    if (i == 0 && is_get)
      use_cell(*cell, cell->reads, let, spine);
    else if (i == 0 && is_set)
      use_cell(*cell, cell->writes, let, spine);
    else
      cell->escapes = true;
  }
  if (!is_cell_new(let.op)) return;
  Cell& cell = out_.cells.emplace_back();
  cell.creation = &let;
  cell.spine = spine;
  cell.position = spine->length;
  cell_of_[let.var] = &cell;
}

void CellFinder::visit_atom(const Atom& atom) {
  if (atom.kind == AtomKind::fun) mention(atom.fun, nullptr, nullptr);
  if (!atom.is_var()) return;
  if (const Fun* fun = fun_of_self_[atom.var]) mention(fun, nullptr, nullptr);
  if (Cell* cell = cell_of_[atom.var]) cell->escapes = true;
}

void CellFinder::walk_conts(const LetCont& let, Spine* spine) {
  std::vector<Spine*> bodies;
  for (const Cont* k : let.conts) {
    bodies.push_back(make_spine(spine, true));
    bodies.back()->cont = k;
    body_of_[k] = bodies.back();
  }
  for (size_t i = 0; i < let.conts.size(); i++) walk(&let.conts[i]->body, bodies[i]);
  for (const Cont* k : let.conts) body_of_[k] = nullptr;
}

/// The bodies that a term has, other than the rest of its spine.
void CellFinder::walk_bodies(Term& term, Spine* spine) {
  switch (term.kind) {
    case TermKind::let_fun: {
      LetFun& let = static_cast<LetFun&>(term);
      out_.fun_bindings[spine].push_back({&let, spine->length});
      for (Fun* f : let.funs) {
        spine_of_[f] = spine;
        fun_of_self_[f->self] = f;
        FunPlace& place = out_.funs[f];
        place.spine = spine;
        place.position = spine->length;
      }
      for (Fun* f : let.funs) walk_fun(f, spine);
      return;
    }
    case TermKind::let_cont:
      return walk_conts(static_cast<LetCont&>(term), spine);
    case TermKind::if_:
      walk(&static_cast<If&>(term).consequent, make_spine(spine, true));
      return walk(&static_cast<If&>(term).alternative, make_spine(spine, true));
    case TermKind::reset:
      return walk(&static_cast<PushReset&>(term).body, make_spine(spine, false));
    case TermKind::shift:
      return walk(&static_cast<Shift&>(term).body, make_spine(spine, false));
    case TermKind::try_:
      walk(&static_cast<PushTry&>(term).body, make_spine(spine, false));
      return walk(&static_cast<PushTry&>(term).handler, make_spine(spine, true));
    default:
      return;
  }
}

void CellFinder::walk(Term** start, Spine* spine) {
  spine->start = start;
  for (Term** slot = start; slot; slot = next_slot(**slot)) {
    Term& term = **slot;
    spine->is_at_functions = term.kind == TermKind::let_fun;
    if (term.kind == TermKind::let) {
      visit_let(static_cast<Let&>(term), spine);
    } else {
      each_atom(term, [&](const Atom& a) { visit_atom(a); });
      each_cont_use(term, [&](const Cont* k) {
        if (Spine* body = body_of_[k]) body->is_loop = true;
      });
      walk_bodies(term, spine);
    }
    spine->length++;
  }
}

void CellFinder::walk_fun(Fun* fun, Spine* outer) {
  Spine* spine = make_spine(outer, false);
  spine->fun = fun;
  walk(&fun->body, spine);
}

void CellFinder::run() {
  for (Fun* f : program_.top_level)
    if (f != program_.main) walk_fun(f, nullptr);
  walk_fun(program_.main, nullptr);
}

}  // namespace

bool is_cell_new(const Op& op) {
  static const Primitive* primitive = primitive_with_id("cell_new");
  return is_primitive(op, primitive);
}
bool is_cell_get(const Op& op) {
  static const Primitive* primitive = primitive_with_id("cell_get");
  return is_primitive(op, primitive);
}
bool is_cell_set(const Op& op) {
  static const Primitive* primitive = primitive_with_id("cell_set");
  return is_primitive(op, primitive);
}

Cells compute_cells(Program& program) {
  Cells cells(program);
  CellFinder(program, cells).run();
  return cells;
}

}  // namespace valkc
