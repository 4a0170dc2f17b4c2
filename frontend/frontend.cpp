// The order of the frontend's work, and what is known only of the whole program: which definitions of
// the library it reaches, and whether literals need code.
#include "frontend/frontend.h"

#include <algorithm>
#include <iterator>
#include <unordered_set>

#include "frontend/classify.h"
#include "frontend/expander.h"
#include "frontend/globals.h"
#include "frontend/library.h"
#include "frontend/lower.h"
#include "frontend/names.h"

namespace valkc {

namespace {

class Frontend {
 public:
  Frontend(SourceMap& sources, Diagnostics& diagnostics, const FrontendOptions& options)
      : sources_(sources),
        diagnostics_(diagnostics),
        options_(options),
        loader_(sources, diagnostics, program_.data, options.include_dirs),
        library_expander_(sources, diagnostics, program_.data, exprs_, loader_),
        expander_(sources, diagnostics, program_.data, exprs_, loader_),
        names_(program_, library_) {
    expander_.macro_evaluator = options.macro_evaluator;
    expander_.tells_definitions = true;
  }

  /// Reads the library and expands the program's own forms.
  const std::vector<Expr*>& expand() {
    for (const LibrarySource& source : options_.library)
      index_library(source, sources_, program_.data, diagnostics_, library_expander_, library_);
    for (const auto& [name, macro] : library_expander_.macros()) expander_.define_macro(macro);
    expand_file(options_.main_path, options_.main_text);
    for (const std::string& path : options_.more_paths) expand_file(path, {});
    return forms_;
  }

  CoreProgram compile() {
    expand();
    for (Expr* form : forms_) hoist(form);
    blocks_are_code_ = mentions_eval();
    for (const Expr* form : top_level_) declare_globals(*form);
    lower_program();
    program_.files = loader_.files();
    if (diagnostics_.has_errors()) return std::move(program_);
    compute_constant_globals(program_);
    program_.needs_evaluator = needs_evaluator(program_, library_);
    if (program_.needs_evaluator) program_.macros = text_of_macros();
    check_calls(program_, library_, diagnostics_);
    return std::move(program_);
  }

 private:
  void expand_file(const std::string& path, const std::optional<std::string>& text) {
    auto data = loader_.enter_main(path, text);
    if (!data) return;
    expander_.expand_all(*data, forms_);
    loader_.leave();
  }

  /// Sequences at top level (of `load`, `do` and several names) are forms of their own, unless they
  /// hold a temporary.
  void hoist(Expr* form) {
    bool is_plain = form->kind == ExprKind::seq &&
                    std::none_of(form->items.begin(), form->items.end(), [](const Expr* item) {
                      return item->kind == ExprKind::bind_temp;
                    });
    if (!is_plain) return top_level_.push_back(form);
    for (Expr* item : form->items) hoist(item);
  }

  // ---- whole-program questions ----

  Expr* expr_of(LibraryDefinition& definition) {
    if (!definition.expr) definition.expr = library_expander_.expand(*definition.datum);
    return definition.expr;
  }

  /// Can any literal reach an `eval`? By name, so that locals of the same names count as well.
  bool mentions_eval() {
    seen_.clear();
    return std::any_of(top_level_.begin(), top_level_.end(),
                       [&](const Expr* form) { return reaches_eval(*form); });
  }

  bool reaches_eval(const Expr& e) {
    if (e.kind == ExprKind::block) return false;
    if (e.kind == ExprKind::name && name_reaches_eval(e.text)) return true;
    return std::any_of(e.items.begin(), e.items.end(),
                       [&](const Expr* item) { return item && reaches_eval(*item); });
  }

  bool name_reaches_eval(const std::string& name) {
    if (name == "eval") return true;
    if (!seen_.insert(name).second) return false;
    LibraryDefinition* definition = library_.find(name);
    if (definition) return reaches_eval(*expr_of(*definition));
    const Primitive* p = find_primitive(name);
    return p && p->has(EFFECT_SUSPENDS);
  }

