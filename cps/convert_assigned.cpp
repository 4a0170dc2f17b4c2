// Assigned-variable conversion: cells that need not be cells.
//
// Input:       CPS, in which each shared variable is a %cell.
// Output:      CPS.
// Requires:    what verify() checks.
// Establishes: a cell that nobody writes, or nobody reads, or that is written once on the spine (cells.h)
//              that makes it, is gone; local functions that know each other through such cells are one
//              group, which contify and closure conversion understand.
// Invalidates: counts of uses.
// Paper:       Waddell, Sarkar and Dybvig, "Fixing Letrec" (HOSC 2005), where the problem is the same:
//              which variables that look assigned are recursive bindings.
//
// A spine runs as one piece. So a body that one of its bindings binds runs before the spine or after it,
// and sees the value written; only what reads the cell on the spine itself, before the write, sees the
// first one. If control may leave between making and writing, the two need not run equally often: a
// continuation captured in between may run the second part again, on the same cell. Where a function may
// not be captured by shift, the making is first moved down to the innermost place before all uses.
#include "cps/convert_assigned.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "cps/cells.h"
#include "cps/multi_shot.h"
#include "cps/slots.h"

namespace valkc {

namespace {

// ---- moving the making of cells down ------------------------------------------------------------

/// The innermost spine that all uses of the cell stand in and that runs at most once for each run of
/// the cell's own spine.
const Spine* find_innermost(const Cell& cell) {
  const Spine* innermost = cell.common;
  for (const Spine* s = cell.common; s && s != cell.spine; s = s->outer)
    if (!s->is_once || s->is_loop) innermost = s->outer;
  return innermost;
}

/// Moves down what can be; true if anything was.
bool sink_cells(Program& program) {
  const IdMap<char> is_multi_shot = compute_multi_shot(program);
  Cells cells = compute_cells(program);
  std::unordered_map<const Spine*, std::vector<Let*>> moved;
  std::unordered_set<const Term*> is_moved;
  for (const Cell& cell : cells.cells) {
    if (!cell.common || cell.escapes || is_multi_shot[cell.spine->fun]) continue;
    const Spine* target = find_innermost(cell);
    if (target == cell.spine) continue;
    moved[target].push_back(cell.creation);
    is_moved.insert(cell.creation);
  }
  if (moved.empty()) return false;
  for (const Spine& spine : cells.spines)
    for (Term** slot = spine.start; slot;)
      if (is_moved.count(*slot))
        *slot = static_cast<Let*>(*slot)->next;
      else
        slot = next_slot(**slot);
  for (const auto& [target, lets] : moved)
    for (Let* let : lets) {
      let->next = *target->start;
      *target->start = let;
    }
  return true;
}

// ---- conversion ---------------------------------------------------------------------------------

/// A stretch of a spine whose bindings of functions become one, at its end.
struct Stretch {
  const Spine* spine;
  uint32_t begin, end;
};

class AssignedConverter {
 public:
  explicit AssignedConverter(Program& program)
      : program_(program), cells_(compute_cells(program)), value_(program) {}
  void run();

 private:
  /// A cell that has one value, once all functions between its readers and that value are one group.
  struct Candidate {
    Cell* cell;
    bool needs_stretch = false;
    Stretch stretch{};
  };

  void drop_if_trivial(Cell& cell);
  bool make_candidate(Cell& cell, Candidate& candidate);
  std::optional<uint32_t> position_of(const Atom& value, const Spine* spine) const;
  bool is_blocked(const Stretch& stretch) const;
  void drop_blocked();
  std::vector<Stretch> find_stretches() const;
  void merge(const Stretch& stretch);
  void convert(Cell& cell);
  void remove(Let* let, const Atom& value);
  Atom resolve(Atom atom) const;
  void rewrite();

