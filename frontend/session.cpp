// See session.h. A step has its own arenas and its own expander, to which the macros are handed on.
#include "frontend/session.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "frontend/classify.h"
#include "frontend/expander.h"
#include "frontend/library.h"
#include "frontend/loader.h"
#include "frontend/lower.h"
#include "frontend/names.h"

namespace valkc {

using Macros = std::unordered_map<std::string, Macro>;

struct FrontendSession::State {
  State(SourceMap& map, FrontendOptions given)
      : sources(map),
        options(std::move(given)),
        loader(sources, diagnostics, globals.data, options.include_dirs),
        library_expander(sources, diagnostics, globals.data, exprs, loader),
        names(globals, library) {
    for (const LibrarySource& source : options.library)
      index_library(source, sources, globals.data, diagnostics, library_expander, library);
    macros = library_expander.macros();
    names.open();
  }

  SourceMap& sources;
  FrontendOptions options;
  Diagnostics diagnostics;  ///< of the library
  CoreProgram globals;      ///< owns the globals and the library's data
  ExprArena exprs;          ///< of the library
  Loader loader;
  Expander library_expander;
  Library library;
  GlobalNames names;
  Macros macros;
  std::vector<LibraryDefinition*> last_lowered;
  bool has_new_macros = false;
};

namespace {

/// The work of one step.
class Step {
 public:
  Step(SourceMap& sources, const FrontendOptions& options, CoreProgram& program, GlobalNames& names,
       Expander& library_expander, Diagnostics& diagnostics)
      : loader_(sources, diagnostics, program.data, options.include_dirs),
        expander_(sources, diagnostics, program.data, exprs_, loader_),
        lowering_(program, names, diagnostics, true),
        program_(program),
        names_(names),
        library_expander_(library_expander),
        diagnostics_(diagnostics) {}

  Expander& expander() { return expander_; }
  void use(MacroEvaluator* macro_evaluator, bool tells_definitions) {
    expander_.macro_evaluator = macro_evaluator;
    expander_.tells_definitions = tells_definitions;
  }

  const std::vector<LibraryDefinition*>& lowered_library() const { return lowered_; }

  void run(const std::vector<const Datum*>& forms) {
    std::vector<Expr*> expanded;
    expander_.expand_all(forms, expanded);
    if (diagnostics_.has_errors()) return;
    for (const Expr* form : expanded) declare_globals(*form);
    std::vector<const Core*> body;
    for (Expr* form : expanded) body.push_back(lower(*form));
    if (diagnostics_.has_errors()) return;
    std::vector<const Core*> before = std::move(initial_);
    for (const Core* definition : lower_library()) program_.body.push_back(definition);
    program_.body.insert(program_.body.end(), before.begin(), before.end());
    program_.body.insert(program_.body.end(), body.begin(), body.end());
    program_.gives_value = !body.empty();
  }

 private:
  const Core* lower(Expr& form) {
    classify(form, true, resolutions_);
    return lowering_.lower(form);
  }

  void declare_globals(const Expr& e) {
    if (e.kind == ExprKind::define) declare(e.names[0]);
    if (e.kind == ExprKind::assign && names_.find(e.names[0].text, e.span)) declare(e.names[0]);
    for (const Expr* item : e.items)
      if (item) declare_globals(*item);
  }

  /// A new global that takes the name of something in the library holds that until it is defined.
  void declare(const BoundName& name) {
    if (names_.user_global(name.text)) return;
    Global* global = names_.declare(name);
    GlobalName shadowed = names_.shadowed_by(*global);
    if (!shadowed) return;
    auto* define = program_.make<CoreDefineGlobal>(CoreKind::define_global, name.span);
    define->global = global;
    define->value = lowering_.global_ref(shadowed, name.span);
    initial_.push_back(define);
  }

  /// What this step is the first to refer to, which may refer to more; in the library's order.
  std::vector<const Core*> lower_library() {
    std::vector<LibraryDefinition>& definitions = names_.library().definitions;
    std::vector<const Core*> lowered(definitions.size());
    for (bool changed = true; changed;) {
      changed = false;
      for (size_t i = 0; i < lowered.size(); ++i) {
        LibraryDefinition& definition = definitions[i];
        if (!definition.global || definition.is_lowered) continue;
        definition.is_lowered = changed = true;
        lowered_.push_back(&definition);
        if (!definition.expr) definition.expr = library_expander_.expand(*definition.datum);
        lowered[i] = lower(*definition.expr);
      }
    }
    std::erase(lowered, nullptr);
    return lowered;
  }

  ExprArena exprs_;
  Loader loader_;
  Expander expander_;
  ResolutionArena resolutions_;
  Lowering lowering_;
  CoreProgram& program_;
  GlobalNames& names_;
  Expander& library_expander_;
  Diagnostics& diagnostics_;
  std::vector<const Core*> initial_;
  std::vector<LibraryDefinition*> lowered_;
};

bool have_changed(const Macros& before, const Macros& after) {
  if (before.size() != after.size()) return true;
  return std::any_of(after.begin(), after.end(), [&](const auto& entry) {
    auto found = before.find(entry.first);
    return found == before.end() || found->second.body != entry.second.body;
  });
}

}  // namespace

FrontendSession::FrontendSession(SourceMap& sources, FrontendOptions options)
    : state_(std::make_unique<State>(sources, std::move(options))) {}
FrontendSession::~FrontendSession() = default;

Global* FrontendSession::declare(const std::string& name) {
  return state_->names.declare({name, Span{}});
}

Global* FrontendSession::own_global(const std::string& name) {
  if (Global* known = state_->names.user_global(name)) return known;
  return state_->names.find(name, Span{}) ? nullptr : declare(name);
}

void FrontendSession::define_macro(const Datum& form) {
  const std::vector<const Datum*>& header = form.items[1]->items;
  Macro macro;
  macro.name = header[0]->text;
  macro.params = state_->globals.data.sequence(DatumKind::block, {header.begin() + 1, header.end()},
                                               form.items[1]->span);
  macro.body = form.items[2];
  macro.is_computed = true;
  state_->macros[macro.name] = macro;
}

void FrontendSession::forget_library_of_last_step() {
  for (LibraryDefinition* definition : state_->last_lowered) {
    definition->is_lowered = false;
    definition->expr = nullptr;
  }
}

std::vector<std::string> FrontendSession::names() const {
  std::vector<std::string> all = state_->names.all({});
  for (const auto& [name, macro] : state_->macros) all.push_back(name);
  return all;
}

bool FrontendSession::has_new_macros() const { return state_->has_new_macros; }

void FrontendSession::compile(CoreProgram& step, const std::vector<const Datum*>& forms,
                              Diagnostics& diagnostics, bool is_program) {
  State& s = *state_;
  const Macros before = s.macros;  // the step's own may be defined here while it is compiled
  Step work(s.sources, s.options, step, s.names, s.library_expander, diagnostics);
  work.use(s.options.macro_evaluator, is_program);
  for (const auto& [name, macro] : s.macros) work.expander().define_macro(macro);
  work.run(forms);
  s.last_lowered = work.lowered_library();
  s.macros = diagnostics.has_errors() ? before : work.expander().macros();
  s.has_new_macros = have_changed(before, s.macros);
}

}  // namespace valkc
