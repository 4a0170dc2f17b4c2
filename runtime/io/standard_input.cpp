// stdin/read-line. Terminals and pipes are watched by the loop and read when they have something, so
// that other tasks go on; files never make anyone wait and are simply read. The descriptor itself stays
// blocking, since other processes may share it.
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

#include <deque>
#include <memory>
#include <string>

#include "runtime/io/arguments.h"
#include "runtime/io/limits.h"
#include "runtime/io/uv.h"
#include "runtime/value/value.h"

namespace {

struct Input {
  uv_poll_t poll{};
  bool can_poll = false;
  bool is_watching = false;
  ValkEvent event{};
  ValkResource resource{};
  std::string bytes;
  size_t start = 0;     ///< of what nobody has taken yet
  size_t searched = 0;  ///< no line end between start and this
  bool ended = false;
  int error = 0;
  std::deque<ValkOpId> readers;
  bool has_handle = false;
  ValkHandleId handle = 0;  ///< no program sees it: what lines are given back to
  ValkRoot root = 0;        ///< the handle's
};

Input* input;

bool has_line(Input* in) {
  size_t end = in->bytes.find('\n', in->searched);
  if (end != std::string::npos) return true;
  in->searched = in->bytes.size();
  return false;
}

bool can_answer(Input* in) {
  return has_line(in) || in->ended || in->error ||
         in->bytes.size() - in->start > valk_limit_input_line;
}

/// Reads once what there is.
void read_some(Input* in) {
  size_t size;
  char* buffer = valk_read_buffer(&size);
  ssize_t count = read(STDIN_FILENO, buffer, size);
  if (count > 0) in->bytes.append(buffer, static_cast<size_t>(count));
  if (count == 0) in->ended = true;
  if (count < 0 && errno != EINTR && errno != EAGAIN) in->error = errno;
}

void watch(Input* in, bool on);

void on_readable(uv_poll_t*, int status, int) {
  if (status < 0)
    input->error = -status;
  else
    read_some(input);
  if (!can_answer(input)) return;
  watch(input, false);
  valk_event_post(&input->event);
}

void watch(Input* in, bool on) {
  if (in->is_watching == on) return;
  in->is_watching = on;
  if (on)
    uv_poll_start(&in->poll, UV_READABLE | UV_DISCONNECT, on_readable);
  else
    uv_poll_stop(&in->poll);
}

/// Gets a line ready for the first reader, now or when one arrives.
void seek_line(Input* in) {
  if (in->readers.empty()) return;
  if (!in->can_poll)
    while (!can_answer(in)) read_some(in);
  if (can_answer(in))
    valk_event_post(&in->event);
  else
    watch(in, true);
}

/// The first line without its end, or what is left; nil at the end of the input.
Value take_line(Vm* vm, Input* in) {
  if (in->ended && in->start == in->bytes.size()) return VALK_NIL;
  size_t end = in->bytes.find('\n', in->searched), start = in->start;
  bool is_whole = end != std::string::npos;
  if (!is_whole) end = in->bytes.size();
  in->start = in->searched = is_whole ? end + 1 : end;
  if (is_whole && end > start && in->bytes[end - 1] == '\r') end--;
  Value line = valk_make_string(vm, vm->sp, in->bytes.data() + start, end - start);
  if (in->start > in->bytes.size() / 2) {
    in->bytes.erase(0, in->start);
    in->start = in->searched = 0;
  }
  return line;
}

void fail_reader(Vm* vm, Input* in, ValkOpId op) {
  const char* name = valk_op_name(vm, op);
  if (!in->error)
    return valk_op_fail_code(vm, vm->sp, op, ":limit", nullptr, "%s: the line is too long", name);
  int code = uv_translate_sys_error(in->error);
  in->error = 0;
  valk_op_fail_code(vm, vm->sp, op, ":io", uv_err_name(code), "%s: %s", name, uv_strerror(code));
}

void deliver(Vm* vm, ValkEvent*) {
  Input* in = input;
  if (in->readers.empty() || !can_answer(in)) return;
  ValkOpId op = in->readers.front();
  in->readers.pop_front();
  valk_loop_release();
  bool fine = has_line(in) || (in->ended && !in->error);
  Value line = fine ? take_line(vm, in) : VALK_NIL;
  seek_line(in);
  if (!fine) return fail_reader(vm, in, op);
  if (line == VALK_ERR) return valk_op_fail_raised(vm, vm->sp, op);
  if (line == VALK_NIL) return valk_op_complete(vm, op, line);
  valk_op_complete_piece(vm, op, line, in->handle);
}

/// A line that its reader did not get stands before the others again.
void give_back(Vm*, void*, Value line, Fix) {
  Input* in = input;
  if (!in) return;
  std::string text(valk_string_bytes(line), valk_string_length(line));
  in->bytes.replace(0, in->start, text + '\n');
  in->start = in->searched = 0;
  seek_line(in);
}

const ValkHandleKind input_kind = {
    .name = "stdin", .close = [](Vm*, void*) {}, .give_back = give_back};

/// Makes the handle of the input, if there is none yet. False: :memory is raised.
bool make_handle(Vm* vm, Value* sp, Input* in) {
  if (in->has_handle) return true;
  Value handle = valk_handle_make(vm, sp, &input_kind, in);
  if (handle == VALK_ERR) return false;
  in->handle = valk_handle_id(handle);
  in->root = valk_root_make(vm, handle);
  in->has_handle = true;
  return true;
}

void close_at_exit(Vm* vm, ValkResource* resource, bool) {
  Input* in = input;
  if (in->has_handle) {
    valk_handle_forget_id(vm, in->handle);
    valk_root_free(vm, in->root);
  }
  valk_resource_remove(resource);
  valk_event_withdraw(&in->event);
  input = nullptr;
  if (in->can_poll)
    uv_close(reinterpret_cast<uv_handle_t*>(&in->poll), [](uv_handle_t* handle) {
      std::unique_ptr<Input> owned(static_cast<Input*>(handle->data));
    });
  else
    std::unique_ptr<Input> owned(in);
}

Input* open_input() {
  if (input) return input;
  input = std::make_unique<Input>().release();
  input->event.deliver = deliver;
  input->resource.close_at_exit = close_at_exit;
  int flags = fcntl(STDIN_FILENO, F_GETFL);
  input->can_poll = uv_poll_init(valk_uv_loop(), &input->poll, STDIN_FILENO) == 0;
  if (flags >= 0) fcntl(STDIN_FILENO, F_SETFL, flags);  // libuv has made it non-blocking
  input->poll.data = input;
  valk_resource_add(&input->resource);
  return input;
}

}  // namespace

void valk_stdin_read_line(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  Input* in = open_input();
  if (!make_handle(vm, sp + n, in)) return valk_op_fail_raised(vm, sp + n, op);
  in->readers.push_back(op);
  valk_op_set_native(vm, op, in);
  valk_loop_hold();
  if (in->readers.size() == 1) seek_line(in);
}

void valk_stdin_read_line_cancel(Vm*, ValkOpId op) {
  if (!input) return;
  for (auto reader = input->readers.begin(); reader != input->readers.end(); ++reader) {
    if (*reader != op) continue;
    input->readers.erase(reader);
    valk_loop_release();
    break;
  }
  if (input->readers.empty()) watch(input, false);
}
