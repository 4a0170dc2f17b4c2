// Trials: a program run many times, each time in a process of its own, so that what one run leaves behind
// cannot reach the next. The simulation and the walk through all interleavings are made of them.
#pragma once

#include <stddef.h>

/// The text that a trial printed, in a file without a name until it has been read.
struct ValkTrialOutput {
  int descriptor;
  char* text;
  size_t length;
};
struct ValkTrial {
  ValkTrialOutput out, err;
  int status;  ///< as of waitpid
};

/// Forks. True: this is the child, which is to go on. False: the child has ended, and this is how. A
/// system that refuses ends the process.
bool valk_trial_run(ValkTrial* trial);
/// Prints what a trial printed.
void valk_trial_show(const ValkTrial& trial);
/// True if two trials have printed the same to standard output.
bool valk_trial_is_same(const ValkTrial& a, const ValkTrial& b);
void valk_trial_free(ValkTrial* trial);
