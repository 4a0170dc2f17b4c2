// Packs: where very many variables live at once, the older ones move into a record.
//
// Input:       CPS.
// Output:      CPS.
// Requires:    what verify() checks.
// Establishes: at no point of a function do many more than MAX_LOOSE of the variables that it binds live
//              on, so that what is saved at a call, held by a frame or captured by a closure is bounded,
//              and the size of the code is linear in that of the program.
// Invalidates: counts of uses; that a call of a packed local function is a known one.
// Paper:       the reverse of Shao and Appel, "Efficient and Safe-for-Space Closure Conversion" (TOPLAS
//              2000), which shares nothing: past this bound sharing is the lesser evil.
//
// A pack is an immutable record of PACK_SIZE variables, made as soon as too many are loose; in its scope,
// which scope being dominance is all that follows, a use of one of them reads the record. The pack is a
// variable like any other, and may be packed itself, so what is loose stays bounded at any depth. Since
// packs never change, a continuation that is resumed twice finds in them what it found the first time.
// Functions with few variables, which is nearly all of them, are left alone.
#include "cps/pack_variables.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "cps/id_map.h"
#include "cps/local_closures.h"
#include "cps/traverse.h"

namespace valkc {
namespace {

constexpr size_t MAX_LOOSE = 40;
constexpr size_t PACK_SIZE = 16;

/// Where terms and uses stand in one function: numbers in the order of a walk. What a term holds is
/// numbered from its own number to `end`.
struct Place {
  uint32_t number = 0;
  uint32_t end = 0;
};

/// Packs functions known to the whole program, each with all those inside it.
class Packer {
 public:
  Packer(Program& program, const LocalClosures& closures)
      : program_(program),
        closures_(closures),
        uses_(program),
        packed_(program),
        levels_(program) {}

  void pack(Fun* f) {
    if (!has_many_variables(f)) return;
    places_.clear();
    number(f->body);
    walk_function(f);
  }

 private:
  using Loose = std::vector<Atom>;  ///< variables and functions
  struct Packed {
    Var* record = nullptr;  ///< null: it is not packed here
    int index = 0;
  };

  bool has_many_variables(Fun* f) const;
  void number(Term* t);
  void number_uses(const Term& t);
  void walk_function(Fun* f);
  void walk(Term** slot, Loose loose);
  void walk_inside(Term** slot, Loose loose);
  Term** step(Term** slot, Loose& loose);
  void bind(const Var* v, Loose& loose) { loose.emplace_back(const_cast<Var*>(v)); }
  Term** make_room(Term** slot, Loose& loose);
  Term** make_pack(Term** slot, Loose& loose);
  Term** read_packed(Term** slot);
  Atom unpacked(const Atom& a, Term**& slot, Span span);
  bool is_used_in(const Atom& a, Place place);
  uint32_t next_use(const Atom& a, uint32_t number);
  size_t choose(Loose& loose, uint32_t number);
  /// 0: a variable; else a pack of what is of the level below.
  int level(const Atom& a) { return a.is_var() ? levels_[a.var] : 0; }
  bool is_variable(const Atom& a) const {
    return a.is_var() || (a.kind == AtomKind::fun && closures_.is_dynamic(a.fun));
  }
  template <typename Map>
  static auto& at(Map& map, const Atom& a) {
    return a.is_var() ? map[a.var] : map[a.fun];
  }

