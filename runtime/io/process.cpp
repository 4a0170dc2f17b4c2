// See process.h.
#include "runtime/io/process.h"

#include <signal.h>
#include <string.h>

#include <memory>

#include "runtime/io/limits.h"

namespace {

/// Bytes on their way to a child.
struct Write {
  uv_write_t request;
  ValkProcess* process;
  std::string bytes;
};

ValkChildPipe* pipe_of(void* handle) {
  return static_cast<ValkChildPipe*>(static_cast<uv_handle_t*>(handle)->data);
}
uv_stream_t* stream(ValkChildPipe* pipe) { return reinterpret_cast<uv_stream_t*>(&pipe->handle); }

void on_pipe_closed(uv_handle_t* handle) {
  ValkChildPipe* pipe = pipe_of(handle);
  pipe->is_open = false;
  valk_event_post(&pipe->process->event);
}

void close_pipe(ValkChildPipe* pipe) {
  uv_handle_t* handle = reinterpret_cast<uv_handle_t*>(&pipe->handle);
  pipe->ended = true;
  if (pipe->is_open && !uv_is_closing(handle)) uv_close(handle, on_pipe_closed);
}

void on_buffer(uv_handle_t*, size_t, uv_buf_t* buffer) {
  size_t size;
  buffer->base = valk_read_buffer(&size);
  buffer->len = size;
}

/// Too much has been collected: the child is ended rather than kept waiting.
void exceed(ValkProcess* p) {
  p->over_limit = true;
  valk_process_kill(p, SIGKILL);
  close_pipe(&p->output);
  close_pipe(&p->errors);
}

void on_read(uv_stream_t* from, ssize_t count, const uv_buf_t* buffer) {
  ValkChildPipe* pipe = pipe_of(from);
  ValkProcess* p = pipe->process;
  if (count == 0) return;
  valk_event_post(&p->event);
  if (count < 0) return close_pipe(pipe);
  pipe->bytes.append(buffer->base, static_cast<size_t>(count));
  if (p->collects) {
    if (p->output.bytes.size() + p->errors.bytes.size() > valk_limit_process_output) exceed(p);
  } else if (pipe->bytes.size() >= valk_limit_process_read_ahead) {
    pipe->is_paused = true;
    uv_read_stop(from);
  }
}

void on_exit(uv_process_t* child, int64_t status, int signal) {
  ValkProcess* p = static_cast<ValkProcess*>(child->data);
  p->has_ended = true;
  p->status = static_cast<int>(status);
  p->signal = signal;
  close_pipe(&p->input);
  uv_close(reinterpret_cast<uv_handle_t*>(child), [](uv_handle_t* closed) {
    ValkProcess* owner = static_cast<ValkProcess*>(closed->data);
    owner->is_child_open = false;
    valk_event_post(&owner->event);
  });
  valk_event_post(&p->event);
}

void on_written(uv_write_t* request, int) {
  std::unique_ptr<Write> write(static_cast<Write*>(request->data));
  write->process->unwritten -= write->bytes.size();
  valk_event_post(&write->process->event);
}

void init_pipe(ValkProcess* p, ValkChildPipe* pipe) {
  uv_pipe_init(valk_uv_loop(), &pipe->handle, 0);
  pipe->handle.data = pipe;
  pipe->process = p;
  pipe->is_open = true;
}

/// The strings as C wants them, ended by null.
std::vector<char*> c_strings(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (const std::string& s : strings) result.push_back(const_cast<char*>(s.c_str()));
  result.push_back(nullptr);
  return result;
}

int spawn(ValkProcess* p, const ValkProcessOptions& o) {
  std::vector<char*> arguments = c_strings(o.arguments);
  arguments.insert(arguments.begin(), const_cast<char*>(o.command.c_str()));
  std::vector<char*> environment = c_strings(o.environment);
  uv_stdio_container_t pipes[3];
  auto flags = [](int direction) {
    return static_cast<uv_stdio_flags>(UV_CREATE_PIPE | direction);
  };
  pipes[0].flags = flags(UV_READABLE_PIPE);
  pipes[0].data.stream = stream(&p->input);
  pipes[1].flags = flags(UV_WRITABLE_PIPE);
  pipes[1].data.stream = stream(&p->output);
  pipes[2].flags = flags(UV_WRITABLE_PIPE);
  pipes[2].data.stream = stream(&p->errors);
  uv_process_options_t options{};
  options.exit_cb = on_exit;
  options.file = o.command.c_str();
  options.args = arguments.data();
  options.env = o.has_environment ? environment.data() : nullptr;
  options.cwd = o.folder.empty() ? nullptr : o.folder.c_str();
  options.stdio_count = 3;
  options.stdio = pipes;
  p->child.data = p;
  int code = uv_spawn(valk_uv_loop(), &p->child, &options);
  p->is_child_open = true;  // libuv has the handle even when it has failed
  return code;
}

void abandon(ValkProcess* p) {
  valk_process_close_pipes(p);
  uv_close(reinterpret_cast<uv_handle_t*>(&p->child), [](uv_handle_t* closed) {
    ValkProcess* owner = static_cast<ValkProcess*>(closed->data);
    owner->is_child_open = false;
    valk_event_post(&owner->event);
  });
}

}  // namespace

