// The Vm's private part: what generated code does not see. Each folder of the runtime has one field.
#pragma once

#include <stdint.h>

#include "runtime/valk.h"

struct ValkRuntime {
  struct ValkHeap* heap;  ///< gc/
  Value* stack_base;      ///< lowest slot of the shadow stack in use: roots are [stack_base, sp)
  const ValkProgram* program;  ///< its globals are roots; null in tests of the heap alone
  int argc;                    ///< of the program, its own name included
  char** argv;
  struct ValkControl* control;      ///< control/
  struct ValkLoop* loop;            ///< io/
  struct ValkEvaluator* evaluator;  ///< eval/; null until it is used
  uint64_t eval_steps;      ///< eval/: units that evaluated code enters until it looks at the clock
  double eval_cpu_seconds;  ///< eval/: of the process, when evaluated code is stopped; 0: never
  volatile int eval_interrupted;  ///< eval/: set by a signal handler: evaluated code raises
};
