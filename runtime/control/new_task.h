// What a new task and its boundary consist of. Inline, because every async goes this way.
#pragma once

#include <initializer_list>

#include "runtime/control/control.h"

/// The siblings that a new child of a task stands between: both nil if it is the only one.
struct ValkSiblings {
  Value youngest;
  Value oldest;
};
inline ValkSiblings valk_task_siblings_of_new(Value parent) {
  Value youngest = valk_task_get(parent, VALK_TASK_CHILDREN);
  if (youngest == VALK_NIL) return {VALK_NIL, VALK_NIL};
  return {youngest, valk_task_get(youngest, VALK_TASK_NEXT)};
}
/// True if none of those that get to know a new task has to be put into the remembered set.
inline bool valk_task_links_plainly(Vm* vm, Value parent, ValkSiblings siblings) {
  if (valk_must_be_remembered(vm, parent)) return false;
  return siblings.youngest == VALK_NIL || (!valk_must_be_remembered(vm, siblings.youngest) &&
                                           !valk_must_be_remembered(vm, siblings.oldest));
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

/// Makes a task that is young, and has just been made, the youngest child of parent; see valk_task_links_plainly.
inline void valk_task_link_plainly(Value task, Value parent, ValkSiblings siblings) {
  Value* t = valk_object(task);
  t[VALK_TASK_PARENT] = parent;
  valk_object(parent)[VALK_TASK_CHILDREN] = task;
  if (siblings.youngest == VALK_NIL) {
    t[VALK_TASK_NEXT] = t[VALK_TASK_PREVIOUS] = task;
    return;
  }
  t[VALK_TASK_NEXT] = siblings.oldest;
  t[VALK_TASK_PREVIOUS] = siblings.youngest;
  valk_object(siblings.youngest)[VALK_TASK_NEXT] = task;
  valk_object(siblings.oldest)[VALK_TASK_PREVIOUS] = task;
}

/// The same where something may have to be remembered.
inline void valk_task_link_new(Vm* vm, Value task, Value parent) {
  ValkSiblings siblings = valk_task_siblings_of_new(parent);
  valk_task_link_plainly(task, parent, siblings);
  for (Value linked : {parent, siblings.youngest, siblings.oldest})
    if (linked != VALK_NIL && VALK_UNLIKELY(valk_must_be_remembered(vm, linked)))
      valk_remember(vm, linked);
}

/// Makes the words at p a boundary whose outer side is k and the present state of the Vm, and enters it.
inline void valk_boundary_fill(Vm* vm, Value* p, Value k, ValkBoundaryKind kind, Value result) {
  p[0] = valk_boundary_header(kind);
  p[VALK_BOUNDARY_K] = k;
  p[VALK_BOUNDARY_SEGMENTS] = vm->segments;
  p[VALK_BOUNDARY_OUTER] = vm->boundary;
  p[VALK_BOUNDARY_TASK_WORD] = vm->task;
  p[VALK_BOUNDARY_RESULT] = result;
  vm->boundary = valk_tag_object(p);
  vm->segments = VALK_NIL;
}

/// valk_leave_boundary, in line.
inline void valk_leave_at_once(Vm* vm, Value, Value, Value, Value, Value) {
  Value* b = valk_object(vm->boundary);
  vm->segments = b[VALK_BOUNDARY_SEGMENTS];
  vm->task = b[VALK_BOUNDARY_TASK_WORD];
  vm->boundary = b[VALK_BOUNDARY_OUTER];
  VALK_RETURN(b[VALK_BOUNDARY_K], b[VALK_BOUNDARY_RESULT]);
}
