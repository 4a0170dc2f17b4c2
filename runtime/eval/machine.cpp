// The machine of the evaluator: see code.h.
//
// It leaves by the trampoline in every build: whoever runs suspending code looks for a pending call when it
// returns (valk_drive), so evaluated and compiled code mix freely, and no tail call grows the stack.
#define VALK_TAIL_MODE 3
#include <time.h>

#include "runtime/eval/code.h"

#include "runtime/value/list.h"
#include "runtime/value/runtime.h"
#include "runtime/value/value.h"

/// Slots that must be free above the registers: for the scratch of jumps and the arguments of builtins.
enum { STACK_RESERVE = 1024 };

namespace {

/// One unit in execution.
struct Activation {
  Vm* vm;
  const ValkEvalUnit* unit;
  Value* r;  ///< the registers: vm->sp
  Value* top() const { return r + unit->register_count; }
  Value at(int x) const {
    return x >= 0 ? r[x] : valk_object(r[VALK_EVAL_CONSTANTS])[VALK_EVAL_STORE_VALUES + ~x];
  }
  Value operand(const ValkEvalInstruction* i, int n) const {
    return at(unit->operands[i->first + n]);
  }
};

}  // namespace

// ---- builtins -----------------------------------------------------------------------------------

template <typename Type>
static Type* as_function(const void* p) {
  return reinterpret_cast<Type*>(const_cast<void*>(p));
}

static Value call_registers(const Activation& a, const ValkEvalInstruction* i) {
  Vm* vm = a.vm;
  Value* sp = a.top();
  switch (i->count) {
    case 0:
      return as_function<Value(Vm*, Value*)>(i->data)(vm, sp);
    case 1:
      return as_function<Value(Vm*, Value*, Value)>(i->data)(vm, sp, a.operand(i, 0));
    case 2:
      return as_function<Value(Vm*, Value*, Value, Value)>(i->data)(vm, sp, a.operand(i, 0),
                                                                    a.operand(i, 1));
    case 3:
      return as_function<Value(Vm*, Value*, Value, Value, Value)>(i->data)(
          vm, sp, a.operand(i, 0), a.operand(i, 1), a.operand(i, 2));
    default:
      return as_function<Value(Vm*, Value*, Value, Value, Value, Value)>(i->data)(
          vm, sp, a.operand(i, 0), a.operand(i, 1), a.operand(i, 2), a.operand(i, 3));
  }
}

static Value call_stack(const Activation& a, const ValkEvalInstruction* i) {
  Value* sp = a.top();
  if (sp + i->count + STACK_RESERVE > a.vm->sp_limit)
    return valk_fail(a.vm, sp, ":limit", "a call of %d arguments is too long", i->count);
  for (int n = 0; n < i->count; ++n) sp[n] = a.operand(i, n);
  if (i->op == VALK_EVAL_OPERATION)
    return valk_op_call(a.vm, sp, i->count, static_cast<const ValkOp*>(i->data));
  return as_function<Value(Vm*, Value*, Fix)>(i->data)(a.vm, sp, i->count);
}

// ---- globals ------------------------------------------------------------------------------------

static Value use_global(const Activation& a, const ValkEvalInstruction* i) {
  auto* global = static_cast<const ValkEvalGlobal*>(i->data);
  const bool is_assigned = i->op != VALK_EVAL_GLOBAL_GET;
  if (VALK_UNLIKELY(is_assigned && global->is_constant))
    return valk_fail(a.vm, a.top(), ":constant", "%s is a constant of the program", global->name);
  if (VALK_UNLIKELY(i->op != VALK_EVAL_GLOBAL_DEFINE && *global->cell == VALK_UNSET)) {
    return valk_fail(a.vm, a.top(), ":unbound", "%s has no value", global->name);
  }
  if (!is_assigned) return *global->cell;
  *global->cell = a.operand(i, 0);
  return VALK_NIL;
}

// ---- objects ------------------------------------------------------------------------------------

static Value make_block(const Activation& a, const ValkEvalInstruction* i) {
  Value* b = valk_alloc(a.vm, a.top(), 3);
  if (!b) return VALK_ERR;
  b[0] = VALK_HEADER(VALK_KIND_BLOCK, 3);
  b[1] = a.operand(i, 0);
  b[2] = a.operand(i, 1);
  return valk_tag_object(b);
}

