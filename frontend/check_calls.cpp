// Calls whose failure is certain, and statements that do nothing although they look as if they did.
//
// Only what no run can do right is an error: not the calls in the body of a `try`, whose error the
// program may be waiting for, and not the code of literals.
#include "frontend/globals.h"
#include "frontend/visit.h"

namespace valkc {

namespace {

std::string arguments(int n) { return std::to_string(n) + (n == 1 ? " argument" : " arguments"); }

std::string expected(int min, int max) {
  if (max < 0) return "at least " + arguments(min);
  if (min == max) return arguments(min);
  return std::to_string(min) + " to " + arguments(max);
}

std::string signature(const Primitive& p) {
  std::string params(p.params);
  if (p.has(EFFECT_OPERATION)) params += params.empty() ? "[k]" : " [k]";
  return "(" + std::string(p.name) + (params.empty() ? "" : " ") + params + ")";
}

std::string signature(const Lambda& f) {
  std::string out = "(" + (f.name.empty() ? "\\" : f.name);
  for (const Local* param : f.params) out += " " + param->name;
  if (f.rest) out += " & " + f.rest->name;
  return out + ")";
}

/// Where the walk stands.
struct Place {
  bool is_guarded = false;    ///< in the body of a try of the same function, or in a literal
  bool is_statement = false;  ///< the value is dropped
};

class CallChecker {
 public:
  CallChecker(const Library& library, Diagnostics& diagnostics)
      : library_(library), diagnostics_(diagnostics) {}

  void check(const Core& core, Place place) {
    switch (core.kind) {
      case CoreKind::call:
        check_call(static_cast<const CoreCall&>(core), place);
        break;
      case CoreKind::seq:
        return check_seq(static_cast<const CoreSeq&>(core), place);
      case CoreKind::if_:
        return check_if(static_cast<const CoreIf&>(core), place);
      case CoreKind::frame:
        return check(*static_cast<const CoreFrame&>(core).body, place);
      case CoreKind::try_:
        return check_try(static_cast<const CoreTry&>(core), place);
      case CoreKind::lambda:
        return check(*static_cast<const Lambda&>(core).body, {false, false});
      case CoreKind::block:
        return check(*static_cast<const CoreBlock&>(core).code->body, {true, false});
      case CoreKind::bind:
        note_binding(static_cast<const CoreBind&>(core));
        break;
      default:
        break;
    }
    visit_children(core, [&](const Core& child) { check(child, {place.is_guarded, false}); });
  }

 private:
  void note_binding(const CoreBind& bind) {
    if (bind.value->kind == CoreKind::lambda) {
      functions_[bind.local] = static_cast<const Lambda*>(bind.value);
    }
  }

  void check_seq(const CoreSeq& seq, Place place) {
    for (size_t i = 0; i < seq.items.size(); ++i) {
      bool is_last = i + 1 == seq.items.size();
      check(*seq.items[i], {place.is_guarded, is_last ? place.is_statement : true});
    }
  }

  void check_if(const CoreIf& branch, Place place) {
    check(*branch.condition, {place.is_guarded, false});
    check(*branch.consequent, place);
    check(*branch.alternative, place);
  }

  void check_try(const CoreTry& t, Place place) {
    check(*t.body, {place.is_guarded || t.handler, place.is_statement});
    if (t.handler) check(*t.handler, place);
    if (t.cleanup) check(*t.cleanup, {place.is_guarded, true});
  }

  void check_call(const CoreCall& call, Place place) {
    int given = static_cast<int>(call.args.size());
    if (call.callee->kind == CoreKind::primitive_ref) {
      const auto& ref = static_cast<const CorePrimitiveRef&>(*call.callee);
      if (ref.primitive) check_primitive(call, *ref.primitive, given, place);
    } else if (const Extern* external = known_extern(*call.callee)) {
      check_extern(call, *external, given, place);
    } else if (const Lambda* f = known_function(*call.callee)) {
      check_function(call, *f, given, place);
    }
  }