  Program& program_;
  Cells cells_;
  std::vector<Candidate> candidates_;
  IdMap<std::optional<Atom>> value_;  ///< of variables that are gone
  std::unordered_set<const Term*>
      removed_;  ///< Lets, and LetFuns that have been merged into others
};

Atom AssignedConverter::resolve(Atom atom) const {
  while (atom.is_var() && value_[atom.var]) atom = *value_[atom.var];
  return atom;
}

void AssignedConverter::remove(Let* let, const Atom& value) {
  removed_.insert(let);
  value_[let->var] = value;
}

/// Where on `spine` the atom is bound; nothing: it is visible all along it.
std::optional<uint32_t> AssignedConverter::position_of(const Atom& value,
                                                       const Spine* spine) const {
  if (value.kind == AtomKind::fun) {
    const FunPlace& place = cells_.funs[value.fun];
    return place.spine == spine ? std::optional(place.position) : std::nullopt;
  }
  if (!value.is_var()) return std::nullopt;
  const Definition& definition = cells_.definitions[value.var];
  return definition.spine == spine ? std::optional(definition.position) : std::nullopt;
}

bool AssignedConverter::make_candidate(Cell& cell, Candidate& candidate) {
  if (cell.escapes || cell.writes.size() != 1 || cell.writes[0].spine != cell.spine) return false;
  const Atom& value = cell.writes[0].let->op.args[1];
  if (value == Atom(cell.creation->var)) return false;
  candidate.cell = &cell;
  const std::optional<uint32_t> bound = position_of(value, cell.spine);
  if (!bound) return true;
  const auto& bindings = cells_.fun_bindings[cell.spine];
  for (const CellUse& read : cell.reads) {
    if (read.spine == cell.spine || read.position > *bound) continue;
    // A body before the value's binding reads it: they must be functions, and become one group.
    const bool is_fun = value.kind == AtomKind::fun &&
                        std::any_of(bindings.begin(), bindings.end(), [&](const FunBinding& b) {
                          return b.position == read.position;
                        });
    if (!is_fun) return false;
    const uint32_t begin =
        candidate.needs_stretch ? std::min(candidate.stretch.begin, read.position) : read.position;
    candidate.needs_stretch = true;
    candidate.stretch = {cell.spine, begin, *bound};
  }
  return true;
}

/// Whether a function bound there is mentioned before the end, by something that will stay.
bool AssignedConverter::is_blocked(const Stretch& stretch) const {
  for (const FunBinding& binding : cells_.fun_bindings.at(stretch.spine)) {
    if (binding.position < stretch.begin || binding.position >= stretch.end) continue;
    for (const Fun* f : binding.let->funs)
      for (const FunMention& mention : cells_.funs[f].mentions)
        if (mention.position < stretch.end && !removed_.count(mention.let)) return true;
  }
  return false;
}

/// What the candidates ask for; stretches that overlap are one.
std::vector<Stretch> AssignedConverter::find_stretches() const {
  std::vector<Stretch> parts, whole;
  for (const Candidate& c : candidates_)
    if (c.needs_stretch) parts.push_back(c.stretch);
  std::stable_sort(parts.begin(), parts.end(), [](const Stretch& a, const Stretch& b) {
    return a.spine != b.spine ? a.spine < b.spine : a.begin < b.begin;
  });
  for (const Stretch& part : parts)
    if (!whole.empty() && whole.back().spine == part.spine && part.begin <= whole.back().end)
      whole.back().end = std::max(whole.back().end, part.end);
    else
      whole.push_back(part);
  return whole;
}

/// Gives up candidates until all functions can be brought together that the others need, given that
/// the writes of those go.
void AssignedConverter::drop_blocked() {
  for (const Candidate& c : candidates_) removed_.insert(c.cell->writes[0].let);
  for (bool has_changed = true; has_changed;) {
    has_changed = false;
    for (const Stretch& stretch : find_stretches()) {
      if (!is_blocked(stretch)) continue;
      has_changed = true;
      std::erase_if(candidates_, [&](const Candidate& c) {
        const bool is_last =
            c.needs_stretch && c.stretch.spine == stretch.spine && c.stretch.end == stretch.end;
        if (is_last) removed_.erase(c.cell->writes[0].let);
        return is_last;
      });
    }
  }
}

void AssignedConverter::merge(const Stretch& stretch) {
  std::vector<Fun*> funs;
  LetFun* last = nullptr;
  for (const FunBinding& binding : cells_.fun_bindings[stretch.spine]) {
    if (binding.position < stretch.begin || binding.position > stretch.end) continue;
    funs.insert(funs.end(), binding.let->funs.begin(), binding.let->funs.end());
    if (last) removed_.insert(last);
    last = binding.let;
  }
  last->funs = std::move(funs);
}

void AssignedConverter::convert(Cell& cell) {
  const Atom first = cell.creation->op.args[0];
  const CellUse& write = cell.writes[0];
  const Atom value = write.let->op.args[1];
  for (const CellUse& read : cell.reads) {
    const bool is_early = read.spine == cell.spine && read.position < write.position;
    remove(read.let, is_early ? first : value);
  }
  remove(write.let, Atom(program_.data.nil(write.let->span)));
  removed_.insert(cell.creation);
}

/// Cells that nobody writes, or nobody reads.
void AssignedConverter::drop_if_trivial(Cell& cell) {
  if (cell.escapes || (!cell.reads.empty() && !cell.writes.empty())) return;
  for (const CellUse& read : cell.reads) remove(read.let, cell.creation->op.args[0]);
  for (const CellUse& write : cell.writes)
    remove(write.let, Atom(program_.data.nil(write.let->span)));
  removed_.insert(cell.creation);
}

void AssignedConverter::rewrite() {
  std::vector<Term**> todo{&program_.main->body};
  for (Fun* f : program_.top_level)
    if (f != program_.main) todo.push_back(&f->body);
  while (!todo.empty()) {
    Term** slot = todo.back();
    todo.pop_back();
    while (removed_.count(*slot)) *slot = *next_slot(**slot);
    each_atom_slot(**slot, [&](Atom& a) { a = resolve(a); });
    each_child_slot(**slot, [&](Term** child) { todo.push_back(child); });
  }
}

void AssignedConverter::run() {
  for (Cell& cell : cells_.cells) {
    Candidate candidate{};
    drop_if_trivial(cell);
    if (!removed_.count(cell.creation) && make_candidate(cell, candidate))
      candidates_.push_back(candidate);
  }
  drop_blocked();
  for (const Stretch& stretch : find_stretches()) merge(stretch);
  for (const Candidate& c : candidates_) convert(*c.cell);
  rewrite();
}

}  // namespace

void convert_assigned(Program& program) {
  sink_cells(program);
  AssignedConverter(program).run();
}

}  // namespace valkc
