// The classification of variables: a walk in evaluation order.
//
// At each point the walk knows for each visible variable whether its assignment has surely, perhaps or
// not run, and whether something has mentioned it on a way to this point. Branches start from the same
// knowledge and are joined; changes are kept on a trail so that a branch can be undone at a cost
// proportional to what it changed.
//
// A variable is shared if it has several assignments, if something mentions it on a way to its
// assignment (other than that assignment's own lambda), or if its one assignment stands in a region
// (see Region) that a mention is outside of. The last is what "each execution of the assignment makes
// a fresh variable" cannot mean: a region may be left before it, or run at another time.
#include "frontend/classify.h"

#include <algorithm>
#include <unordered_map>

namespace valkc {

namespace {

struct Flow {
  Assigned assigned;
  bool is_mentioned;
};

Assigned join(Assigned a, Assigned b) { return a == b ? a : Assigned::maybe; }

/// Names of one frame, or of the k of a shift, or of the error of a catch.
struct Scope {
  std::unordered_map<std::string, Variable*> names;
  const VisibleNames* visible = nullptr;  ///< made when the first mention needs it
};

/// What a stretch of code changed: variables with their flow at its end.
using Changes = std::unordered_map<Variable*, Flow>;

class Classifier {
 public:
  Classifier(bool blocks_are_code, ResolutionArena& arena)
      : blocks_are_code_(blocks_are_code), arena_(arena) {
    region_ = &arena_.regions.emplace_back();
    function_ = region_;
  }

  void walk(Expr& e) {
    switch (e.kind) {
      case ExprKind::constant:
      case ExprKind::primitive:
      case ExprKind::temp:
      case ExprKind::external:
        return;
      case ExprKind::name:
        return mention(e);
      case ExprKind::call:
      case ExprKind::seq:
      case ExprKind::define:
      case ExprKind::bind_temp:
        for (Expr* item : e.items) walk(*item);
        return;
      case ExprKind::if_:
        return walk_if(e);
      case ExprKind::lambda:
        return walk_lambda(e);
      case ExprKind::let:
        return walk_let(e);
      case ExprKind::bind:
        return walk_bind(e);
      case ExprKind::assign:
        return walk_assign(e);
      case ExprKind::try_:
        return walk_try(e);
      case ExprKind::reset:
        return walk_region(*e.items[0]);
      case ExprKind::shift:
        return walk_shift(e);
      case ExprKind::async:
        walk(*e.items[0]);
        if (e.items[1]) walk(*e.items[1]);
        return;
      case ExprKind::block:
        return walk_block(e);
    }
  }

 private:
  // ---- flow ----

  void set_flow(Variable& v, Flow flow) {
    trail_.push_back({&v, {v.assigned, v.is_mentioned}});
    v.assigned = flow.assigned;
    v.is_mentioned = flow.is_mentioned;
  }

  /// Runs `code`, undoes its changes and returns them.
  template <typename Code>
  Changes changes_of(Code code) {
    size_t mark = trail_.size();
    code();
    Changes changes;
    for (size_t i = mark; i < trail_.size(); ++i) {
      Variable* v = trail_[i].first;
      changes[v] = {v->assigned, v->is_mentioned};
    }
    while (trail_.size() > mark) {
      auto& [v, flow] = trail_.back();
      v->assigned = flow.assigned;
      v->is_mentioned = flow.is_mentioned;
      trail_.pop_back();
    }
    return changes;
  }

  static Flow flow_after(const Changes& changes, Variable* v) {
    auto found = changes.find(v);
    return found == changes.end() ? Flow{v->assigned, v->is_mentioned} : found->second;
  }

  /// Control comes from two sides that started here.
  void join_branches(const Changes& a, const Changes& b) {
    Changes joined;
    for (const Changes* side : {&a, &b}) {
      for (const auto& [v, flow] : *side) {
        Flow fa = flow_after(a, v), fb = flow_after(b, v);
        joined[v] = {join(fa.assigned, fb.assigned), fa.is_mentioned || fb.is_mentioned};
      }
    }
    for (const auto& [v, flow] : joined) set_flow(*v, flow);
  }

  /// Code that perhaps ran, or ran in part.
  void join_optional(const Changes& changes) { join_branches(changes, {}); }

  // ---- regions ----

  template <typename Code>
  void in_region(Code code) {
    const Region* outer = region_;
    Region& inner = arena_.regions.emplace_back();
    inner.outer = outer;
    region_ = &inner;
    code();
    region_ = outer;
  }

