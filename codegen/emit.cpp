// Emission of C++.
//
// Input:       closed CPS, analysed for suspension.
// Output:      one C++ file: constants, sites, prototypes, descriptors, code, globals, the program.
// Requires:    stage closed.
// Establishes: determinism: order of emission is order of appearance, and names are numbered.
//
// Each function is cut into units (units.h), once per version, and each unit becomes a C++ function
// (unit_emitter.h). This file gives functions their names and lays out the file.
#include "codegen/emit.h"

#include <unordered_map>

#include "codegen/divide.h"
#include "codegen/unit_emitter.h"

namespace valkc {
namespace {

/// A unit whose fast version is longer than this has only the complete one: where hundreds of variables are
/// alive at once, what each point stores to leave would be quadratic.
constexpr size_t MAX_FAST_TEXT = 200'000;

/// Code shorter than this, which compiles in a second or two, is not divided.
constexpr size_t MIN_DIVIDED_BYTES = 500'000;

class ProgramEmitter {
 public:
  ProgramEmitter(const Program& program, const SourceMap& sources, const EmitOptions& options)
      : program_(program), names_(program, sources, options) {}
  std::string run();

 private:
  void collect(Fun* f);
  void collect_term(Term* t, const Fun* f);
  void note_tail_call(const Call* c, const Fun* f);
  void emit_function(Fun* f);
  void emit_unit(Units& units, Code* unit);
  void emit_descriptor(const Fun* f);
  std::string direct_entry(const Fun* f, size_t n) const;
  std::string suspend_entry(const Fun* f, size_t n) const;
  std::string signature(const Fun* f) const;
  std::string globals();
  std::string names_for_evaluator();
  std::string program();

