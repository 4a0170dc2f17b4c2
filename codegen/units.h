// Representation: what carries each continuation, and how a function is cut into C++ functions.
//
// For one version (direct or suspending) of one function, every continuation becomes one of
//   label   all its uses stand in the same C++ function;
//   frame   a call that may suspend, a shift, a delimiter or a handler names it: a heap object whose
//           code is a C++ function of its own, and which captures what its body needs;
//   block   a C++ function of its own that is jumped to with what it needs as arguments: the target of
//           jumps from more than one C++ function (a loop whose body awaits);
// or, if it is opaque (return, bottom, end), a variable that holds a frame made by someone else.
// A Unit is one such C++ function. Frames are made lazily, where control leaves: a path that does not
// suspend allocates nothing.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

#include "cps/ir.h"

namespace valkc {

enum class Version : uint8_t { direct, suspending };

/// Ids of Vars and of Conts that are held as values; both come from Program's one counter.
using IdSet = std::set<uint32_t>;

enum class UnitKind : uint8_t { function, frame, block, handler, reset_body };

/// A piece of code that is emitted together: a unit's root, or a label inside a unit.
struct Code {
  UnitKind unit_kind = UnitKind::function;  ///< meaningful if is_unit
  bool is_unit = false;
  bool is_label = false;
  Cont* cont = nullptr;        ///< frame, block, label
  PushTry* handled = nullptr;  ///< handler
  PushReset* reset = nullptr;  ///< reset_body
  Term* body = nullptr;
  std::vector<Var*> params;
  Code* owner = nullptr;               ///< the code in which it is bound
  const LetCont* group = nullptr;      ///< the LetCont that binds it
  const PushTry* plain_try = nullptr;  ///< innermost try around it whose handler is a label
  Cont* home = nullptr;                ///< innermost opaque continuation around: where a raise goes
  bool suspending = false;             ///< convention of the code
  bool needs_frame = false;            ///< named where a frame is needed
  bool needs_block = false;            ///< jumped to from another unit
  bool is_loop = false;                ///< reachable from itself by jumps
  Code* unit = nullptr;                ///< the unit that holds it
  uint32_t entered = 0, left = 0;      ///< interval in the tree of owners
  int references = 0;                  ///< jumps and direct calls that name it, inside its unit
  IdSet free;            ///< what it needs of its surroundings: variables and held continuations
  uint32_t primary = 0;  ///< id of the held continuation that stands in the frame's parent slot
};

/// The cut of one version of one function.
class Units {
 public:
  Units(const Program& program, Fun* fun, Version version);

  Fun* fun() const { return fun_; }
  Version version() const { return version_; }
  Code* root() { return root_; }
  /// All codes, in order of discovery (deterministic).
  const std::vector<std::unique_ptr<Code>>& codes() const { return codes_; }
  Code* of(const Cont* k) const;  ///< null for opaque continuations
  Code* of_handler(const PushTry* t) const;
  Code* of_reset(const PushReset* r) const;
  /// The unit that holds a code.
  static Code* unit_of(const Code* c) { return c->unit; }
  /// Does this try allocate a handler frame (else its end is a label)?
  bool is_reified(const PushTry* t) const { return reified_.count(t) != 0; }
  /// Is the call made by passing the continuation, when it stands in suspending code?
  bool suspends(const Call* c, bool in_suspending_code) const;
  /// A continuation as the code refers to it: the end of a try that is not reified is its cont.
  Cont* resolve(Cont* k) const;
  /// Everything that naming `k` as a frame, from code `from`, needs.
  void need_frame(const Code* from, Cont* k, IdSet& out) const;
  /// What a piece of code with needs `free` asks of `from`: frames made there count as what they hold.
  void held_needs(const Code* from, const IdSet& free, IdSet& out) const;
  /// Everything that jumping to `k` from code `from` needs.
  void need_jump(const Code* from, Cont* k, IdSet& out) const;
  /// True if `k` has a frame that is made in the unit of `from` when needed; false: it is held.
  bool is_local_frame(const Code* from, const Cont* k) const;
  /// What the label handlers in force around a point inside the body of `t` need.
  IdSet handler_needs(Code* c, const PushTry* t);
  const PushTry* outer_try(const PushTry* t) const { return try_parents_.at(t); }
  Var* var(uint32_t id) const {
    auto it = vars_.find(id);
    return it == vars_.end() ? nullptr : it->second;
  }
  Cont* cont(uint32_t id) const {
    auto it = conts_.find(id);
    return it == conts_.end() ? nullptr : it->second;
  }
  /// The id of an atom that lives in a C++ variable, or 0.
  uint32_t id_of(const Atom& a) const;

 private:
  struct Context {
    Code* code;
    Cont* home;
    bool suspending;
    const PushTry* plain_try = nullptr;
    const LetCont* group = nullptr;
  };
  Code* make(Term* body, const Context& context);
  bool contains_control(Term* t, bool suspending);
  void scan(Term* t, Context context);
  void scan_cont_use(Cont* k, const Context& context, bool as_frame);
  void note_var(Var* v) { vars_[v->id] = v; }
  void number_codes();
  void assign_units();
  static bool is_inside(const Code* c, const Code* outer) {
    return outer->entered <= c->entered && c->left <= outer->left;
  }
  void find_blocks();
  void mark_loops();
  void solve();
  void choose_primary();
  void require_homes();
  IdSet needs(Code* c);
  void term_needs(Code* c, Term* t, IdSet& out, IdSet& bound);
  void atom_needs(const Atom& a, IdSet& out) const;

  Fun* fun_;
  Version version_;
  Code* root_ = nullptr;
  std::vector<std::unique_ptr<Code>> codes_;
  std::unordered_map<const Cont*, Code*> by_cont_;
  std::unordered_map<const PushTry*, Code*> by_handler_;
  std::unordered_map<const PushReset*, Code*> by_reset_;
  std::set<const PushTry*> reified_;
  std::unordered_map<const Cont*, const PushTry*> plain_ends_;
  std::unordered_map<const Term*, bool> control_;
  std::unordered_map<const PushTry*, const PushTry*> try_parents_;
  struct Use {
    Code* from;
    Cont* to;
    bool as_frame;
  };
  std::vector<Use> uses_;
  std::unordered_map<uint32_t, Var*> vars_;
  std::unordered_map<uint32_t, Cont*> conts_;
  std::unordered_map<const Code*, IdSet> forced_;
};

}  // namespace valkc