  Program& program_;
  const LocalClosures& closures_;
  uint32_t count_ = 0;
  std::unordered_map<const Term*, Place> places_;
  IdMap<std::vector<uint32_t>> uses_;  ///< numbers of the terms that mention it, ascending
  IdMap<Packed> packed_;
  IdMap<int> levels_;
  std::vector<Atom> undo_;  ///< what is packed, in order
};

/// How many variables a function binds, those of functions inside included.
bool Packer::has_many_variables(Fun* f) const {
  size_t count = 0;
  std::vector<const Term*> pending{f->body};
  while (!pending.empty() && count <= MAX_LOOSE) {
    const Term* t = pending.back();
    pending.pop_back();
    if (t->kind == TermKind::let || t->kind == TermKind::shift || t->kind == TermKind::try_)
      ++count;
    if (t->kind == TermKind::let_fun)
      for (const Fun* g : static_cast<const LetFun*>(t)->funs)
        count += 1 + g->params.size(), pending.push_back(g->body);
    if (t->kind == TermKind::let_cont)
      for (const Cont* k : static_cast<const LetCont*>(t)->conts) count += k->params.size();
    each_child(*t, [&](const Term* child) { pending.push_back(child); });
  }
  return count > MAX_LOOSE;
}

// ---- numbers ------------------------------------------------------------------------------------
// In the order of the walk: of what a term holds, one part goes on in the loop, so that the depth of the
// recursion is that of the source, not its length.

void Packer::number_uses(const Term& t) {
  each_atom(t, [&](const Atom& a) {
    if (is_variable(a)) at(uses_, a).push_back(count_);
  });
}

void Packer::number(Term* t) {
  std::vector<const Term*> chain;
  while (t) {
    chain.push_back(t);
    places_[t].number = ++count_;
    number_uses(*t);
    Term* next = nullptr;
    switch (t->kind) {
      case TermKind::let_fun:
        for (Fun* f : static_cast<LetFun*>(t)->funs) number(f->body);
        next = static_cast<LetFun*>(t)->next;
        break;
      case TermKind::let_cont: {
        auto* l = static_cast<LetCont*>(t);
        for (size_t i = 0; i + 1 < l->conts.size(); ++i) number(l->conts[i]->body);
        number(l->next);
        next = l->conts.back()->body;
        break;
      }
      case TermKind::if_:
        number(static_cast<If*>(t)->consequent);
        next = static_cast<If*>(t)->alternative;
        break;
      case TermKind::try_:
        number(static_cast<PushTry*>(t)->handler);
        next = static_cast<PushTry*>(t)->body;
        break;
      default:
        each_child(*t, [&](Term* child) { next = child; });
    }
    t = next;
  }
  for (const Term* member : chain) places_[member].end = count_;
}

/// Is it mentioned in a term or what that holds?
bool Packer::is_used_in(const Atom& a, Place place) {
  const std::vector<uint32_t>& uses = at(uses_, a);
  auto first = std::lower_bound(uses.begin(), uses.end(), place.number);
  return first != uses.end() && *first <= place.end;
}

// ---- packing ------------------------------------------------------------------------------------

static Let* make_let(Program& program, Term** slot, Var* var, const char* primitive) {
  Let* let = program.make<Let>(TermKind::let, (*slot)->span);
  let->var = var;
  let->op.primitive = find_primitive(primitive);
  let->next = *slot;
  *slot = let;
  return let;
}

/// Where it is used next, at or after a place at which it lives.
uint32_t Packer::next_use(const Atom& a, uint32_t number) {
  const std::vector<uint32_t>& uses = at(uses_, a);
  return *std::lower_bound(uses.begin(), uses.end(), number);
}

/// Moves to the end what goes into the next pack, and gives how much that is: of one level, so that packs
/// of packs are a tree that is nowhere deep, what is used last.
size_t Packer::choose(Loose& loose, uint32_t number) {
  std::map<int, size_t> counts;
  for (const Atom& a : loose) ++counts[level(a)];
  const auto most =
      std::max_element(counts.begin(), counts.end(),
                       [](const auto& x, const auto& y) { return x.second < y.second; });
  const auto rank = [&](const Atom& a) {
    return level(a) == most->first ? next_use(a, number) : 0;
  };
  std::stable_sort(loose.begin(), loose.end(),
                   [&](const Atom& a, const Atom& b) { return rank(a) < rank(b); });
  return std::min(PACK_SIZE, most->second);
}

/// Some loose variables become a record, which is loose in their stead.
Term** Packer::make_pack(Term** slot, Loose& loose) {
  const size_t size = choose(loose, places_.at(*slot).number);
  Let* let = make_let(program_, slot, program_.make_var("pack"), "%pack");
  std::vector<uint32_t> uses;  // where those are used that it holds
  levels_[let->var] = level(loose.back()) + 1;
  for (size_t i = 0; i < size; ++i) {
    const Atom a = loose.back();
    loose.pop_back();
    let->op.args.push_back(a);
    at(packed_, a) = {let->var, static_cast<int>(i)};
    const std::vector<uint32_t>& some = at(uses_, a);
    uses.insert(uses.end(), some.begin(), some.end());
    undo_.push_back(a);
  }
  std::sort(uses.begin(), uses.end());
  uses_[let->var] = std::move(uses);
  loose.emplace_back(let->var);
  return &let->next;
}

/// Before the term at *slot: forgets what is not used any more, then packs. Gives the term's new slot.
Term** Packer::make_room(Term** slot, Loose& loose) {
  if (loose.size() <= MAX_LOOSE) return slot;
  const Place place = places_.at(*slot);
  std::erase_if(loose, [&](const Atom& a) { return !is_used_in(a, place); });
  while (loose.size() > MAX_LOOSE) slot = make_pack(slot, loose);
  return slot;
}

Atom Packer::unpacked(const Atom& a, Term**& slot, Span span) {
  if (!is_variable(a) || !at(packed_, a).record) return a;
  const Packed packed = at(packed_, a);
  const Atom record = unpacked(Atom(packed.record), slot, span);
  const std::string& name = a.is_var() ? a.var->name : a.fun->name;
  Let* let = make_let(program_, slot, program_.make_var(name), "%packed");
  let->op.args = {record, Atom(program_.data.integer(packed.index, span))};
  slot = &let->next;
  return Atom(let->var);
}

/// The term at *slot reads the packed variables that it mentions from their records. Gives its new slot.
Term** Packer::read_packed(Term** slot) {
  Term* t = *slot;
  each_atom(*t, [&](const Atom& a) { const_cast<Atom&>(a) = unpacked(a, slot, t->span); });
  return slot;
}

// ---- the walk -----------------------------------------------------------------------------------

void Packer::walk_function(Fun* f) {
  Loose loose;
  for (Var* p : f->params) bind(p, loose);
  if (f->rest) bind(f->rest, loose);
  walk_inside(&f->body, std::move(loose));
}

/// What is packed inside is not packed outside.
void Packer::walk_inside(Term** slot, Loose loose) {
  const size_t mark = undo_.size();
  walk(slot, std::move(loose));
  for (; undo_.size() > mark; undo_.pop_back()) at(packed_, undo_.back()) = {};
}

void Packer::walk(Term** slot, Loose loose) {
  while (slot) {
    slot = make_room(slot, loose);
    slot = read_packed(slot);
    slot = step(slot, loose);
  }
}

/// Past the term at *slot: binds what it binds, walks all that it holds but one part, which is given.
Term** Packer::step(Term** slot, Loose& loose) {
  Term* t = *slot;
  switch (t->kind) {
    case TermKind::let:
      bind(static_cast<Let*>(t)->var, loose);
      return &static_cast<Let*>(t)->next;
    case TermKind::let_fun: {
      auto* l = static_cast<LetFun*>(t);
      for (Fun* f : l->funs) walk_function(f);
      for (Fun* f : l->funs)
        if (closures_.is_dynamic(f)) loose.emplace_back(f);
      return &l->next;
    }
    case TermKind::let_cont: {
      auto* l = static_cast<LetCont*>(t);
      for (size_t i = 0; i + 1 < l->conts.size(); ++i) {
        Loose inner = loose;
        for (Var* p : l->conts[i]->params) bind(p, inner);
        walk_inside(&l->conts[i]->body, std::move(inner));
      }
      walk_inside(&l->next, loose);
      for (Var* p : l->conts.back()->params) bind(p, loose);
      return &l->conts.back()->body;
    }
    case TermKind::if_:
      walk_inside(&static_cast<If*>(t)->consequent, loose);
      return &static_cast<If*>(t)->alternative;
    case TermKind::reset:
      return &static_cast<PushReset*>(t)->body;
    case TermKind::shift:
      bind(static_cast<Shift*>(t)->var, loose);
      return &static_cast<Shift*>(t)->body;
    case TermKind::try_: {
      auto* p = static_cast<PushTry*>(t);
      Loose inner = loose;
      bind(p->var, inner);
      walk_inside(&p->handler, std::move(inner));
      return &p->body;
    }
    case TermKind::jump:
    case TermKind::call:
    case TermKind::raise:
      return nullptr;
  }
  return nullptr;
}

}  // namespace

void pack_variables(Program& program) {
  const LocalClosures closures(program);
  Packer packer(program, closures);
  for (Fun* f : program.top_level) packer.pack(f);
  packer.pack(program.main);
}

}  // namespace valkc