/// One reservation for the group, whose closures may point at each other. Gives nil or VALK_ERR.
static Value make_closures(const Activation& a, const ValkEvalInstruction* i) {
  auto* group = static_cast<const ValkEvalClosures*>(i->data);
  Vm* vm = a.vm;
  if (!valk_has_room(vm, group->words) && !valk_collect(vm, a.top(), group->words)) return VALK_ERR;
  for (int n = 0; n < group->count; ++n) {
    const ValkEvalClosure& c = group->closures[n];
    a.r[c.d] = valk_tag_object(valk_take(vm, valk_eval_closure_words(c)));
  }
  for (int n = 0; n < group->count; ++n) {
    const ValkEvalClosure& c = group->closures[n];
    Value* closure = valk_object(a.r[c.d]);
    closure[0] = VALK_HEADER(VALK_KIND_CLOSURE, valk_eval_closure_words(c));
    closure[VALK_CLOSURE_FN] = reinterpret_cast<Value>(static_cast<const ValkFn*>(c.fn));
    Value* captures = closure + VALK_CLOSURE_CAPTURES;
    for (int m = 0; m < c.capture_count; ++m) captures[m] = a.r[c.captures[m]];
    captures[c.capture_count] = a.r[VALK_EVAL_CONSTANTS];
  }
  return VALK_NIL;
}

/// A frame of another unit: the operands are what it keeps, the parent first.
static Value make_frame(const Activation& a, const ValkEvalInstruction* i) {
  auto* unit = static_cast<const ValkEvalUnit*>(i->data);
  int words = VALK_FRAME_PARENT + i->count + 1;
  Value* f = valk_alloc(a.vm, a.top(), words);
  if (!f) return VALK_ERR;
  const ValkFrame* descriptor = &unit->frame;
  ValkSuspend code =
      unit->frame.role == VALK_FRAME_HANDLER ? valk_pass_to_parent : valk_eval_continue;
  f[0] = VALK_FRAME_HEADER(descriptor, words);
  f[VALK_FRAME_CODE] = reinterpret_cast<Value>(code);
  for (int n = 0; n < i->count; ++n) f[VALK_FRAME_PARENT + n] = a.operand(i, n);
  f[words - 1] = a.r[VALK_EVAL_CONSTANTS];
  return valk_tag_object(f);
}

// ---- transfers ----------------------------------------------------------------------------------

/// Assigns registers at once: a value may be read from a register that is written here.
static void move_all(const Activation& a, const ValkEvalInstruction* i) {
  int n = i->count / 2;
  Value* scratch = a.top();
  for (int m = 0; m < n; ++m) scratch[m] = a.operand(i, m);
  for (int m = 0; m < n; ++m) a.r[a.unit->operands[i->first + n + m]] = scratch[m];
}

static void clear_registers(const ValkEvalUnit* unit, Value* r, Value constants) {
  for (int n = 0; n < unit->register_count; ++n) r[n] = VALK_NIL;
  r[VALK_EVAL_CONSTANTS] = constants;
}

/// The activation becomes one of a block: its operands are primary, the parameters, what is free.
static void enter_block(Activation* a, const ValkEvalInstruction* i) {
  auto* unit = static_cast<const ValkEvalUnit*>(i->data);
  int registers = a->unit->register_count > unit->register_count ? a->unit->register_count
                                                                 : unit->register_count;
  Value* scratch = a->r + registers;
  for (int n = 0; n < i->count; ++n) scratch[n] = a->operand(i, n);
  a->unit = unit;
  clear_registers(unit, a->r, a->r[VALK_EVAL_CONSTANTS]);
  a->r[unit->primary] = scratch[0];
  for (int n = 0; n < unit->param_count; ++n) a->r[unit->params[n]] = scratch[1 + n];
  for (int n = 0; n < unit->free_count; ++n)
    a->r[unit->free[n]] = scratch[1 + unit->param_count + n];
}

/// Puts the operands from `first` on where a callee expects them; gives their number.
static int pass_arguments(const Activation& a, const ValkEvalInstruction* i, int first,
                          Value* words) {
  int n = i->count - first;
  for (int m = 0; m < n; ++m) {
    Value v = a.operand(i, first + m);
    if (m < 3) words[m] = v;
    a.vm->args[m] = v;
  }
  a.vm->argc = n;
  return n;
}

