// What the fast version of a unit knows at each point: the kinds of its variables, from infer_types, from
// the checks already made, and from the branches taken; and which variables it holds as C++ doubles.
//
// The same functions serve the analysis, which finds what holds at each label (a greatest fixpoint over the
// jumps of a unit), and the emission, which walks the same terms once more: so both know the same.
#pragma once

#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "codegen/units.h"
#include "cps/types.h"

namespace valkc {

/// The kinds of variables at one point. Learning can be undone, as when a branch is left.
class Facts {
 public:
  Types of(const Var* v) const;
  Types of(const Atom& a) const;
  /// From here on, `a` is of one of these kinds.
  void learn(const Atom& a, Types types);
  void set(const Var* v, Types types);
  size_t mark() const { return trail_.size(); }
  void undo(size_t mark);
  void forget();
  const std::unordered_map<uint32_t, Types>& known() const { return known_; }

 private:
  struct Change {
    uint32_t id;
    Types before;
  };
  std::unordered_map<uint32_t, Types> known_;  ///< where it is less than Var::types
  std::vector<Change> trail_;
};

/// What the uses of a variable in a unit suggest that it is. A guess: it decides what is checked first.
class Hints {
 public:
  Hints(const Units& units, const Code* unit);
  /// Flows into arithmetic, and nothing in the same computation is known to be a float.
  bool is_integer(const Var* v) const;
  /// Takes part in a computation with floats.
  bool is_float(const Var* v) const;
  /// Is taken apart as a list.
  bool is_list(const Var* v) const { return lists_.count(v->id) != 0; }
  /// Is only used as a vector.
  bool is_vector(const Var* v) const;
  /// Chooses between branches by several small integers, and by nothing else.
  bool is_selector(const Var* v) const;

 private:
  /// Variables whose values are computed from each other, or are the same.
  struct Class {
    bool computes = false, has_float = false, has_integer = false;
    bool has_elements = false, is_tested = false;
  };
  uint32_t find(uint32_t id) const;
  void join(uint32_t a, uint32_t b);
  void note(uint32_t id, Types types);
  void flow(const Var* to, const Atom& from);
  void scan(const Units& units, const Code* code);
  void scan_let(const Let& let);
  void scan_elements(const Let& let);
  void note_tested(const Atom& a);
  void note_compared(const Let& let);

  mutable std::unordered_map<uint32_t, uint32_t> parents_;
  std::unordered_map<uint32_t, Class> classes_;
  std::unordered_set<uint32_t> lists_;
  std::unordered_map<uint32_t, int> selectors_;  ///< with how many fixnums it is compared
  std::unordered_set<uint32_t> mixed_;           ///< is also compared with something else
};

/// How the fast version carries out an operation.
struct FastPlan {
  enum Kind : uint8_t {
    none,      ///< as the complete version does, but for what `test_known` says
    integer,   ///< on fixnums
    floating,  ///< on doubles; the result is one
    comparing_floats,
    reading_float,  ///< an element of a vector that is taken for a float; the result is a double
    guarded,        ///< a row FAST of fast_paths.def; the operation leaves if its test fails
    nil_test,       ///< of a list
  };
  Kind kind = none;
  /// One kind (nil_test: a list) that each of the first two operands must be; what is not known is checked.
  Types expected[2] = {TYPES_ALL, TYPES_ALL};
  Types result = TYPES_ALL;
};
FastPlan plan_operation(const Let& let, const Facts& facts, const Hints& hints);
/// What a function's result, or a parameter, is checked to be as soon as it is there, since it will be
/// needed; TYPES_ALL: nothing.
Types plan_arrival(const Var* v, const Facts& facts, const Hints& hints);

/// The analysis of one unit.
class UnitFacts {
 public:
  UnitFacts(const Units& units, Code* unit);
  const Hints& hints() const { return hints_; }
  /// Adds to `facts` what holds at the entry of a label, in place of what is known of the same variables.
  void enter(const Code* label, Facts& facts) const;
  /// Whether the variable, bound in this unit, is a C++ double.
  bool is_double(uint32_t id) const { return doubles_.count(id) != 0; }

  /// The effect on `facts` of what stands before the next term: shared with the emission.
  static void after_let(const Let& let, const FastPlan& plan, Facts& facts);
  /// What the branch says of the variable that was tested.
  void take_branch(const If& i, bool truth, Facts& facts) const;
  /// The parameters of the unit, as they arrive.
  void arrive(Facts& facts) const;

 private:
  struct Entry {
    bool is_reached = false;
    std::unordered_map<uint32_t, Types> types;
  };
  void walk(const Term* t);
  void walk_call(const Call& call);
  void jump(Cont* k, const std::vector<Types>& args);
  void solve();
  void note_doubles(const Let& let, const FastPlan& plan);
  void choose_doubles();
  void scan_tests(const Term* t);

  const Units& units_;
  Code* unit_;
  Hints hints_;
  Facts facts_;
  std::unordered_map<const Code*, Entry> entries_;
  std::vector<const Code*> todo_;
  std::unordered_map<uint32_t, const Let*> tests_;  ///< what defines the condition of an If
  std::unordered_set<uint32_t> doubles_;
  std::unordered_set<uint32_t> computed_;  ///< operands of arithmetic on doubles
};

}  // namespace valkc
