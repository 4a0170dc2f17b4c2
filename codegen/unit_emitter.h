// Emission of one unit (see units.h) as one C++ function.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "codegen/emit.h"
#include "codegen/facts.h"
#include "codegen/pools.h"
#include "codegen/units.h"

namespace valkc {

/// What the units of a program share.
struct ProgramNames {
  ConstantPool constants;
  SitePool sites;
  PrimitivePool primitives;
  std::unordered_map<const Fun*, std::string> funs;  ///< base name: f_ and s_ are put before it
  /// Functions whose direct version takes exactly what it needs, because no tail call, which wants one
  /// prototype, enters or leaves it. The entry of the uniform prototype is then e_name.
  std::unordered_set<const Fun*> exact;
  std::unordered_map<const Global*, std::string> globals;  ///< C++ variable of the cell
  std::string forward;                                     ///< prototypes
  std::string descriptors;                                 ///< frames
  std::unordered_set<std::string> described;               ///< their names
  std::string bodies;
  EmitOptions options;
  const SourceMap& source_map;
  const Program& program;

  ProgramNames(const Program& p, const SourceMap& s, const EmitOptions& o)
      : sites(s), options(o), source_map(s), program(p) {}
};

/// Where the fast version of a unit leaves for the complete one, which goes on there.
class Points {
 public:
  struct Point {
    int number = 0;
    /// What stands on the shadow stack, from sp[0] on: Values, then the result of the call, then what
    /// the fast version holds as doubles.
    std::vector<uint32_t> ids;
    size_t values = 0;
    bool has_result = false;
    std::string result;  ///< its variable in the complete version
  };
  /// Before a term, or (`after_call`) when a direct call has returned.
  Point& at(const Term* t, bool after_call);
  Point* find(const Term* t, bool after_call);
  bool any() const { return !order_.empty(); }
  const std::vector<Point*>& all() const { return order_; }

 private:
  std::unordered_map<const Term*, Point> before_, after_;  // whose references stay valid
  std::vector<Point*> order_;
};

/// A pattern of fast_paths.def with its arguments and result put in.
std::string expand(std::string_view pattern, const std::vector<std::string>& args,
                   const std::string& r);
/// Does a version of f exist?
bool has_version(const Fun* f, Version v);
/// Does f take its fourth argument in the register for `self`? A function that captures nothing does not look at
/// itself, and who calls it by name saves a way through memory. Its descriptor names an entry that fetches it.
bool passes_in_self(const ProgramNames& names, const Fun* f);
/// The C++ function of a version: "f_name" or "s_name".
std::string version_name(const ProgramNames& names, const Fun* f, Version v);
/// The function that a descriptor names for it: it takes its arguments as a caller passes them that does not know f.
std::string entry_name(const ProgramNames& names, const Fun* f, Version v);

/// Emits one unit as one C++ function. With `facts` it is the fast version, which fills `points`; without,
/// the complete one, which is entered at `points` only, unless there are none.
class UnitEmitter {
 public:
  UnitEmitter(ProgramNames& names, Units& units, Code* unit, Points& points,
              const UnitFacts* facts = nullptr);
  void emit();

 private:
  /// What a jump passes: a C++ expression, and which variable it reads whose parameter may be assigned
  /// before it.
  struct Argument {
    std::string text;
    bool is_double = false;
    bool reads_memory = false;  ///< more than a variable or constant
  };
  /// What a call enters.
  struct Callee {
    std::string function;
    std::string self;
    bool counts = false;        ///< vm->argc must be set
    bool takes_fourth = false;  ///< see passes_in_self
  };

  // ---- text
  void line(const std::string& text);
  void open(const std::string& text) { line(text.empty() ? "{" : text + " {"), indent_++; }
  void close(const std::string& after = "") { indent_--, line("}" + after); }
  void position(Span span);

