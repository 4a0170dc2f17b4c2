// Which globals are constants.
//
// One walk over the top-level forms in order. A form that only defines a function or a constant runs
// nothing. Any other form may run whatever it mentions, and what that mentions in turn; a global that
// it may so read before the global's definition has run is no constant.
#include "frontend/globals.h"

#include "frontend/visit.h"

namespace valkc {

namespace {

bool is_inert(const Core& value) {
  return value.kind == CoreKind::lambda || value.kind == CoreKind::constant;
}

struct Facts {
  int definitions = 0;
  int assignments = 0;
  const CoreDefineGlobal* top_level = nullptr;  ///< its definition as a top-level form
  bool is_read_early = false;
  bool is_defined = false;  ///< at the point that the walk has reached
  bool is_visited = false;
};

class ConstantGlobals {
 public:
  explicit ConstantGlobals(CoreProgram& program) : program_(program) {}

  void compute() {
    for (const Core* form : program_.body) note_top_level(*form);
    for (const Core* form : program_.body) count(*form);
    for (const Core* form : program_.body) run(*form);
    for (Global& global : program_.globals()) {
      const Facts& facts = facts_[&global];
      bool is_single = facts.definitions == 1 && facts.assignments == 0 && facts.top_level;
      if (!is_single || facts.is_read_early || !is_inert(*facts.top_level->value)) continue;
      global.is_constant = true;
      global.value = facts.top_level->value;
    }
  }

 private:
  void note_top_level(const Core& form) {
    if (form.kind != CoreKind::define_global) return;
    const auto& define = static_cast<const CoreDefineGlobal&>(form);
    facts_[define.global].top_level = &define;
  }

  void count(const Core& core) {
    if (core.kind == CoreKind::define_global) {
      const auto& define = static_cast<const CoreDefineGlobal&>(core);
      ++facts_[define.global].definitions;
      values_[define.global].push_back(define.value);
    }
    if (core.kind == CoreKind::set_global) {
      const auto& set = static_cast<const CoreSetGlobal&>(core);
      ++facts_[set.global].assignments;
      values_[set.global].push_back(set.value);
    }
    visit_children(core, [&](const Core& child) { count(child); });
  }

  void run(const Core& form) {
    bool is_definition = form.kind == CoreKind::define_global;
    const auto* define = is_definition ? static_cast<const CoreDefineGlobal*>(&form) : nullptr;
    if (!define || !is_inert(*define->value)) read(form);
    if (define) facts_[define->global].is_defined = true;
  }

  /// Everything that running `core` may read. Nothing is visited twice: the first form that may reach
  /// a global is the earliest.
  void read(const Core& core) {
    if (core.kind == CoreKind::global_ref) {
      const Global* global = static_cast<const CoreGlobalRef&>(core).global;
      Facts& facts = facts_[global];
      if (facts.is_visited) return;
      facts.is_visited = true;
      facts.is_read_early = !facts.is_defined;
      for (const Core* value : values_[global]) read(*value);
    }
    visit_children(core, [&](const Core& child) { read(child); });
  }

  CoreProgram& program_;
  std::unordered_map<const Global*, Facts> facts_;
  std::unordered_map<const Global*, std::vector<const Core*>> values_;
};

}  // namespace

void compute_constant_globals(CoreProgram& program) { ConstantGlobals(program).compute(); }

}  // namespace valkc
