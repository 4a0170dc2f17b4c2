// One round of simplify: the state that its parts share. simplify.cpp walks the program,
// simplify_ends.cpp rewrites the terms that transfer control, simplify_bindings.cpp what is bound.
//
// A round walks every term once. On the way down it replaces variables and continuations by what they
// stand for, and splices in bodies that have a single use; on the way back up it drops bindings that
// are left without uses. Counts are kept exact while terms disappear: an atom that is dropped is
// released, one that takes the place of a variable inherits the variable's uses.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "cps/id_map.h"
#include "cps/incoming.h"
#include "cps/ir.h"
#include "cps/uses.h"

namespace valkc {

class Simplifier {
 public:
  explicit Simplifier(Program& program);
  /// True if anything has changed.
  bool run();

 private:
  /// What is known of a variable, continuation or function, beyond its uses.
  struct Known {
    Atom value;             ///< of a variable that has been replaced
    Cont* alias = nullptr;  ///< of a continuation that has been replaced
    const Let* definition = nullptr;
    int8_t truth = 0;  ///< of a variable, in the branch being visited: 1 true, -1 false
    bool is_replaced = false;
    bool is_gone = false;     ///< its body stands elsewhere now, or nowhere
    bool is_visited = false;  ///< its body has been, or is being, walked where it stands
  };

  // ---- walking: simplify.cpp
  void simplify_top_level();
  void simplify_whole(Fun* fun);
  void simplify_fun(Fun* fun);
  void simplify_term(Term** slot);
  /// Rewrites what stands in `slot`. True: look at the slot again; false: the term is done.
  bool visit_end(Term** slot);
  void leave(Term** slot);

  // ---- names and counts: simplify.cpp
  Atom resolve(Atom atom);
  Cont* resolve(Cont* cont);
  void resolve_all(std::vector<Atom>& atoms);
  void replace(const Var* var, const Atom& with);
  void replace(Cont* cont, Cont* with);
  void release(const Atom& atom);
  void use(const Atom& atom);
  void release(Cont* cont, bool is_jump);
  /// Releases everything that the code below mentions; it will not run.
  void erase(const Term* term);
  std::optional<bool> truth_of(const Atom& atom);
  /// Parameters become arguments: each argument's use passes to the uses of the parameter.
  void bind_arguments(const std::vector<Var*>& params, const std::vector<Atom>& args);

  // ---- bindings: simplify_bindings.cpp
  bool visit_let(Term** slot);
  std::optional<Atom> value_of(Let& let);
  std::optional<Atom> value_of_is_unset(const Let& let);
  void leave_let(Term** slot);
  void leave_let_fun(Term** slot);
  void visit_let_cont(LetCont& let);
  void leave_let_cont(Term** slot);
  bool replace_by_target(Cont* k);
  std::vector<bool> drop_parameters(std::vector<Var*>& params, uint32_t bound_at, bool may_capture);
  void drop_parameters(Cont* k);
  void drop_parameters(Fun* f);
  std::optional<Atom> only_value(const Var* param, uint32_t bound_at);
  void split_branches(LetCont& let, Cont* k);

  // ---- transfers: simplify_ends.cpp
  bool visit_jump(Term** slot);
  bool visit_call(Term** slot);
  bool visit_if(Term** slot);
  bool visit_shift(Term** slot);
  bool visit_reset(Term** slot);
  bool visit_try(Term** slot);
  void drop_arguments(const void* target, std::vector<Atom>& args);
  bool inline_body(Term** slot, const Call& call);
  bool find_room(const Fun& fun);
  bool call_primitive(Term** slot, const Call& call);
  bool eval_known_block(Call& call);
  void jump_to(Term** slot, Cont* cont, const Atom& value, Span span);
  bool branch_here(Term** slot, const Jump& jump);
  bool take_branch(Term** slot, If& branch, bool truth);
  bool unwrap(Term** slot, Term* body, const Cont* inner, Cont* outer);

  Program& program_;
  Uses uses_;
  IdMap<Incoming> incoming_;
  IdMap<Known> known_;
  /// Which parameters a continuation or function has lost.
  std::unordered_map<const void*, std::vector<bool>> dropped_;
  const Fun* fun_ = nullptr;  ///< known to the whole program, around the term being visited
  size_t room_ = 0;           ///< terms that may still move into it
  bool has_changed_ = false;
};

/// Whether the body of `k` is nothing but a choice between two jumps, by its only parameter, which is
/// not mentioned otherwise: `k` may then be written out at each jump to it.
bool is_choice(const Cont& k);

}  // namespace valkc
