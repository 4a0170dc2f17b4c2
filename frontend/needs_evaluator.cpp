// Who needs the evaluator.
//
// `eval` of a block runs compiled code, so what matters is whether anything else can reach an `eval` in
// the user's code. The usual case, a control structure written as a function that evaluates its parameter,
// is followed: if every call of that constant function gives a literal there, no evaluator is needed.
// The library's own uses of `eval` take blocks by contract and do not count.
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "frontend/globals.h"
#include "frontend/visit.h"

namespace valkc {

namespace {

using Parameter = std::pair<const Global*, size_t>;

class EvaluatorNeeds {
 public:
  EvaluatorNeeds(const CoreProgram& program, const Library& library)
      : program_(program), library_(library) {}

  bool compute() {
    for (const Global& global : program_.globals()) note_parameters(global);
    for (const Core* form : program_.body) visit(*form);
    if (is_needed_) return true;
    // Each round may add parameters that are given on.
    for (size_t before = 0; before != evaluated_.size() && !is_needed_;) {
      before = evaluated_.size();
      for (const Use& use : uses_) check(use);
    }
    return is_needed_;
  }

 private:
  /// A constant function, called (or, without a call, mentioned).
  struct Use {
    const Global* function;
    const CoreCall* call;
  };

  void note_parameters(const Global& global) {
    bool is_function = global.is_constant && global.value && global.value->kind == CoreKind::lambda;
    if (!is_function) return;
    const auto& params = static_cast<const Lambda*>(global.value)->params;
    for (size_t i = 0; i < params.size(); ++i)
      if (!params[i]->is_shared) parameters_[params[i]] = {&global, i};
  }

  void visit(const Core& core) {
    if (core.kind == CoreKind::primitive_ref && is_evaluating(core)) is_needed_ = true;
    if (core.kind == CoreKind::global_ref) mention(core, nullptr);
    if (core.kind != CoreKind::call)
      return visit_children(core, [&](const Core& child) { visit(child); });
    const auto& call = static_cast<const CoreCall&>(core);
    if (is_evaluating(*call.callee)) {
      evaluate(call);
    } else if (call.callee->kind == CoreKind::global_ref) {
      mention(*call.callee, &call);
    } else {
      visit(*call.callee);
    }
    for (const Core* arg : call.args) visit(*arg);
  }

  void mention(const Core& ref, const CoreCall* call) {
    const Global* global = static_cast<const CoreGlobalRef&>(ref).global;
    if (global->is_constant) uses_.push_back({global, call});
  }

  /// Is it `eval` or `load`, outside of the library?
  bool is_evaluating(const Core& core) const {
    if (core.kind != CoreKind::primitive_ref || library_.contains(core.span)) return false;
    std::string_view name = static_cast<const CorePrimitiveRef&>(core).primitive->name;
    return name == "eval" || name == "load";
  }

  void evaluate(const CoreCall& call) {
    bool is_eval = static_cast<const CorePrimitiveRef*>(call.callee)->primitive->name == "eval";
    if (!is_eval || call.args.size() != 1) {
      is_needed_ = true;
    } else {
      give(*call.args[0]);
    }
  }

  /// This is given to an `eval`.
  void give(const Core& value) {
    if (value.kind == CoreKind::block || value.kind == CoreKind::lambda) return;
    if (value.kind == CoreKind::constant) {
      is_needed_ |= static_cast<const CoreConst&>(value).value->is_sequence();
      return;
    }
    if (value.kind == CoreKind::local_ref) {
      auto found = parameters_.find(static_cast<const CoreLocalRef&>(value).local);
      if (found != parameters_.end()) {
        evaluated_.insert(found->second);
        return;
      }
    }
    is_needed_ = true;
  }

  void check(const Use& use) {
    const auto& params = static_cast<const Lambda*>(use.function->value);
    if (!params || params->kind != CoreKind::lambda) return;
    for (size_t i = 0; i < params->params.size(); ++i) {
      if (!evaluated_.count({use.function, i})) continue;
      if (!use.call || use.call->args.size() != params->params.size()) {
        is_needed_ = true;
      } else {
        give(*use.call->args[i]);
      }
    }
  }

  const CoreProgram& program_;
  const Library& library_;
  std::unordered_map<const Local*, Parameter> parameters_;
  std::set<Parameter> evaluated_;
  std::vector<Use> uses_;
  bool is_needed_ = false;
};

}  // namespace

bool needs_evaluator(const CoreProgram& program, const Library& library) {
  return EvaluatorNeeds(program, library).compute();
}

}  // namespace valkc
