// Splitting groups of continuations: see split_conts.h.
#include "cps/split_conts.h"

#include <algorithm>

#include "cps/id_map.h"
#include "cps/slots.h"

namespace valkc {

namespace {

/// A LetCont of several continuations, while it stands around the term being walked.
struct Group {
  LetCont* let = nullptr;
  const Cont* current = nullptr;  ///< in whose body the term stands; null: in what follows
};

class ContSplitter {
 public:
  explicit ContSplitter(Program& program)
      : program_(program),
        group_of_(program),
        uses_of_(program),
        number_(program),
        is_done_(program) {}
  void run();

 private:
  void walk(Term* term);
  void walk_group(LetCont& let);
  void split(LetCont& let);
  uint32_t visit(Cont* cont);

  Program& program_;
  IdMap<Group*> group_of_;             ///< of a continuation bound with others
  IdMap<std::vector<Cont*>> uses_of_;  ///< others of the group that its body mentions
  IdMap<uint32_t> number_;             ///< in order of visits, from 1
  IdMap<char> is_done_;                ///< belongs to a part
  std::vector<Cont*> open_;
  std::vector<std::vector<Cont*>> parts_;
  uint32_t visited_ = 0;
};

/// Tarjan's algorithm: parts come out after those that they mention.
uint32_t ContSplitter::visit(Cont* cont) {
  const uint32_t number = number_[cont] = ++visited_;
  uint32_t least = number;
  const size_t begin = open_.size();
  open_.push_back(cont);
  const std::vector<Cont*> uses = uses_of_[cont];
  for (Cont* next : uses)
    if (number_[next] == 0)
      least = std::min(least, visit(next));
    else if (!is_done_[next])
      least = std::min(least, number_[next]);
  if (least != number) return least;
  parts_.emplace_back(open_.begin() + static_cast<ptrdiff_t>(begin), open_.end());
  for (const Cont* k : parts_.back()) is_done_[k] = true;
  open_.resize(begin);
  return least;
}

void ContSplitter::split(LetCont& let) {
  parts_.clear();
  for (Cont* k : let.conts)
    if (number_[k] == 0) visit(k);
  if (parts_.size() == 1) return;
  LetCont* at = &let;
  for (size_t i = 0; i < parts_.size(); i++) {
    at->conts = std::move(parts_[i]);
    if (i + 1 == parts_.size()) return;
    LetCont* inner = program_.make<LetCont>(TermKind::let_cont, let.span);
    inner->next = at->next;
    at->next = inner;
    at = inner;
  }
}

void ContSplitter::walk_group(LetCont& let) {
  Group group{&let};
  if (let.conts.size() > 1)
    for (const Cont* k : let.conts) group_of_[k] = &group;
  for (const Cont* k : let.conts) {
    group.current = k;
    walk(k->body);
  }
  if (let.conts.size() == 1) return;
  // What follows mentions them too, but that says nothing about their order.
  for (const Cont* k : let.conts) group_of_[k] = nullptr;
  split(let);
}

void ContSplitter::walk(Term* term) {
  std::vector<Term*> todo{term};
  while (!todo.empty()) {
    Term& t = *todo.back();
    todo.pop_back();
    each_cont_use(t, [&](const Cont* k) {
      if (const Group* group = group_of_[k])
        uses_of_[group->current].push_back(const_cast<Cont*>(k));
    });
    if (t.kind == TermKind::let_cont) {
      Term* next = static_cast<LetCont&>(t).next;
      walk_group(static_cast<LetCont&>(t));
      todo.push_back(next);
    } else {
      each_child_slot(t, [&](Term** child) { todo.push_back(*child); });
    }
  }
}

void ContSplitter::run() {
  for (Fun* f : program_.top_level)
    if (f != program_.main) walk(f->body);
  walk(program_.main->body);
}

}  // namespace

void split_conts(Program& program) { ContSplitter(program).run(); }

}  // namespace valkc
