// What is said on standard error about tasks: failures that nobody awaits, deadlocks, the tree.
#include <stdio.h>
#include <stdlib.h>

#include "runtime/control/control.h"
#include "runtime/control/table.h"
#include "runtime/prims/output.h"
#include "runtime/value/error.h"
#include "runtime/value/print.h"

// ---- failures of this turn ----------------------------------------------------------------------

void valk_failed_push(Vm* vm, Value task, Value parent) {
  ValkControl* c = valk_control(vm);
  if (c->failed_count == c->failed_capacity) {
    size_t capacity = c->failed_capacity ? 2 * c->failed_capacity : 16;
    void* grown = realloc(c->failed, capacity * sizeof(ValkFailed));
    if (!grown) return;  // only a warning is lost
    c->failed = static_cast<ValkFailed*>(grown);
    c->failed_capacity = capacity;
  }
  c->failed[c->failed_count++] = {task, parent};
}

void valk_add_spawn_place(ValkText* text, Value task) {
  auto site = valk_task_site(task);
  if (site) text->add_format(" (spawned at %s:%u)", site->file, site->line);
}

void valk_add_task_name(ValkText* text, Value task) {
  Value side = valk_task_side_or_nil(task);
  if (side == VALK_NIL || valk_object(side)[VALK_SIDE_NAME] == VALK_NIL) return;
  text->add(" ");
  valk_print_value(text, valk_object(side)[VALK_SIDE_NAME], false);
}

static void write_text(Vm* vm, const ValkText& text) {
  valk_flush_output(vm);
  fwrite(text.bytes(), 1, text.length(), stderr);
}

static void report_failure(Vm* vm, Value task) {
  ValkText text;
  Value error = valk_task_get(task, VALK_TASK_K);
  text.add("warning: task");
  valk_add_task_name(&text, task);
  text.add(" failed and nobody awaits it: ");
  valk_print_value(&text, valk_is_error(error) ? valk_object(error)[VALK_ERROR_MESSAGE] : error,
                   false);
  valk_add_spawn_place(&text, task);
  text.add("\n");
  write_text(vm, text);
}

/// A child of a scope has failed: the scope's body and other children are cancelled.
static void fail_scope(Vm* vm, Value scope) {
  if (valk_task_has(scope, VALK_TASK_SCOPE_FAILED)) return;
  valk_task_add(scope, VALK_TASK_SCOPE_FAILED);
  valk_task_cancel(vm, scope);
}

void valk_report_failures(Vm* vm) {
  ValkControl* c = valk_control(vm);
  for (size_t i = 0; i < c->failed_count; ++i) {
    ValkFailed failed = c->failed[i];
    if (valk_task_has(failed.task, VALK_TASK_AWAITED)) continue;
    bool in_scope = valk_task_has(failed.parent, VALK_TASK_SCOPE) &&
                    valk_task_state(failed.parent) < VALK_TASK_JOINING;
    in_scope ? fail_scope(vm, failed.parent) : report_failure(vm, failed.task);
  }
  c->failed_count = 0;
}

// ---- deadlocks ---------------------------------------------------------------------------------

Value valk_next_in_tree(Value task) {
  Value youngest = valk_task_get(task, VALK_TASK_CHILDREN);
  if (youngest != VALK_NIL) return valk_task_get(youngest, VALK_TASK_NEXT);
  for (;;) {
    Value parent = valk_task_get(task, VALK_TASK_PARENT);
    if (parent == VALK_NIL) return VALK_NIL;
    if (valk_task_get(parent, VALK_TASK_CHILDREN) != task)
      return valk_task_get(task, VALK_TASK_NEXT);
    task = parent;
  }
}

void valk_report_deadlock(Vm* vm) {
  Value* sp = vm->sp;
  for (sp[0] = valk_control(vm)->root; sp[0] != VALK_NIL; sp[0] = valk_next_in_tree(sp[0])) {
    if (valk_task_state(sp[0]) != VALK_TASK_PARKED) continue;
    valk_fail(vm, sp + 1, ":deadlock", "deadlock: nothing can ever wake this task");
    valk_trace_frames(vm, valk_task_get(sp[0], VALK_TASK_K));
    Value error = valk_catch(vm, sp + 1);
    Value made_at = reinterpret_cast<Value>(valk_task_site(sp[0]));
    valk_report_error(vm, valk_error_spawned(vm, sp + 1, error, made_at));
  }
}

// ---- printing -----------------------------------------------------------------------------------

bool valk_print_control_value(ValkText* text, Value v) {
  if (valk_is_task_value(v)) {
    text->add("<task");
    valk_add_task_name(text, v);
    text->add(">");
    return true;
  }
  if (const char* name = valk_handle_name(v)) {
    text->add_format("<%s>", name);
    return true;
  }
  return false;
}