  const Program& program_;
  ProgramNames names_;
  std::vector<Fun*> funs_;
  std::unordered_set<const Fun*> uniform_;  ///< a tail call enters or leaves it
  std::unordered_map<std::string, int> taken_;
  std::vector<std::string> closures_;   ///< what describes each function
  std::vector<std::string> functions_;  ///< their text
  size_t code_bytes_ = 0;
};

void ProgramEmitter::collect(Fun* f) {
  std::string base = f->name.empty() ? "lambda" : cpp_identifier(f->name);
  int n = taken_[base]++;
  names_.funs[f] = n == 0 ? base : base + "_" + std::to_string(n);
  funs_.push_back(f);
  collect_term(f->body, f);
}

void ProgramEmitter::collect_term(Term* t, const Fun* f) {
  while (t) {
    switch (t->kind) {
      case TermKind::let:
        t = static_cast<Let*>(t)->next;
        break;
      case TermKind::let_fun:
        for (Fun* g : static_cast<LetFun*>(t)->funs) collect(g);
        t = static_cast<LetFun*>(t)->next;
        break;
      case TermKind::let_cont:
        for (Cont* k : static_cast<LetCont*>(t)->conts) collect_term(k->body, f);
        t = static_cast<LetCont*>(t)->next;
        break;
      case TermKind::if_:
        collect_term(static_cast<If*>(t)->consequent, f);
        t = static_cast<If*>(t)->alternative;
        break;
      case TermKind::reset:
        t = static_cast<PushReset*>(t)->body;
        break;
      case TermKind::shift:
        t = static_cast<Shift*>(t)->body;
        break;
      case TermKind::try_:
        collect_term(static_cast<PushTry*>(t)->handler, f);
        t = static_cast<PushTry*>(t)->body;
        break;
      case TermKind::call:
        return note_tail_call(static_cast<Call*>(t), f);
      case TermKind::jump:
      case TermKind::raise:
        return;
    }
  }
}

/// A tail call wants caller and callee to have one prototype.
void ProgramEmitter::note_tail_call(const Call* c, const Fun* f) {
  if (c->cont != f->ret) return;
  uniform_.insert(f);
  if (c->callee.kind == AtomKind::fun) uniform_.insert(c->callee.fun);
}

void ProgramEmitter::emit_function(Fun* f) {
  for (Version v : {Version::direct, Version::suspending}) {
    if (!has_version(f, v)) continue;
    Units units(program_, f, v);
    for (auto& code : units.codes())
      if (code->is_unit) emit_unit(units, code.get());
  }
  emit_descriptor(f);
}

/// The fast version, and if that can leave, the complete one; or the complete one alone.
void ProgramEmitter::emit_unit(Units& units, Code* unit) {
  Points points;
  if (units.fun()->has_fast_version) {
    const size_t bodies = names_.bodies.size(), forward = names_.forward.size();
    const UnitFacts facts(units, unit);
    UnitEmitter(names_, units, unit, points, &facts).emit();
    if (!points.any()) return;
    if (names_.bodies.size() - bodies > MAX_FAST_TEXT) {
      names_.bodies.resize(bodies);
      names_.forward.resize(forward);
      points = {};
    }
  }
  UnitEmitter(names_, units, unit, points).emit();
}

// ---- descriptors --------------------------------------------------------------------------------

/// The entry for n arguments; n = 4 stands for four or more.
std::string ProgramEmitter::direct_entry(const Fun* f, size_t n) const {
  size_t arity = f->params.size();
  std::string slot = std::to_string(n);
  if (!has_version(f, Version::direct)) return "valk_direct_nested_" + slot;
  if (n == 4 && arity >= 4) return "valk_direct_many";
  if (n < arity) return (n == 0 ? "valk_direct_arity_" : "valk_direct_partial_") + slot;
  if (f->rest) return "valk_direct_rest_" + slot;
  if (n > arity) return "valk_direct_arity_" + slot;
  return entry_name(names_, f, Version::direct);
}

std::string ProgramEmitter::suspend_entry(const Fun* f, size_t n) const {
  size_t arity = f->params.size();
  std::string slot = std::to_string(n);
  if (!has_version(f, Version::suspending)) return "valk_suspend_lifted_" + slot;
  if (n == 4 && arity >= 4) return "valk_suspend_many";
  if (n < arity) return (n == 0 ? "valk_suspend_arity_" : "valk_suspend_partial_") + slot;
  if (f->rest) return "valk_suspend_rest_" + slot;
  if (n > arity) return "valk_suspend_arity_" + slot;
  return entry_name(names_, f, Version::suspending);
}

std::string ProgramEmitter::signature(const Fun* f) const {
  std::string text = "(" + (f->name.empty() ? "\\" : f->name);
  for (const Var* p : f->params) text += " " + p->name;
  if (f->rest) text += " & " + f->rest->name;
  return text + ")";
}

void ProgramEmitter::emit_descriptor(const Fun* f) {
  const std::string& name = names_.funs.at(f);
  std::string text = "static const ValkFn fn_" + name + " = {" + cpp_string(f->name) + ", " +
                     cpp_string(signature(f)) + ", " +
                     names_.sites.site(f->span, f->name, program_) + ", " +
                     std::to_string(f->params.size()) + ", " + (f->rest ? "1" : "0") + ",\n  {";
  for (size_t n = 0; n < 5; n++) text += (n ? ", " : "") + direct_entry(f, n);
  text += "},\n  {";
  for (size_t n = 0; n < 5; n++) text += (n ? ", " : "") + suspend_entry(f, n);
  text += "},\n  ";
  text += has_version(f, Version::direct) ? entry_name(names_, f, Version::direct)
                                          : "valk_direct_nested_body";
  text += ", ";
  text += has_version(f, Version::suspending) ? entry_name(names_, f, Version::suspending)
                                              : "valk_suspend_lifted_body";
  text += "};\n";
  if (f->captures.empty())
    text += "static const ValkStaticClosure c_" + name +
            " = {VALK_HEADER(VALK_KIND_CLOSURE, 2), &fn_" + name + "};\n";
  closures_.push_back(std::move(text));
}

// ---- the file -----------------------------------------------------------------------------------

std::string ProgramEmitter::globals() {
  std::string text;
  for (const Global* g : program_.globals) {
    const std::string& name = names_.globals.at(g);
    std::string first = g->external ? names_.primitives.external(*g) : "VALK_UNSET";
    text += "static Value " + name + " = " + first + ";  // " + g->name + "\n";
  }
  return text;
}

/// The user's variables, by name.
std::string ProgramEmitter::names_for_evaluator() {
  std::string text = "void valk_evaluate_list(Vm*, Value, Value, Value, Value, Value);\n";
  text += "static const ValkNamedGlobal program_names[] = {";
  for (const Global* g : program_.globals)
    if (!g->is_library && !g->is_constant)
      text += "{" + cpp_string(g->name) + ", &" + names_.globals.at(g) + "}, ";
  return text + "{nullptr, nullptr}};\n";
}

std::string ProgramEmitter::program() {
  std::string text = "static Value* const program_globals[] = {";
  for (const Global* g : program_.globals) text += "&" + names_.globals.at(g) + ", ";
  text += "nullptr};\n";
  const bool needs_evaluator = program_.core && program_.core->needs_evaluator;
  if (needs_evaluator) text += names_for_evaluator();
  text += "static const ValkProgram program = {" + cpp_string(names_.options.program_name) +
          ", VALK_STATIC(c_" + names_.funs.at(program_.main) + "), program_globals, " +
          std::to_string(program_.globals.size()) + ", 0" +
          (needs_evaluator ? ", valk_evaluate_list, program_names" : ", nullptr, nullptr") +
          (names_.options.tasks_on_fibers ? ", true" : "") + "};\n\n";
  return text + "int main(int argc, char** argv) { return valk_main(argc, argv, &program); }\n";
}

std::string ProgramEmitter::run() {
  for (const Global* g : program_.globals) {
    std::string base = "g_" + cpp_identifier(g->name);
    int n = taken_[base]++;
    names_.globals[g] = n == 0 ? base : base + "_" + std::to_string(n);
  }
  for (Fun* f : program_.top_level) collect(f);
  collect(program_.main);
  for (Fun* f : funs_)
    if (!uniform_.count(f)) names_.exact.insert(f);
  for (Fun* f : funs_) {
    emit_function(f);
    code_bytes_ += names_.bodies.size();
    functions_.push_back(std::move(names_.bodies));
    names_.bodies.clear();
  }
  CppSections sections;
  sections.program = program();
  sections.globals = globals();  // declares externs
  sections.builtins = names_.primitives.declarations();
  sections.constants = names_.constants.declarations();
  sections.sites = names_.sites.declarations();
  sections.forward = std::move(names_.forward);
  sections.frames = std::move(names_.descriptors);
  sections.closures = std::move(closures_);
  sections.functions = std::move(functions_);
  const std::string heading =
      "// Made by valkc from " + names_.options.program_name + ". Do not edit.\n";
  if (code_bytes_ < MIN_DIVIDED_BYTES) return join_sections(heading, sections);
  return divide_sections(heading, sections);
}

}  // namespace

std::string emit_cpp(const Program& program, const SourceMap& sources, const EmitOptions& options) {
  return ProgramEmitter(program, sources, options).run();
}

}  // namespace valkc
