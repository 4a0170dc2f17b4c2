// The part of simplify that concerns transfers of control: jumps, calls, branches, delimiters. The
// pass is described in simplify.cpp.
#include <algorithm>

#include "cps/fold.h"
#include "cps/inlined.h"
#include "cps/simplifier.h"
#include "cps/size.h"

namespace valkc {

namespace {

/// Functions known to the whole program that are called from one place move there only up to this
/// size, and as long as there is room: C++ compilers take more than linear time on large functions.
constexpr size_t MAX_MOVED_SIZE = 400;
/// `main` runs its code once, and may suspend where the function called would not.
constexpr size_t MAX_MOVED_TO_MAIN = 24;
/// Bindings looked at to find that the body of a try or reset does nothing special.
constexpr int MAX_PLAIN_BINDINGS = 64;

}  // namespace

// ---- jumps --------------------------------------------------------------------------------------

/// Drops the arguments of a jump or call for parameters that are gone.
void Simplifier::drop_arguments(const void* target, std::vector<Atom>& args) {
  const auto at = dropped_.find(target);
  // What has fewer arguments than there were parameters has been here before.
  if (at == dropped_.end() || args.size() != at->second.size()) return;
  const std::vector<bool>& dropped = at->second;
  for (size_t i = 0; i < dropped.size(); i++)
    if (dropped[i]) release(args[i]);
  size_t i = 0;
  std::erase_if(args, [&](const Atom&) { return dropped[i++]; });
}

/// At a jump to a choice: chooses here.
bool Simplifier::branch_here(Term** slot, const Jump& jump) {
  Cont* k = jump.cont;
  if (!is_choice(*k)) return false;
  const If& choice = static_cast<const If&>(*k->body);
  const auto target = [&](const Term* side) {
    return resolve(static_cast<const Jump*>(side)->cont);
  };
  // A choice that leads to another may lead back here.
  if (is_choice(*target(choice.consequent)) || is_choice(*target(choice.alternative))) return false;
  const auto copy = [&](const Term* side) {
    Jump* copy = program_.make<Jump>(TermKind::jump, side->span);
    copy->cont = target(side);
    copy->args = static_cast<const Jump*>(side)->args;
    uses_[copy->cont].direct++;
    for (const Atom& a : copy->args) use(resolve(a));
    return copy;
  };
  If* here = program_.make<If>(TermKind::if_, choice.span);
  here->condition = jump.args[0];
  here->consequent = copy(choice.consequent);
  here->alternative = copy(choice.alternative);
  uses_[k].direct--;
  has_changed_ = true;
  *slot = here;
  return true;
}

bool Simplifier::visit_jump(Term** slot) {
  Jump& jump = static_cast<Jump&>(**slot);
  jump.cont = resolve(jump.cont);
  resolve_all(jump.args);
  drop_arguments(jump.cont, jump.args);
  Cont* k = jump.cont;
  if (k->is_opaque()) return false;
  if (uses_[k].total() != 1 || known_[k].is_visited) return branch_here(slot, jump);
  known_[k].is_gone = true;
  uses_[k].direct = 0;
  bind_arguments(k->params, jump.args);
  has_changed_ = true;
  *slot = k->body;
  return true;
}

// ---- calls --------------------------------------------------------------------------------------

void Simplifier::jump_to(Term** slot, Cont* cont, const Atom& value, Span span) {
  Jump* jump = program_.make<Jump>(TermKind::jump, span);
  jump->cont = cont;
  jump->args = {value};
  uses_[cont].other--;
  uses_[cont].direct++;
  has_changed_ = true;
  *slot = jump;
}

/// A builtin that was passed around until it met its arguments.
bool Simplifier::call_primitive(Term** slot, const Call& call) {
  const Primitive& primitive = *call.callee.primitive;
  if (primitive.has(EFFECT_SUSPENDS) || !primitive.accepts(static_cast<int>(call.args.size())))
    return false;
  Let* let = program_.make<Let>(TermKind::let, call.span);
  let->var = program_.make_var("t");
  let->op.primitive = &primitive;
  let->op.args = call.args;
  uses_[let->var].direct = 1;
  uses_[let->var].bound_at = uses_[call.cont].bound_at + 1;
  jump_to(&let->next, call.cont, Atom(let->var), call.span);
  *slot = let;
  return true;
}

/// Whether the body of `fun` may move to its only call; then it takes its room.
bool Simplifier::find_room(const Fun& fun) {
  if (uses_[&fun].total() != 1 || known_[&fun].is_visited || known_[&fun].is_gone) return false;
  const bool is_local = uses_[&fun].bound_at != 0;
  if (is_local) return true;
  const size_t most = std::min(room_, fun_ == program_.main ? MAX_MOVED_TO_MAIN : MAX_MOVED_SIZE);
  const size_t size = compute_size(fun.body, most);
  if (size > most) return false;
  room_ -= size;
  return true;
}

/// (eval b) of a block whose literal is seen calls its code.
bool Simplifier::eval_known_block(Call& call) {
  static const Primitive* eval = primitive_with_id("eval");
  if (call.callee.primitive != eval || call.args.size() != 1) return false;
  if (call.args[0].kind != AtomKind::var) return false;
  const Let* block = known_[call.args[0].var].definition;
  if (!block || block->op.kind != OpKind::block) return false;
  call.callee = resolve(block->op.args[1]);
  use(call.callee);
  release(call.args[0]);
  call.args.clear();
  return has_changed_ = true;
}

/// Puts the body of the function in place of its only call.
bool Simplifier::inline_body(Term** slot, const Call& call) {
  Fun& fun = *call.callee.fun;
  if (!accepts(fun, call.args.size()) || !find_room(fun)) return false;
  known_[&fun].is_gone = true;
  mark_inlined(program_, fun.body, fun.name, call.cont == fun_->ret ? Span{} : call.span);
  uses_[&fun].direct = uses_[&fun].other = 0;
  bind_arguments(fun.params, call.args);
  *slot = fun.body;
  if (fun.rest) {
    Let* let = program_.make<Let>(TermKind::let, call.span);
    let->var = fun.rest;
    let->op.primitive = primitive_with_id("list");
    let->op.args.assign(call.args.begin() + static_cast<ptrdiff_t>(fun.params.size()),
                        call.args.end());
    let->next = fun.body;
    *slot = let;
  }
  uses_[call.cont].other--;
  replace(fun.ret, call.cont);
  has_changed_ = true;
  return true;
}

bool Simplifier::visit_call(Term** slot) {
  Call& call = static_cast<Call&>(**slot);
  call.callee = resolve(call.callee);
  resolve_all(call.args);
  call.cont = resolve(call.cont);
  switch (call.callee.kind) {
    case AtomKind::fun:
      drop_arguments(call.callee.fun, call.args);
      return inline_body(slot, call);
    case AtomKind::primitive:
      return eval_known_block(call) ? visit_call(slot) : call_primitive(slot, call);
    case AtomKind::constant:  // (5) is 5; a block is code, but never a constant
      if (!call.args.empty()) return false;
      jump_to(slot, call.cont, call.callee, call.span);
      return true;
    case AtomKind::var:
      return false;
  }
  return false;
}

// ---- branches -----------------------------------------------------------------------------------

bool Simplifier::take_branch(Term** slot, If& branch, bool truth) {
  release(branch.condition);
  erase(truth ? branch.alternative : branch.consequent);
  *slot = truth ? branch.consequent : branch.alternative;
  return true;
}

namespace {

bool is_same_jump(const Term* a, const Term* b) {
  if (a->kind != TermKind::jump || b->kind != TermKind::jump) return false;
  const Jump& x = static_cast<const Jump&>(*a);
  const Jump& y = static_cast<const Jump&>(*b);
  return x.cont == y.cont && x.args == y.args;
}

}  // namespace

bool Simplifier::visit_if(Term** slot) {
  If& branch = static_cast<If&>(**slot);
  branch.condition = resolve(branch.condition);
  while (branch.condition.is_var()) {
    const Let* test = known_[branch.condition.var].definition;
    if (!test || test->op.kind != OpKind::primitive || test->op.primitive->id != "not") break;
    const Atom negated = resolve(test->op.args[0]);
    use(negated);
    release(branch.condition);
    branch.condition = negated;
    std::swap(branch.consequent, branch.alternative);
    has_changed_ = true;
  }
  if (const std::optional<bool> truth = truth_of(branch.condition))
    return take_branch(slot, branch, *truth);
  const Var* condition = branch.condition.var;
  known_[condition].truth = 1;
  simplify_term(&branch.consequent);
  known_[condition].truth = -1;
  simplify_term(&branch.alternative);
  known_[condition].truth = 0;
  if (is_same_jump(branch.consequent, branch.alternative)) take_branch(slot, branch, true);
  return false;
}

// ---- delimiters ---------------------------------------------------------------------------------

bool Simplifier::visit_shift(Term** slot) {
  Shift& shift = static_cast<Shift&>(**slot);
  shift.cont = resolve(shift.cont);
  simplify_term(&shift.body);
  return false;
}

/// If `body` only binds values, without calling, and ends in a jump to `inner`: puts it in place of the
/// term around it, going on with `outer`. What may raise stays in a try; it leaves a reset alike.
bool Simplifier::unwrap(Term** slot, Term* body, const Cont* inner, Cont* outer) {
  const bool is_try = (*slot)->kind == TermKind::try_;
  Term* t = body;
  for (int i = 0; i < MAX_PLAIN_BINDINGS; i++) {
    if (t->kind == TermKind::let && !(is_try && can_raise(static_cast<Let*>(t)->op)))
      t = static_cast<Let*>(t)->next;
    else if (t->kind == TermKind::let_fun)
      t = static_cast<LetFun*>(t)->next;
    else
      break;
  }
  if (t->kind != TermKind::jump || static_cast<Jump*>(t)->cont != inner) return false;
  static_cast<Jump*>(t)->cont = outer;
  uses_[outer].other--;
  uses_[outer].direct++;
  has_changed_ = true;
  *slot = body;
  return true;
}

bool Simplifier::visit_reset(Term** slot) {
  PushReset& reset = static_cast<PushReset&>(**slot);
  reset.cont = resolve(reset.cont);
  simplify_term(&reset.body);
  unwrap(slot, reset.body, reset.bottom, reset.cont);
  return false;
}

bool Simplifier::visit_try(Term** slot) {
  PushTry& t = static_cast<PushTry&>(**slot);
  t.cont = resolve(t.cont);
  simplify_term(&t.body);
  simplify_term(&t.handler);
  if (unwrap(slot, t.body, t.end, t.cont)) erase(t.handler);
  return false;
}

}  // namespace valkc
