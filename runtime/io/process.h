// Child processes: what process.cpp (the child and its pipes) and process_ops.cpp (what programs call)
// share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/io/uv.h"

struct ValkProcess;

/// One pipe of a child, our end.
struct ValkChildPipe {
  uv_pipe_t handle{};
  ValkProcess* process = nullptr;
  bool is_open = false;    ///< libuv has not closed it yet
  bool ended = false;      ///< there is nothing more to read
  bool is_paused = false;  ///< reading waits for the program
  std::string bytes;       ///< what nobody has taken yet
  std::optional<ValkOpId> reader;
};

/// What a program asks for.
struct ValkProcessOptions {
  std::string command;
  std::vector<std::string> arguments;
  std::vector<std::string> environment;  ///< NAME=VALUE; empty: our own
  bool has_environment = false;
  std::string folder;  ///< empty: our own
  std::string input;   ///< process/run: what is written to it
};

/// A child. Freed when it has ended, its pipes are closed, and nothing refers to it.
struct ValkProcess {
  uv_process_t child{};
  bool is_child_open = false;  ///< libuv has not closed it yet
  bool has_ended = false;
  int status = 0;
  int signal = 0;
  ValkChildPipe input, output, errors;
  size_t unwritten = 0;  ///< bytes on their way to its input
  std::string name;      ///< for messages
  ValkEvent event{};
  ValkResource resource{};
  std::optional<ValkOpId> run_op;  ///< process/run: collects all output
  bool collects = false;
  bool over_limit = false;
  std::vector<ValkOpId> waiters;
  std::vector<ValkOpId> writers;
  ValkHandleId handle = 0;
  bool has_handle = false;
};

/// Starts a child with three pipes; its event is posted whenever something has changed. Null with
/// libuv's error code if it cannot be started.
ValkProcess* valk_process_start(const ValkProcessOptions& options, bool collects, int* code);
void valk_process_write(ValkProcess* process, const char* bytes, size_t length);
/// Closes its input after what is on the way.
void valk_process_close_input(ValkProcess* process);
/// Lets reading of a pipe go on.
void valk_process_resume(ValkChildPipe* pipe);
/// Libuv's error code, or 0.
int valk_process_kill(ValkProcess* process, int signal);
/// Closes the pipes: what the child still says is lost.
void valk_process_close_pipes(ValkProcess* process);
/// Frees it if nothing refers to it any more.
void valk_process_release(ValkProcess* process);
