// What a new task and its boundary consist of. Inline, because every async goes this way.
#pragma once

#include "runtime/control/control.h"

/// valk_store of a value that is known to be young.
inline void valk_store_young(Vm* vm, Value object, int word, Value young) {
  valk_object(object)[word] = young;
  bool is_old = object - vm->nursery_base >= vm->nursery_bytes;
  if (VALK_UNLIKELY(is_old && !(*valk_object(object) & VALK_REMEMBERED))) valk_remember(vm, object);
}

/// Makes a task that is young, and has just been made, the youngest child of parent.
inline void valk_task_link_new(Vm* vm, Value task, Value parent) {
  Value* t = valk_object(task);
  Value youngest = valk_task_get(parent, VALK_TASK_CHILDREN);
  bool is_first = youngest == VALK_NIL;
  Value oldest = is_first ? task : valk_task_get(youngest, VALK_TASK_NEXT);
  t[VALK_TASK_PARENT] = parent;
  t[VALK_TASK_NEXT] = oldest;
  t[VALK_TASK_PREVIOUS] = is_first ? task : youngest;
  if (!is_first) {
    valk_store_young(vm, youngest, VALK_TASK_NEXT, task);
    valk_store_young(vm, oldest, VALK_TASK_PREVIOUS, task);
  }
  valk_store_young(vm, parent, VALK_TASK_CHILDREN, task);
}

/// Makes the words at p a task that has no parent.
inline Value valk_task_fill(Value* p, const ValkSite* site) {
  p[0] = VALK_HEADER(VALK_KIND_TASK, VALK_TASK_WORDS);
  p[VALK_TASK_K] = p[VALK_TASK_WAITS_FOR] = VALK_NIL;
  p[VALK_TASK_PARENT] = p[VALK_TASK_CHILDREN] = VALK_NIL;
  p[VALK_TASK_NEXT] = p[VALK_TASK_PREVIOUS] = VALK_NIL;
  p[VALK_TASK_SITE] = reinterpret_cast<Value>(site);
  return valk_tag_object(p);
}

/// Makes the words at p a boundary whose outer side is k and the present state of the Vm, and enters it.
inline void valk_boundary_fill(Vm* vm, Value* p, Value k, ValkBoundaryKind kind, Value result) {
  p[0] = VALK_HEADER(VALK_KIND_BOUNDARY, VALK_BOUNDARY_WORDS);
  p[VALK_BOUNDARY_K] = k;
  p[VALK_BOUNDARY_SEGMENTS] = vm->segments;
  p[VALK_BOUNDARY_OUTER] = vm->boundary;
  p[VALK_BOUNDARY_TASK_WORD] = vm->task;
  p[VALK_BOUNDARY_KIND] = VALK_FIX(kind);
  p[VALK_BOUNDARY_RESULT] = result;
  vm->boundary = valk_tag_object(p);
  vm->segments = VALK_NIL;
}