ValkProcess* valk_process_start(const ValkProcessOptions& options, bool collects, int* code) {
  signal(SIGPIPE, SIG_IGN);  // writing to a child that has ended is no reason to end
  ValkProcess* p = std::make_unique<ValkProcess>().release();
  p->event.deliver = [](Vm*, ValkEvent* event) {
    valk_process_release(reinterpret_cast<ValkProcess*>(reinterpret_cast<char*>(event) -
                                                        offsetof(ValkProcess, event)));
  };
  p->name = options.command;
  p->collects = collects;
  for (ValkChildPipe* pipe : {&p->input, &p->output, &p->errors}) init_pipe(p, pipe);
  *code = spawn(p, options);
  if (*code < 0) {
    abandon(p);
    return nullptr;
  }
  for (ValkChildPipe* pipe : {&p->output, &p->errors})
    uv_read_start(stream(pipe), on_buffer, on_read);
  return p;
}

void valk_process_write(ValkProcess* p, const char* bytes, size_t length) {
  if (length == 0 || p->input.ended) return;
  std::unique_ptr<Write> write = std::make_unique<Write>();
  write->process = p;
  write->bytes.assign(bytes, length);
  write->request.data = write.get();
  uv_buf_t buffer = uv_buf_init(write->bytes.data(), static_cast<unsigned>(length));
  if (uv_write(&write->request, stream(&p->input), &buffer, 1, on_written) < 0) return;
  p->unwritten += length;
  write.release();
}

void valk_process_close_input(ValkProcess* p) {
  if (p->input.ended) return;
  p->input.ended = true;
  std::unique_ptr<uv_shutdown_t> request = std::make_unique<uv_shutdown_t>();
  auto on_shut = [](uv_shutdown_t* done, int) {
    std::unique_ptr<uv_shutdown_t> owned(done);
    close_pipe(pipe_of(done->handle));
  };
  if (uv_shutdown(request.get(), stream(&p->input), on_shut) == 0)
    request.release();
  else
    close_pipe(&p->input);
}

void valk_process_resume(ValkChildPipe* pipe) {
  if (!pipe->is_paused || pipe->ended) return;
  pipe->is_paused = false;
  uv_read_start(stream(pipe), on_buffer, on_read);
}

int valk_process_kill(ValkProcess* p, int signal) {
  return p->has_ended ? UV_ESRCH : uv_process_kill(&p->child, signal);
}

void valk_process_close_pipes(ValkProcess* p) {
  for (ValkChildPipe* pipe : {&p->input, &p->output, &p->errors}) close_pipe(pipe);
}

void valk_process_release(ValkProcess* p) {
  if (p->is_child_open || p->input.is_open || p->output.is_open || p->errors.is_open) return;
  if (p->has_handle || p->run_op || p->unwritten) return;
  if (p->output.reader || p->errors.reader || !p->waiters.empty() || !p->writers.empty()) return;
  valk_event_withdraw(&p->event);
  valk_resource_remove(&p->resource);
  std::unique_ptr<ValkProcess> owned(p);
}