  void declare_globals(const Expr& e) {
    if (e.kind == ExprKind::block && !blocks_are_code_) return;
    if (e.kind == ExprKind::define || e.kind == ExprKind::external) names_.declare(e.names[0]);
    // `set!` of a name of the library makes it the program's own.
    if (e.kind == ExprKind::assign && names_.find(e.names[0].text, e.span)) {
      names_.declare(e.names[0]);
    }
    for (const Expr* item : e.items) {
      if (item) declare_globals(*item);
    }
  }

  /// Evaluated code may call the macros that are in force at the end of the program.
  std::string text_of_macros() {
    std::vector<const Macro*> own;
    for (const auto& [name, macro] : expander_.macros()) {
      auto found = library_expander_.macros().find(name);
      if (found == library_expander_.macros().end() || found->second.body != macro.body)
        own.push_back(&macro);
    }
    std::sort(own.begin(), own.end(),
              [](const Macro* a, const Macro* b) { return a->name < b->name; });
    std::string text;
    for (const Macro* macro : own) text += to_text(*macro) + "\n";
    return text;
  }

  // ---- lowering ----

  const Core* lower_form(Expr& form, Lowering& lowering) {
    classify(form, blocks_are_code_, resolutions_);
    return lowering.lower(form);
  }

  void lower_program() {
    Lowering lowering(program_, names_, diagnostics_, blocks_are_code_);
    std::vector<const Core*> user;
    for (Expr* form : top_level_) {
      const Core* core = lower_form(*form, lowering);
      if (core->kind != CoreKind::constant) user.push_back(core);
    }
    set_initial_values(lowering);
    program_.body = lower_library(lowering);
    program_.body.insert(program_.body.end(), user.begin(), user.end());
  }

  /// A global that takes the name of something in the library holds that until it is defined.
  void set_initial_values(Lowering& lowering) {
    size_t count = program_.globals().size();
    for (size_t i = 0; i < count; ++i) {
      Global& global = program_.globals()[i];
      GlobalName shadowed = names_.shadowed_by(global);
      if (shadowed) global.initial = lowering.global_ref(shadowed, global.span);
    }
  }

  /// Lowers what has been referred to, which may refer to more, until nothing is new.
  std::vector<const Core*> lower_library(Lowering& lowering) {
    std::vector<const Core*> lowered(library_.definitions.size());
    for (bool changed = true; changed;) {
      changed = false;
      for (size_t i = 0; i < lowered.size(); ++i) {
        LibraryDefinition& definition = library_.definitions[i];
        if (!definition.global || lowered[i]) continue;
        lowered[i] = lower_form(*expr_of(definition), lowering);
        changed = true;
      }
    }
    lowered.erase(std::remove(lowered.begin(), lowered.end(), nullptr), lowered.end());
    return lowered;
  }

  SourceMap& sources_;
  Diagnostics& diagnostics_;
  const FrontendOptions& options_;
  CoreProgram program_;
  ExprArena exprs_;
  Loader loader_;
  /// The library is expanded with its own macros only, whatever the program calls its own.
  Expander library_expander_;
  Expander expander_;
  Library library_;
  GlobalNames names_;
  ResolutionArena resolutions_;
  std::vector<Expr*> forms_;
  std::vector<Expr*> top_level_;
  std::unordered_set<std::string> seen_;
  bool blocks_are_code_ = false;
};

}  // namespace

CoreProgram compile_frontend(SourceMap& sources, Diagnostics& diagnostics,
                             const FrontendOptions& options) {
  return Frontend(sources, diagnostics, options).compile();
}

std::string print_expanded(SourceMap& sources, Diagnostics& diagnostics,
                           const FrontendOptions& options) {
  Frontend frontend(sources, diagnostics, options);
  std::string out;
  for (const Expr* form : frontend.expand()) out += to_text(*form) + "\n";
  return out;
}

}  // namespace valkc