  /// Is the current region inside `region`?
  bool is_inside(const Region* region) const {
    for (const Region* r = region_; r; r = r->outer) {
      if (r == region) return true;
    }
    return false;
  }

  void walk_region(Expr& body) {
    join_optional(changes_of([&] { in_region([&] { walk(body); }); }));
  }

  /// Code that runs at another time: what it does to outer variables may or may not have happened.
  template <typename Code>
  void in_function(Code code) {
    const void* outer = function_;
    Changes changes = changes_of([&] {
      in_region([&] {
        function_ = region_;
        code();
      });
    });
    function_ = outer;
    join_optional(changes);
  }

  // ---- variables ----

  Resolution& resolution(Expr& e) {
    e.resolution = &arena_.resolutions.emplace_back();
    return *e.resolution;
  }

  Variable* make_variable(const BoundName& name) {
    Variable& v = arena_.variables.emplace_back();
    v.name = name.text;
    v.span = name.span;
    v.function = function_;
    return &v;
  }

  Variable* make_parameter(const BoundName& name) {
    Variable* v = make_variable(name);
    v->is_parameter = true;
    v->assignments = 1;
    v->assigned = Assigned::yes;
    v->region = region_;
    return v;
  }

  /// Adds the frame's variables that `=` binds under `e`, without entering other frames.
  void collect_bindings(const Expr& e, Scope& scope, Resolution& frame) {
    if (e.kind == ExprKind::lambda || e.kind == ExprKind::let) return;
    if (e.kind == ExprKind::block && !blocks_are_code_) return;
    if (e.kind == ExprKind::bind) add_variable(e.names[0], scope, frame);
    for (const Expr* item : e.items) {
      if (item) collect_bindings(*item, scope, frame);
    }
  }

  Variable* add_variable(const BoundName& name, Scope& scope, Resolution& frame) {
    Variable*& v = scope.names[name.text];
    if (!v) {
      v = make_variable(name);
      frame.variables.push_back(v);
    }
    return v;
  }

  template <typename Code>
  void in_scope(Scope scope, Code code) {
    scopes_.push_back(std::move(scope));
    code();
    scopes_.pop_back();
  }

  // ---- expressions ----

  void mention(Expr& e) { find_readings(e.text, resolution(e)); }

  /// The bindings that a name may mean here, up to the first that is surely assigned.
  void find_readings(const std::string& name, Resolution& found) {
    for (size_t i = scopes_.size(); i-- > 0 && !found.is_certain;) {
      auto entry = scopes_[i].names.find(name);
      if (entry == scopes_[i].names.end()) continue;
      Variable& v = *entry->second;
      const bool is_outer_meant = v.is_initializing && v.assigned == Assigned::no;
      if (is_outer_meant && v.function == function_) continue;
      found.readings.push_back({&v, v.assigned});
      if (v.assigned != Assigned::no && !is_inside(v.region)) v.is_shared = true;
      found.is_certain = v.assigned == Assigned::yes;
      if (!v.is_mentioned) set_flow(v, {v.assigned, true});
    }
    if (found.readings.empty()) found.visible = visible_names();
  }

  /// Null: none.
  const VisibleNames* visible_names() {
    const VisibleNames* outer = nullptr;
    for (Scope& scope : scopes_) {
      if (!scope.visible) {
        VisibleNames& made = arena_.visible_names.emplace_back();
        made.outer = outer;
        for (const auto& [name, v] : scope.names) made.names.push_back(name);
        scope.visible = &made;
      }
      outer = scope.visible;
    }
    return outer;
  }

  void assign(Variable& v) {
    ++v.assignments;
    if (v.assignments > 1 || v.is_mentioned) v.is_shared = true;
    if (!v.region) v.region = region_;
    set_flow(v, {Assigned::yes, v.is_mentioned});
  }

  /// The value of an assignment; a lambda may mention the variable that it is assigned to.
  void walk_value(Expr& value, Variable& v) {
    if (value.kind != ExprKind::lambda) return walk(value);
    Flow before{v.assigned, v.is_mentioned};
    const Region* region = v.region;
    if (!v.region) v.region = region_;
    set_flow(v, {Assigned::yes, v.is_mentioned});
    walk(value);
    set_flow(v, before);
    v.region = region;
  }