static void call(const Activation& a, const ValkEvalInstruction* i) {
  Vm* vm = a.vm;
  Value words[3] = {0, 0, 0};
  Value k = a.operand(i, 0);
  if (i->op == VALK_EVAL_CALL_BUILTIN) {
    pass_arguments(a, i, 1, words);
    VALK_GOTO(as_function<void(VALK_SUSPEND_PARAMS)>(i->data), k, 0, words[0], words[1], words[2]);
  }
  Value callee = a.operand(i, 1);
  if (i->op == VALK_EVAL_AWAIT_TAIL)
    VALK_GOTO(valk_await_tail, k, reinterpret_cast<Value>(i->data), callee, 0, 0);
  int n = pass_arguments(a, i, 2, words);
  VALK_GOTO(valk_suspend_entry(callee, n < 4 ? n : 4), k, callee, words[0], words[1], words[2]);
}

static void return_to(const Activation& a, const ValkEvalInstruction* i) {
  Vm* vm = a.vm;
  Value k = a.operand(i, 0);
  VALK_RETURN(k, a.operand(i, 1));
}

static void raise_at(Vm* vm, Value k) { VALK_GOTO(valk_raise, k, VALK_NIL, 0, 0, 0); }

// ---- the loop -----------------------------------------------------------------------------------

/// Instructions that give a value, or VALK_ERR with an error in flight.
static Value compute(const Activation& a, const ValkEvalInstruction* i) {
  Vm* vm = a.vm;
  switch (i->op) {
    case VALK_EVAL_REGISTERS:
      return call_registers(a, i);
    case VALK_EVAL_STACK:
    case VALK_EVAL_OPERATION:
      return call_stack(a, i);
    case VALK_EVAL_GLOBAL_GET:
    case VALK_EVAL_GLOBAL_SET:
    case VALK_EVAL_GLOBAL_DEFINE:
      return use_global(a, i);
    case VALK_EVAL_BLOCK:
      return make_block(a, i);
    case VALK_EVAL_FRAME:
      return make_frame(a, i);
    case VALK_EVAL_RESET:
      return valk_push_reset(vm, a.top(), a.operand(i, 0));
    case VALK_EVAL_ASYNC_RESET:
      return valk_push_async_reset(vm, a.top(), a.operand(i, 0));
    case VALK_EVAL_CAPTURE:
      return valk_capture(vm, a.top(), a.operand(i, 0));
    case VALK_EVAL_THROW:
      return valk_rethrow(vm, a.top(), a.operand(i, 0));
    default:
      return VALK_NIL;
  }
}

/// Executes from the beginning of a unit until control leaves.
static void execute(Activation a) {
  const ValkEvalInstruction* i = a.unit->code;
  for (;; ++i) {
    switch (i->op) {
      case VALK_EVAL_MOVE:
        a.r[i->d] = a.operand(i, 0);
        continue;
      case VALK_EVAL_MOVES:
        move_all(a, i);
        continue;
      case VALK_EVAL_GOTO:
        i = a.unit->code + i->target - 1;
        continue;
      case VALK_EVAL_UNLESS:
        if (!valk_is_true(a.operand(i, 0))) i = a.unit->code + i->target - 1;
        continue;
      case VALK_EVAL_NOT:
        a.r[i->d] = valk_bool(!valk_is_true(a.operand(i, 0)));
        continue;
      case VALK_EVAL_IS_UNSET:
        a.r[i->d] = valk_bool(a.operand(i, 0) == VALK_UNSET);
        continue;
      case VALK_EVAL_CELL_GET:
        a.r[i->d] = valk_object(a.operand(i, 0))[1];
        continue;
      case VALK_EVAL_CELL_SET:
        valk_store(a.vm, a.operand(i, 0), 1, a.operand(i, 1));
        a.r[i->d] = VALK_NIL;
        continue;
      case VALK_EVAL_BOTTOM:
        a.r[i->d] = valk_bottom(a.vm);
        continue;
      case VALK_EVAL_CATCH:
        a.r[i->d] = valk_catch(a.vm, a.top());
        continue;
      case VALK_EVAL_ENTER:
        enter_block(&a, i);
        i = a.unit->code - 1;
        continue;
      case VALK_EVAL_OPENED:
        valk_handle_opened(a.operand(i, 0), i->site);
        continue;
      case VALK_EVAL_RETURN:
        return return_to(a, i);
      case VALK_EVAL_CALL:
      case VALK_EVAL_CALL_BUILTIN:
      case VALK_EVAL_AWAIT_TAIL:
        return call(a, i);
      case VALK_EVAL_CLOSURES:
        if (make_closures(a, i) != VALK_ERR) continue;
        break;
      default: {
        Value v = compute(a, i);
        if (VALK_LIKELY(v != VALK_ERR)) {
          a.r[i->d] = v;
          continue;
        }
      }
    }
    if (i->site) valk_traced(a.vm, i->site);
    if (i->on_error < 0) return raise_at(a.vm, a.r[~i->on_error]);
    i = a.unit->code + i->on_error - 1;
  }
}

