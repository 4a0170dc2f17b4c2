// See trials.h.
#include "runtime/control/trials.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

[[noreturn]] static void fail_system(const char* what) {
  fprintf(stderr, "valk: VALK_SIM: %s: %s\n", what, strerror(errno));
  _exit(1);
}

static ValkTrialOutput make_output() {
  ValkTrialOutput output = {memfd_create("simulation", MFD_CLOEXEC), nullptr, 0};
  if (output.descriptor < 0) fail_system("no file for the output");
  return output;
}

static void read_output(ValkTrialOutput* output) {
  off_t size = lseek(output->descriptor, 0, SEEK_END);
  output->length = size > 0 ? static_cast<size_t>(size) : 0;
  output->text = static_cast<char*>(malloc(output->length + 1));
  if (!output->text) fail_system("no memory for the output");
  ssize_t got = pread(output->descriptor, output->text, output->length, 0);
  if (got < 0) fail_system("the output cannot be read");
  close(output->descriptor);
}

static void show(const ValkTrialOutput& output, int descriptor) {
  for (size_t at = 0; at < output.length;) {
    ssize_t written = write(descriptor, output.text + at, output.length - at);
    if (written <= 0) return;
    at += static_cast<size_t>(written);
  }
}

bool valk_trial_run(ValkTrial* trial) {
  *trial = {make_output(), make_output(), 0};
  pid_t child = fork();
  if (child < 0) fail_system("fork");
  if (child == 0) {
    dup2(trial->out.descriptor, STDOUT_FILENO);
    dup2(trial->err.descriptor, STDERR_FILENO);
    return true;
  }
  while (waitpid(child, &trial->status, 0) < 0 && errno == EINTR) {
  }
  read_output(&trial->out);
  read_output(&trial->err);
  return false;
}

void valk_trial_show(const ValkTrial& trial) {
  show(trial.out, STDOUT_FILENO);
  show(trial.err, STDERR_FILENO);
}

bool valk_trial_is_same(const ValkTrial& a, const ValkTrial& b) {
  return a.out.length == b.out.length && memcmp(a.out.text, b.out.text, a.out.length) == 0;
}

void valk_trial_free(ValkTrial* trial) {
  free(trial->out.text);
  free(trial->err.text);
}