  // ---- names
  std::string name(uint32_t id);
  /// The C++ variable that holds the Value: of a double, the box made of it on this path.
  std::string value_name(uint32_t id);
  std::string atom(const Atom& a);
  std::string label(const Code* c);
  std::string temporary(const std::string& base);
  std::string site(Span span);
  std::string unit_name(const Code* c);
  std::string block_name(const Code* c);
  std::string emit_frame_entry();

  // ---- liveness
  struct Where {
    Code* code;
    const PushTry* plain_try;
    Cont* home;
  };
  IdSet live(Term* t, const Where& w);
  IdSet note(Term* t, IdSet after, const Where& w);
  IdSet saved_at(const Term* t, const Where& w);
  const IdSet& handler_needs(const PushTry* t, Code* c);
  void add_target(IdSet& ids, const Where& w) const;
  uint32_t target(const Where& w) const;

  // ---- collection points
  int save(const IdSet& ids);
  void reload(const IdSet& ids);
  void reserve(const std::string& words, const IdSet& live, Span span, const Where& w);

  // ---- ways out (emit_exits.cpp)
  void error_exit(Span span, const Where& w);
  std::string error_text(Span span, const Where& w);
  std::string raise_text(uint32_t through);
  std::string traced_raise_text(const std::string& site, uint32_t through);
  void check(const std::string& result, Span span, const Where& w);
  void go_to_complete(int point);
  std::string complete_call(const std::string& point);
  void emit_shared_exits();

  // ---- fast versions (emit_fast.cpp)
  bool is_double(uint32_t id) const { return facts_ && facts_->is_double(id); }
  bool stays_put(uint32_t id) const;
  void drop_unmoved(IdSet& ids) const;
  std::string double_temporary(const std::string& base);
  std::string double_of(const Atom& a);
  void box(const IdSet& ids, const IdSet& live, Span span, const Where& w);
  void box_for(Term* t, const Where& w);
  void box_for_let(Let* l, const Where& w);
  void leave(Term* t, const IdSet& live, bool after_call, const std::string& result,
             const Where& w);
  void leave_if(const std::string& condition, Let* l, const Where& w);
  void let_planned(Let* l, const FastPlan& plan, const Where& w);
  std::string_view fast_test(const Let& l, const FastPlan& plan, std::string_view test) const;
  void let_guarded(Let* l, const FastPlan& plan, const Where& w);
  std::string element_test(const Let& l);
  bool stores_double(const Let& l) const;
  void let_double_store(Let* l, const Where& w);
  std::string unknown_operands(const Let& l, const FastPlan& plan);
  void arrive(const IdSet& live, const Where& w);
  void arrive_result(Call* c, const Var* to, const std::string& result, const Where& w);
  std::vector<Argument> jump_arguments(Jump* j);
  void complete_head();
  void mark_point(const Term* t, bool after_call);
  std::string complete_name() {
    return "g_" + (unit_->needs_block ? block_name(unit_) : unit_name(unit_));
  }

  // ---- terms
  void term(Term* t, Where w);
  void let(Let* l, const Where& w);
  void let_completely(Let* l, const Where& w);
  void let_primitive(Let* l, const Where& w);
  bool let_name_test(const Let* l, const std::string& result);
  void let_list(Let* l, const Where& w, IdSet live, const std::string& result);
  void forget_changed_slots(std::vector<uint32_t> before);
  void call_primitive(Let* l, const Where& w, const IdSet& live, const std::string& result);
  void let_fun(LetFun* l, const Where& w);
  void make_closures(const std::vector<Fun*>& funs, int words);
  void let_global(Let* l, const Where& w);
  void let_block(Let* l, const Where& w);
  void jump(Cont* k, const std::vector<Argument>& args, const Where& w, Span span,
            const IdSet& arg_ids);
  void go_label(Code* c, const std::vector<Argument>& args);
  void go_block(Code* c, const std::vector<Argument>& args, const Where& w, Span span,
                const IdSet& arg_ids);
  void assign_params(const std::vector<Var*>& params, const std::vector<Argument>& args);
  void call(Call* c, const Where& w);
  void call_direct(Call* c, const Where& w);
  void pass_result(Cont* k, const std::string& result, const Where& w, Span span);
  void call_suspending(Call* c, const Where& w);
  Callee known_callee(const Call* c, Version v);
  Callee value_callee(const Call* c, const std::string& entry);
  Callee callee_direct(const Call* c);
  bool is_tail_await(const Call* c) const;
  std::string await_place(const Call* c);
  Callee callee_suspending(const Call* c);
  std::vector<std::string> arguments(const std::vector<Atom>& atoms);
  std::string pass_arguments(const Callee& callee, const std::vector<std::string>& args);
  std::string exact_call(const Call* c, const std::string& top);
  void if_(If* i, const Where& w);
  void reset(PushReset* r, Where w);
  void reset_direct(PushReset* r, const Where& w);
  void shift(Shift* s, Where w);
  void try_(PushTry* p, Where w);
  void raise(Raise* r, const Where& w);
  void enter_code(Code* c);
  void enter_loop(Code* c);
  void emit_pending();
  void emit_handler(PushTry* t);