/// How many units are entered between two looks at the clock.
enum : uint64_t { STEPS_PER_LOOK = 4096 };

static bool is_out_of_time(const ValkRuntime* runtime) {
  const double end = runtime->eval_cpu_seconds;
  return end > 0 && static_cast<double>(clock()) / CLOCKS_PER_SEC > end;
}

/// What may_enter does seldom; *k survives.
VALK_COLD static bool look_around(Vm* vm, const ValkEvalUnit* unit, Value* k) {
  ValkRuntime* runtime = vm->runtime;
  if (vm->sp + unit->register_count + STACK_RESERVE >= vm->sp_limit) {
    valk_stack_overflow(vm, nullptr);
    return false;
  }
  const bool is_late = is_out_of_time(runtime);
  runtime->eval_steps = is_late ? 1 : +STEPS_PER_LOOK;
  if (!is_late && !runtime->eval_interrupted) return true;
  vm->sp[0] = *k;
  valk_fail(vm, vm->sp + 1, is_late ? ":limit" : ":interrupted",
            is_late ? "it runs for too long" : "interrupted");
  *k = vm->sp[0];
  return false;
}

/// May this unit be entered? Else an error is raised, to be thrown at *k. Every loop enters units, so this
/// is also where code that runs for too long, or that the user interrupts, is stopped: from then on at
/// every entry, so that no handler of its own keeps it going.
static bool may_enter(Vm* vm, const ValkEvalUnit* unit, Value* k) {
  ValkRuntime* runtime = vm->runtime;
  if (VALK_LIKELY(--runtime->eval_steps != 0 && !runtime->eval_interrupted &&
                  vm->sp + unit->register_count + STACK_RESERVE < vm->sp_limit))
    return true;
  return look_around(vm, unit, k);
}

void valk_eval_enter(VALK_SUSPEND_PARAMS) {
  const ValkEvalUnit* unit = static_cast<const ValkEvalFn*>(valk_closure_fn(self))->unit;
  Value* r = vm->sp;
  if (!may_enter(vm, unit, &k)) return raise_at(vm, k);
  const Value* captures = valk_object(self) + VALK_CLOSURE_CAPTURES;
  clear_registers(unit, r, captures[unit->free_count]);
  r[unit->primary] = k;
  r[unit->self] = self;
  for (int n = 0; n < unit->param_count; ++n)
    r[unit->params[n]] = n == 0 ? a0 : n == 1 ? a1 : n == 2 ? a2 : vm->args[n];
  for (int n = 0; n < unit->free_count; ++n) r[unit->free[n]] = captures[n];
  execute({vm, unit, r});
}

/// k is the frame, self the value (or, of a handler, the error).
VALK_CODE void valk_eval_continue(VALK_SUSPEND_PARAMS) {
  auto* descriptor = static_cast<const ValkEvalFrame*>(valk_frame_descriptor(k));
  const ValkEvalUnit* unit = descriptor->unit;
  Value* r = vm->sp;
  Value parent = valk_object(k)[VALK_FRAME_PARENT];
  if (!may_enter(vm, unit, &parent)) return raise_at(vm, parent);
  const Value* captures = valk_object(k) + VALK_FRAME_CAPTURES;
  clear_registers(unit, r, captures[unit->free_count]);
  r[unit->primary] = parent;
  for (int n = 0; n < unit->free_count; ++n) r[unit->free[n]] = captures[n];
  if (unit->param_count > 0) r[unit->params[0]] = self;
  execute({vm, unit, r});
}