  void check_primitive(const CoreCall& call, const Primitive& p, int given, Place place) {
    if (!p.accepts(given)) {
      if (place.is_guarded) return;
      int max = p.has(EFFECT_OPERATION) ? p.max_args - 1 : p.max_args;
      report_arity(call, p.name, expected(p.min_args, max), given)
          .hint("its signature is " + signature(p));
      return;
    }
    // With more than the required arguments, the last one may be the continuation.
    bool is_thunk = p.has(EFFECT_OPERATION) && given == p.min_args;
    if (is_thunk && place.is_statement) warn_unused(call, p.name, "a suspended operation");
  }

  void check_extern(const CoreCall& call, const Extern& external, int given, Place place) {
    const auto& ref = static_cast<const CoreGlobalRef&>(*call.callee);
    int least = external.is_operation ? external.arity - 1 : external.arity;
    if (given >= least && given <= external.arity) {
      bool is_thunk = external.is_operation && given == least;
      if (is_thunk && place.is_statement)
        warn_unused(call, ref.global->name, "a suspended operation");
    } else if (!place.is_guarded) {
      report_arity(call, ref.global->name, expected(least, external.arity), given);
    }
  }

  void check_function(const CoreCall& call, const Lambda& f, int given, Place place) {
    int params = static_cast<int>(f.params.size());
    bool is_too_many = given > params && !f.rest;
    bool is_none = given == 0 && params > 0;
    if (is_too_many || is_none) {
      if (place.is_guarded) return;
      report_arity(call, f.name.empty() ? "\\" : f.name, expected(params, f.rest ? -1 : params),
                   given)
          .hint("its signature is " + signature(f))
          .note(f.span, "defined here");
      return;
    }
    if (!place.is_statement) return;
    if (given < params) {
      warn_unused(call, f.name, "a partial application of " + signature(f));
    } else if (f.rest && f.rest->name == "opts+k" && lacks_continuation(call, params)) {
      warn_unused(call, f.name, "a suspended operation");
    }
  }

  /// Of a function of the library with `& opts+k`: at most one list of options is given besides.
  static bool lacks_continuation(const CoreCall& call, int params) {
    const int more = static_cast<int>(call.args.size()) - params;
    if (more != 1) return more == 0;
    const CoreKind last = call.args.back()->kind;
    return last == CoreKind::constant || last == CoreKind::block;
  }

  Diagnostic& report_arity(const CoreCall& call, std::string_view name, const std::string& takes,
                           int given) {
    return diagnostics_.report(Diag::arity, call.span, {name, takes, std::to_string(given)});
  }

  void warn_unused(const CoreCall& call, std::string_view name, const std::string& what) {
    if (library_.contains(call.span)) return;
    diagnostics_.report(Diag::unused_operation, call.span, {"it makes " + what + " and drops it"})
        .hint("to run it, await it: (await-async (" + std::string(name) + " …))");
  }

  const Extern* known_extern(const Core& callee) const {
    if (callee.kind != CoreKind::global_ref) return nullptr;
    return static_cast<const CoreGlobalRef&>(callee).global->external.get();
  }

  const Lambda* known_function(const Core& callee) const {
    if (callee.kind == CoreKind::lambda) return static_cast<const Lambda*>(&callee);
    if (callee.kind == CoreKind::local_ref) {
      const auto& ref = static_cast<const CoreLocalRef&>(callee);
      auto found = functions_.find(ref.local);
      return ref.otherwise || found == functions_.end() ? nullptr : found->second;
    }
    if (callee.kind != CoreKind::global_ref) return nullptr;
    const Global* global = static_cast<const CoreGlobalRef&>(callee).global;
    bool is_function =
        global->is_constant && global->value && global->value->kind == CoreKind::lambda;
    return is_function ? static_cast<const Lambda*>(global->value) : nullptr;
  }

  const Library& library_;
  Diagnostics& diagnostics_;
  std::unordered_map<const Local*, const Lambda*> functions_;
};

}  // namespace

void check_calls(const CoreProgram& program, const Library& library, Diagnostics& diagnostics) {
  CallChecker checker(library, diagnostics);
  for (const Core* form : program.body) checker.check(*form, {false, true});
}

}  // namespace valkc
