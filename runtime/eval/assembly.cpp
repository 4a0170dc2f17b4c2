// Compiling a program for the machine: its functions, their units, what they share. See assembly.h.
#include "runtime/eval/assembly.h"

#include "runtime/eval/unit_compiler.h"

namespace valkc {

// ---- constants ----------------------------------------------------------------------------------

int AssemblyNames::constant(const Datum& datum) {
  auto [it, is_new] = datum_constants.try_emplace(&datum, 0);
  if (!is_new) return it->second;
  Value v = out.has_failed ? VALK_NIL : environment.make_value(datum);
  if (v == VALK_ERR) {
    out.has_failed = true;
    v = VALK_NIL;
  }
  return it->second = add_constant(v);
}

namespace {

/// What a step weighs, in instructions, before its first instruction.
enum : size_t { STEP_WEIGHT = 16 };

/// Every function of a program, outer ones first.
class FunctionCollector {
 public:
  std::vector<Fun*> funs;

  void collect(Fun* f) {
    funs.push_back(f);
    visit(f->body);
  }

 private:
  void visit(Term* t) {
    while (t) t = step(t);
  }

  /// Gives the term that follows; visits the others that t holds.
  Term* step(Term* t) {
    switch (t->kind) {
      case TermKind::let:
        return static_cast<Let*>(t)->next;
      case TermKind::let_fun:
        for (Fun* f : static_cast<LetFun*>(t)->funs) collect(f);
        return static_cast<LetFun*>(t)->next;
      case TermKind::let_cont:
        for (Cont* k : static_cast<LetCont*>(t)->conts) visit(k->body);
        return static_cast<LetCont*>(t)->next;
      case TermKind::if_:
        visit(static_cast<If*>(t)->consequent);
        return static_cast<If*>(t)->alternative;
      case TermKind::reset:
        return static_cast<PushReset*>(t)->body;
      case TermKind::shift:
        return static_cast<Shift*>(t)->body;
      case TermKind::try_:
        visit(static_cast<PushTry*>(t)->handler);
        return static_cast<PushTry*>(t)->body;
      case TermKind::jump:
      case TermKind::call:
      case TermKind::raise:
        return nullptr;
    }
    return nullptr;
  }
};

std::string signature(const Fun& f) {
  std::string text = "(" + (f.name.empty() ? "\\" : f.name);
  for (const Var* p : f.params) text += " " + p->name;
  if (f.rest) text += " & " + f.rest->name;
  return text + ")";
}

#define STUBS(stub) \
  { stub##_0, stub##_1, stub##_2, stub##_3, stub##_4 }
const ValkDirect direct_entries[] = STUBS(valk_direct_nested);
const ValkSuspend partial_entries[] = STUBS(valk_suspend_partial);
const ValkSuspend rest_entries[] = STUBS(valk_suspend_rest);
const ValkSuspend arity_entries[] = STUBS(valk_suspend_arity);
#undef STUBS

/// The entry for n arguments; n = 4 stands for four or more.
ValkSuspend suspend_entry(const Fun& f, size_t n) {
  size_t arity = f.params.size();
  if (n == 4 && arity >= 4) return f.rest ? rest_entries[4] : valk_suspend_many;
  if (n < arity) return n == 0 ? arity_entries[0] : partial_entries[n];
  if (f.rest) return rest_entries[n];
  return n > arity ? arity_entries[n] : valk_eval_enter;
}

void fill_descriptor(AssemblyNames& names, const Fun& f, ValkEvalFn& fn) {
  fn.name = names.out.keep(f.name);
  fn.signature = names.out.keep(signature(f));
  fn.site = names.site(f.span, f);
  fn.arity = static_cast<int>(f.params.size());
  fn.has_rest = f.rest ? 1 : 0;
  for (size_t n = 0; n < 5; ++n) {
    fn.direct[n] = direct_entries[n];
    fn.suspend[n] = suspend_entry(f, n);
  }
  fn.direct_body = valk_direct_nested_body;
  fn.suspend_body = valk_eval_enter;
}

void declare(AssemblyNames& names, Fun* f) {
  ValkEvalFn& fn = names.out.fns.emplace_back();
  names.fns[f] = &fn;
  fill_descriptor(names, *f, fn);
  if (!f->captures.empty()) return;
  names.fun_constants[f] = names.add_constant(VALK_NIL);
  names.out.plain.push_back({&fn, names.out.constants.size() - 1});
}

ValkEvalFrame frame_of(AssemblyNames& names, const Code& c, const Fun& f,
                       const ValkEvalUnit& unit) {
  ValkEvalFrame frame{};
  bool is_handler = c.unit_kind == UnitKind::handler;
  frame.role = is_handler ? VALK_FRAME_HANDLER : VALK_FRAME_PLAIN;
  frame.site = !is_handler && c.cont ? names.site(c.cont->span, f) : nullptr;
  frame.raise = is_handler ? valk_eval_continue : nullptr;
  frame.unit = &unit;
  return frame;
}

void compile_function(AssemblyNames& names, Fun* f) {
  Units units(names.program, f, Version::suspending);
  UnitCompiler::UnitMap made;
  for (auto& code : units.codes()) {
    if (!code->is_unit) continue;
    ValkEvalUnit& unit = names.out.units.emplace_back();
    unit.frame = frame_of(names, *code, *f, unit);
    made[code.get()] = &unit;
  }
  names.fns.at(f)->unit = made.at(units.root());
  for (auto& code : units.codes())
    if (code->is_unit) UnitCompiler(names, units, code.get(), made).compile();
}

}  // namespace

void assemble(const Program& program, EvalEnvironment& environment, Assembly& out) {
  AssemblyNames names{program, environment, out, {}, {}, {}, {}};
  FunctionCollector collector;
  for (Fun* f : program.top_level) collector.collect(f);
  collector.collect(program.main);
  for (Fun* f : collector.funs) declare(names, f);
  for (Fun* f : collector.funs) compile_function(names, f);
  out.main = static_cast<size_t>(~names.fun_constants.at(program.main));
  out.weight = STEP_WEIGHT;
  for (const std::vector<ValkEvalInstruction>& code : out.code) out.weight += code.size();
}

}  // namespace valkc