  // ---- frames
  void collect_frames(Cont* k, const Where& w, std::vector<Cont*>& order);
  void collect_frames(const IdSet& free, const Where& w, std::vector<Cont*>& order);
  int frame_words(const Code* c) const;
  void make_frames(const std::vector<Cont*>& order, const IdSet& live, Span span, const Where& w,
                   int extra_words = 0);
  void take_plain_frame(const Code* c, const std::string& into);
  void fill_frame(const Code* c, const std::string& descriptor, const std::string& code,
                  const std::string& into);
  std::string frame_descriptor(const Code* c);

  // ---- heads
  void head();
  void load_captures();
  void load_block_arguments();
  std::string prototype();
  std::string exact_parameters();
  std::string exact_entry();
  std::string fetching_entry();
  bool is_exact_function() const {
    return unit_->unit_kind == UnitKind::function && !unit_->suspending &&
           names_.exact.count(fun_) != 0;
  }
  bool needs_stack_check();
  /// It is the complete version beside a fast one.
  bool is_entered_at_points() const { return !facts_ && points_.any(); }

  ProgramNames& names_;
  Units& units_;
  Code* unit_;
  const Fun* fun_;
  Points& points_;
  const UnitFacts* facts_;                           ///< null: this is the complete version
  Facts known_;                                      ///< at this point
  std::unordered_map<uint32_t, std::string> boxes_;  ///< of doubles, on this path
  std::unordered_map<const PushTry*, Facts> known_at_try_;
  std::string out_;
  int indent_ = 1;
  int else_count_ = 0;
  bool is_huge_;  ///< fast paths are not opened in it: C++ compilers take more than linear time
  bool shares_exits_;
  std::set<uint32_t> failing_through_;  ///< for which shared exits; 0: by returning
  bool shares_leaving_ = false;
  bool makes_tail_calls_ = false;
  bool uses_sp_ = false;
  bool has_reservation_ = false;
  bool has_direct_call_ = false;
  uint32_t current_line_ = 0;
  std::unordered_map<uint32_t, std::string> names_of_;
  std::unordered_map<std::string, int> base_counts_;
  std::vector<std::string> declared_;
  std::vector<std::string> declared_doubles_;
  std::unordered_set<const Let*> unused_;  ///< those whose variable nothing reads
  std::unordered_map<const Term*, IdSet> after_;
  std::unordered_map<const PushTry*, IdSet> handler_needs_;
  std::unordered_set<uint32_t> immediates_;
  std::vector<uint32_t>
      slots_;  ///< what shadow stack slots are known to hold, since the last label
  std::vector<Code*> pending_;
  std::vector<PushTry*> pending_handlers_;
  std::unordered_set<const Code*> emitted_;
  std::unordered_set<const PushTry*> handlers_seen_;
  std::unordered_map<const PushTry*, Where> where_of_try_;
  std::vector<const Code*> loops_;
  std::unordered_map<const Code*, bool> live_done_;
};

}  // namespace valkc
