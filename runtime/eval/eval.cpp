// What a compiled program calls of the evaluator: see prims/eval.def, and ValkProgram::evaluate.
#include <fstream>
#include <iterator>
#include <string>

#include "runtime/control/control.h"
#include "runtime/eval/compile_time.h"

/// Like machine.cpp, this leaves by the trampoline: C++ objects live here, and their destructors must run
/// before control goes on.
static void go(Vm* vm, ValkSuspend next, Value k, Value self) {
  vm->next = next;
  vm->next_k = k;
  vm->next_self = self;
  vm->next_a0 = vm->next_a1 = vm->next_a2 = 0;
}

/// The program's evaluator, whose code may define macros.
static valkc::Evaluator& evaluator(Vm* vm) {
  valkc::Evaluator& found = valkc::evaluator_of(vm);
  if (!found.options().macro_evaluator) {
    static valkc::EvaluatedMacros macros(
        [vm]() -> valkc::Evaluator& { return valkc::evaluator_of(vm); });
    found.options().macro_evaluator = &macros;
  }
  return found;
}

/// Enters compiled code with the continuation that is kept at vm->sp[0], or raises there.
static void enter(Vm* vm, Value code) {
  if (code == VALK_ERR) return go(vm, valk_raise, vm->sp[0], VALK_NIL);
  go(vm, valk_suspend_entry(code, 0), vm->sp[0], code);
}

void valk_evaluate_list(VALK_SUSPEND_PARAMS) {
  (void)self;
  vm->sp[0] = k;
  vm->sp[1] = a0;
  enter(vm, evaluator(vm).compile_list(vm->sp + 2, a0));
}

/// The code of the file at a path, or VALK_ERR.
static Value load_code(Vm* vm, Value* sp, Value path) {
  if (!valk_is_kind(path, VALK_KIND_STRING))
    return valk_fail_type(vm, sp, "load", 1, "a string", path);
  const std::string name(valk_string_bytes(path), valk_string_length(path));
  std::ifstream in(name, std::ios::binary);
  if (!in) return valk_fail(vm, sp, ":io", "load: cannot read `%s`", name.c_str());
  const std::string text(std::istreambuf_iterator<char>(in), {});
  return evaluator(vm).compile_text(sp, name, text);
}

void valk_load(VALK_SUSPEND_PARAMS) {
  (void)self;
  vm->sp[0] = k;
  vm->sp[1] = a0;
  enter(vm, load_code(vm, vm->sp + 2, a0));
}

Value valk_define_constant(Vm* vm, Value*, Value name, Value v) {
  const std::string text(valk_symbol_bytes(name), valk_symbol_length(name));
  valkc::evaluator_of(vm).define_constant(text, v);
  return VALK_NIL;
}

Value valk_define_macros(Vm* vm, Value*, Value text) {
  valkc::evaluator_of(vm).define_macros({valk_string_bytes(text), valk_string_length(text)});
  return VALK_NIL;
}
