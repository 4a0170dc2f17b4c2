// What the evaluator executes: each unit of codegen/units.h as a vector of instructions over registers.
//
// The registers of a unit are slots of the shadow stack, vm->sp[0..n), so that the collector sees them and
// nothing else needs rooting. Control is that of compiled code: frames are ordinary frame objects, closures
// ordinary closures, every call a suspending one. machine.cpp runs this; unit_compiler.cpp makes it.
//
// Register 0 holds the constants of the program, a store whose first element is the token of its assembly;
// closures and frames have it as their last word. So whatever can run the code keeps the token alive, and
// the code is freed when the token is gone (assembly_pool.h).
#pragma once

#include "runtime/valk.h"

/// What an instruction does with its operands. d: the register that receives the result.
enum ValkEvalOp : unsigned char {
  VALK_EVAL_MOVE,        ///< d = x0
  VALK_EVAL_MOVES,       ///< the second half of the operands (registers) = the first half, at once
  VALK_EVAL_GOTO,        ///< to `target`
  VALK_EVAL_UNLESS,      ///< to `target` if x0 is false
  VALK_EVAL_NOT,         ///< d = 1 or 0
  VALK_EVAL_IS_UNSET,    ///< d = 1 or 0
  VALK_EVAL_CELL_GET,    ///< d = the content of the cell x0
  VALK_EVAL_CELL_SET,    ///< the cell x0 = x1; d = nil
  VALK_EVAL_REGISTERS,   ///< d = data(vm, sp, x…): a builtin by the register convention
  VALK_EVAL_STACK,       ///< d = data(vm, sp, n), the operands on the stack
  VALK_EVAL_OPERATION,   ///< d = valk_op_call of the ValkOp data
  VALK_EVAL_GLOBAL_GET,  ///< d = the ValkEvalGlobal data; unset: raises :unbound
  VALK_EVAL_GLOBAL_SET,  ///< the global data = x0; unset: raises :unbound; d = nil
  VALK_EVAL_GLOBAL_DEFINE,  ///< the global data = x0; a constant: raises :constant; d = nil
  VALK_EVAL_BLOCK,          ///< d = the block of the list x0 and the code x1
  VALK_EVAL_CLOSURES,       ///< the group of data makes closures
  VALK_EVAL_FRAME,          ///< d = a frame of the unit data
  VALK_EVAL_RETURN,         ///< x1 to the frame x0
  VALK_EVAL_ENTER,  ///< goes on as the block unit data: the operands are primary, params, free
  VALK_EVAL_CALL,   ///< x1 (x2 …) with continuation x0
  VALK_EVAL_CALL_BUILTIN,  ///< the suspending builtin data (x1 …) with continuation x0
  VALK_EVAL_AWAIT_TAIL,    ///< awaits x1 with continuation x0, at the ValkAwaitPlace data
  VALK_EVAL_RESET,         ///< d = the bottom of a new delimiter that goes on with x0
  VALK_EVAL_ASYNC_RESET,   ///< the same, an async boundary
  VALK_EVAL_CAPTURE,       ///< d = the continuation value of x0
  VALK_EVAL_BOTTOM,        ///< d = the bottom of the current delimiter
  VALK_EVAL_CATCH,         ///< d = the error in flight
  VALK_EVAL_THROW,         ///< raises x0
  VALK_EVAL_OPENED,        ///< notes the site as the place that has opened the handle x0
};

/// Operand x: x >= 0 is a register, otherwise ~x is a constant, an element of the store in register 0.
struct ValkEvalInstruction {
  ValkEvalOp op;
  int d;
  int first;  ///< of the operands, in the unit's vector
  int count;
  int target;  ///< GOTO, UNLESS
  /// Where an error goes: >= 0 an instruction of this unit, otherwise ~on_error is the register of a frame.
  int on_error;
  const void* data;
  const ValkSite* site;  ///< null: none
};

struct ValkEvalUnit;

/// The descriptor of a frame of evaluated code.
struct ValkEvalFrame : ValkFrame {
  const ValkEvalUnit* unit;
};

enum {
  VALK_EVAL_CONSTANTS = 0,    ///< the register
  VALK_EVAL_STORE_VALUES = 2  ///< where the elements of a store begin
};

/// What closures of evaluated code share.
struct ValkEvalFn : ValkFn {
  const ValkEvalUnit* unit;
};

/// A group of closures that are made at once: of each its function, its register and its captures.
struct ValkEvalClosure {
  const ValkEvalFn* fn;
  int d;
  const int* captures;  ///< registers
  int capture_count;
};
inline int valk_eval_closure_words(const ValkEvalClosure& c) {
  return VALK_CLOSURE_CAPTURES + c.capture_count + 1;
}
struct ValkEvalClosures {
  const ValkEvalClosure* closures;
  int count;
  int words;  ///< of all of them
};

struct ValkEvalUnit {
  const ValkEvalInstruction* code;
  const int* operands;
  int register_count;
  // Where what the unit is entered with goes: registers. A frame holds primary in its parent slot, then
  // `free`; a function has its closure, its captures in `free`, and its continuation in `primary`.
  int primary;
  int self;  ///< -1: not a function
  const int* params;
  int param_count;
  const int* free;
  int free_count;
  ValkEvalFrame frame;  ///< of frames and handlers
};

/// A global as evaluated code sees it.
struct ValkEvalGlobal {
  Value* cell;
  Value own;  ///< the cell of those that the program does not have
  const char* name;
  bool is_constant;  ///< of the program: a definition raises :constant
};

/// Entry of every function of evaluated code: takes exactly the parameters, the rest list last.
void valk_eval_enter(VALK_SUSPEND_PARAMS);
/// Code of every frame of evaluated code.
void valk_eval_continue(VALK_SUSPEND_PARAMS);