  void walk_bind(Expr& e) {
    Variable* v = bound_in_frame(e.names[0].text);
    resolution(e).target = v;
    walk_value(*e.items[0], *v);
    assign(*v);
  }

  /// `=` binds in the innermost frame, past the k of a shift and the error of a catch.
  Variable* bound_in_frame(const std::string& name) const {
    for (size_t i = frames_.back() + 1; i-- > 0;) {
      auto found = scopes_[i].names.find(name);
      if (found != scopes_[i].names.end()) return found->second;
    }
    return nullptr;
  }

  /// `set!` assigns the binding that a mention would read; it does not bind what is unassigned.
  void walk_assign(Expr& e) {
    walk(*e.items[0]);
    Resolution& found = resolution(e);
    find_readings(e.names[0].text, found);
    for (const Reading& reading : found.readings) {
      ++reading.variable->assignments;
      reading.variable->is_shared = true;
    }
  }

  void walk_if(Expr& e) {
    walk(*e.items[0]);
    Changes consequent = changes_of([&] { walk(*e.items[1]); });
    Changes alternative = changes_of([&] { walk(*e.items[2]); });
    join_branches(consequent, alternative);
  }

  template <typename Code>
  void in_frame(Scope scope, Code code) {
    scopes_.push_back(std::move(scope));
    frames_.push_back(scopes_.size() - 1);
    code();
    frames_.pop_back();
    scopes_.pop_back();
  }

  void walk_lambda(Expr& e) {
    Resolution& frame = resolution(e);
    in_function([&] {
      Scope scope;
      for (const BoundName& param : e.names) {
        Variable* v = make_parameter(param);
        scope.names[param.text] = v;
        frame.variables.push_back(v);
      }
      collect_bindings(*e.items[0], scope, frame);
      in_frame(std::move(scope), [&] { walk(*e.items[0]); });
    });
  }

  void walk_let(Expr& e) {
    Resolution& frame = resolution(e);
    Scope scope;
    std::vector<Variable*> bound;
    for (const BoundName& name : e.names) bound.push_back(add_variable(name, scope, frame));
    for (const Expr* item : e.items) collect_bindings(*item, scope, frame);
    in_frame(std::move(scope), [&] {
      for (size_t i = 0; i < e.names.size(); ++i) {
        Variable& v = *bound[i];
        v.is_initializing = v.assigned == Assigned::no;
        walk_value(*e.items[i], v);
        v.is_initializing = false;
        assign(v);
      }
      walk(*e.items.back());
    });
  }

  void walk_try(Expr& e) {
    Resolution& made = resolution(e);
    Changes body = changes_of([&] { in_region([&] { walk(*e.items[0]); }); });
    if (e.items[1]) {
      Changes handler = changes_of([&] {
        join_optional(body);
        in_region([&] { walk_with(e.names[0], made, *e.items[1]); });
      });
      join_branches(body, handler);
    } else {
      join_optional(body);
    }
    if (e.items[2]) walk_region(*e.items[2]);
  }

  void walk_with(const BoundName& name, Resolution& made, Expr& body) {
    made.target = make_parameter(name);
    Scope scope;
    scope.names[name.text] = made.target;
    in_scope(std::move(scope), [&] { walk(body); });
  }

  void walk_shift(Expr& e) {
    Resolution& made = resolution(e);
    join_optional(
        changes_of([&] { in_region([&] { walk_with(e.names[0], made, *e.items[0]); }); }));
  }

  /// The code of a literal is a function without a frame of its own.
  void walk_block(Expr& e) {
    if (!blocks_are_code_ || e.items.empty()) return;
    in_function([&] { walk(*e.items[0]); });
  }

  bool blocks_are_code_;
  ResolutionArena& arena_;
  std::vector<Scope> scopes_;
  std::vector<size_t> frames_;  ///< indices into scopes_
  std::vector<std::pair<Variable*, Flow>> trail_;
  const Region* region_;
  const void* function_;
};

}  // namespace

std::vector<std::string> list_names(const VisibleNames* scope) {
  constexpr size_t kEnough = 200;  // for a suggestion
  std::vector<std::string> names;
  for (; scope && names.size() < kEnough; scope = scope->outer)
    names.insert(names.end(), scope->names.begin(), scope->names.end());
  std::sort(names.begin(), names.end());
  return names;
}

void classify(Expr& root, bool blocks_are_code, ResolutionArena& arena) {
  Classifier(blocks_are_code, arena).walk(root);
}

}  // namespace valkc
