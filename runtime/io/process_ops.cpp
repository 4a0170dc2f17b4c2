// process/run process/spawn process/read process/read-stderr process/write process/wait
// process/close-stdin process/kill.
#include <signal.h>
#include <stddef.h>

#include <algorithm>

#include "runtime/io/arguments.h"
#include "runtime/io/limits.h"
#include "runtime/io/options.h"
#include "runtime/io/process.h"
#include "runtime/io/signals.h"
#include "runtime/io/values.h"

namespace {

using Slot = std::optional<ValkOpId>;

ValkProcess* from(void* native) { return static_cast<ValkProcess*>(native); }
void post(ValkProcess* p) { valk_event_post(&p->event); }

ValkOpId take(Slot* slot) {
  ValkOpId op = slot->value_or(0);
  slot->reset();
  valk_loop_release();
  return op;
}

ValkOpId take_first(std::vector<ValkOpId>* ops) {
  ValkOpId op = ops->front();
  ops->erase(ops->begin());
  valk_loop_release();
  return op;
}

bool take_from(std::vector<ValkOpId>* ops, ValkOpId op) {
  auto found = std::find(ops->begin(), ops->end(), op);
  if (found == ops->end()) return false;
  ops->erase(found);
  valk_loop_release();
  return true;
}

// ---- results ------------------------------------------------------------------------------------

/// Pushes :status and :signal onto the property list at sp[0].
bool push_end(Vm* vm, Value* sp, const ValkProcess* p) {
  bool fine = p->signal ? valk_push_string(vm, sp, valk_signal_name(p->signal))
                        : valk_push(vm, sp, VALK_NIL);
  return fine && valk_push_keyword(vm, sp, ":signal") && valk_push(vm, sp, VALK_FIX(p->status)) &&
         valk_push_keyword(vm, sp, ":status");
}

void complete(Vm* vm, ValkOpId op, bool fine) {
  if (!fine) return valk_op_fail_raised(vm, vm->sp, op);
  valk_op_complete(vm, op, vm->sp[0]);
}

// ---- delivery -----------------------------------------------------------------------------------

void deliver_run(Vm* vm, ValkProcess* p) {
  ValkOpId op = take(&p->run_op);
  if (p->over_limit)
    return valk_op_fail_code(vm, vm->sp, op, ":limit", nullptr, "process/run: %s wrote too much",
                             p->name.c_str());
  Value* sp = vm->sp;
  sp[0] = VALK_NIL;
  complete(vm, op,
           valk_push_string(vm, sp, p->errors.bytes) && valk_push_keyword(vm, sp, ":stderr") &&
               valk_push_string(vm, sp, p->output.bytes) && valk_push_keyword(vm, sp, ":stdout") &&
               push_end(vm, sp, p));
}

void deliver_wait(Vm* vm, ValkProcess* p) {
  ValkOpId op = take_first(&p->waiters);
  vm->sp[0] = VALK_NIL;
  complete(vm, op, push_end(vm, vm->sp, p));
}

void deliver_write(Vm* vm, ValkProcess* p) {
  ValkOpId op = take_first(&p->writers);
  if (!p->input.ended) return valk_op_complete(vm, op, VALK_NIL);
  valk_op_fail_code(vm, vm->sp, op, ":closed", nullptr, "process/write: the input of %s is closed",
                    p->name.c_str());
}

/// The streams of its handle.
enum : Fix { OUTPUT, ERRORS };

void deliver_read(Vm* vm, ValkChildPipe* pipe) {
  ValkOpId op = take(&pipe->reader);
  if (pipe->bytes.empty()) return valk_op_complete(vm, op, VALK_NIL);
  Value piece = valk_make_string(vm, vm->sp, pipe->bytes.data(), pipe->bytes.size());
  if (piece == VALK_ERR) return valk_op_fail_raised(vm, vm->sp, op);
  pipe->bytes.clear();
  valk_process_resume(pipe);
  ValkProcess* p = pipe->process;
  valk_op_complete_piece(vm, op, piece, p->handle, pipe == &p->output ? OUTPUT : ERRORS);
}

bool can_read(const ValkChildPipe& pipe) {
  return pipe.reader && (!pipe.bytes.empty() || pipe.ended);
}

bool has_all(const ValkProcess* p) { return p->has_ended && p->output.ended && p->errors.ended; }

void deliver(Vm* vm, ValkEvent* event) {
  ValkProcess* p = from(reinterpret_cast<char*>(event) - offsetof(ValkProcess, event));
  bool can_write = p->unwritten < valk_limit_tcp_high_water || p->input.ended;
  valk_event_post(event);
  if (p->run_op && has_all(p)) return deliver_run(vm, p);
  if (can_read(p->output)) return deliver_read(vm, &p->output);
  if (can_read(p->errors)) return deliver_read(vm, &p->errors);
  if (!p->writers.empty() && can_write) return deliver_write(vm, p);
  if (!p->waiters.empty() && p->has_ended) return deliver_wait(vm, p);
  valk_event_withdraw(event);
  valk_process_release(p);
}

// ---- ending -------------------------------------------------------------------------------------

/// The program has no handle any more: the child goes on, but what it says is lost.
void close_handle(Vm*, void* native) {
  ValkProcess* p = from(native);
  p->has_handle = false;
  valk_process_close_pipes(p);
  post(p);
}

ValkHandleUse use_of(const void* native) {
  const ValkProcess* p = static_cast<const ValkProcess*>(native);
  bool is_busy = p->output.reader || p->errors.reader || !p->waiters.empty() || !p->writers.empty();
  if (is_busy) return VALK_HANDLE_BUSY;
  return p->has_ended ? VALK_HANDLE_GONE : VALK_HANDLE_IDLE;
}

/// Nobody has got the handle: the child ends, and is reaped.
void abandon(Vm* vm, void* native) {
  valk_process_kill(from(native), SIGKILL);
  close_handle(vm, native);
}

void give_back(Vm*, void* native, Value piece, Fix stream) {
  ValkProcess* p = from(native);
  std::string& bytes = (stream == OUTPUT ? p->output : p->errors).bytes;
  bytes.insert(0, valk_string_bytes(piece), valk_string_length(piece));
  post(p);
}

const ValkHandleKind process_kind = {"process", close_handle, use_of, abandon, give_back};

void forget(Vm* vm, Slot* slot) {
  if (*slot) valk_op_set_native(vm, take(slot), nullptr);
}

void forget_all(Vm* vm, std::vector<ValkOpId>* ops) {
  while (!ops->empty()) valk_op_set_native(vm, take_first(ops), nullptr);
}

void close_at_exit(Vm* vm, ValkResource* resource, bool) {
  ValkProcess* p = from(reinterpret_cast<char*>(resource) - offsetof(ValkProcess, resource));
  if (p->collects) valk_process_kill(p, SIGKILL);
  forget(vm, &p->run_op);
  forget(vm, &p->output.reader);
  forget(vm, &p->errors.reader);
  forget_all(vm, &p->waiters);
  forget_all(vm, &p->writers);
  if (p->has_handle) valk_handle_forget_id(vm, p->handle);
  close_handle(vm, p);
  uv_handle_t* child = reinterpret_cast<uv_handle_t*>(&p->child);
  if (p->is_child_open && !p->collects && !uv_is_closing(child))
    uv_close(child, [](uv_handle_t* closed) {
      from(closed->data)->is_child_open = false;
      post(from(closed->data));
    });
}

// ---- starting -----------------------------------------------------------------------------------

/// Copies a list of strings; false with :type raised.
bool read_strings(Vm* vm, Value* sp, const char* name, const char* what, Value list,
                  std::vector<std::string>* strings) {
  Value rest = valk_unblock(list);
  for (; valk_is_pair(rest); rest = valk_tail(rest)) {
    Value s = valk_head(rest);
    if (!valk_is_kind(s, VALK_KIND_STRING)) break;
    strings->emplace_back(valk_string_bytes(s), valk_string_length(s));
  }
  if (rest == VALK_NIL) return true;
  std::string which = std::string(name) + ": " + what;
  valk_fail_type(vm, sp, which.c_str(), 0, "a list of strings", list);
  return false;
}

/// :env is a list of "NAME=VALUE"; it is read apart since options hold no lists otherwise.
bool read_options(Vm* vm, Value* sp, const char* name, Value list, ValkProcessOptions* o) {
  Value environment = VALK_NIL;
  const ValkOption table[] = {{.key = ":stdin", .text = &o->input, .any_text = true},
                              {.key = ":cwd", .text = &o->folder},
                              {.key = ":env", .value = &environment}};
  if (!valk_read_options(vm, sp, name, list, table, 3)) return false;
  o->has_environment = environment != VALK_NIL;
  return read_strings(vm, sp, name, "option :env", environment, &o->environment);
}

ValkProcess* start(Vm* vm, Value* sp, Fix n, ValkOpId op, const char* name, bool collects) {
  ValkProcessOptions o;
  if (!valk_argument_name(vm, sp + n, name, 1, sp[0], 4096) ||
      !read_strings(vm, sp + n, name, "argument 2", sp[1], &o.arguments) ||
      !read_options(vm, sp + n, name, n > 2 ? sp[2] : VALK_NIL, &o)) {
    valk_op_fail_raised(vm, sp + n, op);
    return nullptr;
  }
  o.command.assign(valk_string_bytes(sp[0]), valk_string_length(sp[0]));
  int code;
  ValkProcess* p = valk_process_start(o, collects, &code);
  if (!p) {
    valk_op_fail_code(vm, sp + n, op, ":io", uv_err_name(code), "%s: %s: %s", name,
                      o.command.c_str(), uv_strerror(code));
    return nullptr;
  }
  p->event.deliver = deliver;
  p->resource.close_at_exit = close_at_exit;
  valk_resource_add(&p->resource);
  valk_process_write(p, o.input.data(), o.input.size());
  if (collects) valk_process_close_input(p);
  return p;
}

ValkProcess* argument(Vm* vm, Value* sp, const char* name, Value v) {
  return from(valk_argument_handle(vm, sp, name, 1, v, &process_kind));
}

void read_pipe(Vm* vm, Value* sp, Fix n, ValkOpId op, const char* name,
               ValkChildPipe ValkProcess::*which) {
  ValkProcess* p = argument(vm, sp + n, name, sp[0]);
  if (!p) return valk_op_fail_raised(vm, sp + n, op);
  ValkChildPipe* pipe = &(p->*which);
  if (pipe->reader)
    return valk_op_fail_code(vm, sp + n, op, ":closed", nullptr, "%s: another one is under way",
                             name);
  pipe->reader = op;
  valk_op_set_native(vm, op, p);
  valk_loop_hold();
  post(p);
}

}  // namespace

void valk_process_run(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  ValkProcess* p = start(vm, sp, n, op, valk_op_name(vm, op), true);
  if (!p) return;
  p->run_op = op;
  valk_op_set_native(vm, op, p);
  valk_loop_hold();
}

void valk_process_run_cancel(Vm* vm, ValkOpId op) {
  ValkProcess* p = from(valk_op_native(vm, op));
  if (!p) return;
  take(&p->run_op);
  valk_process_kill(p, SIGKILL);
  valk_process_close_pipes(p);
  post(p);
}

void valk_process_spawn(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  ValkProcess* p = start(vm, sp, n, op, valk_op_name(vm, op), false);
  if (!p) return;
  Value handle = valk_handle_make(vm, sp + n, &process_kind, p);
  if (handle == VALK_ERR) {
    valk_process_kill(p, SIGKILL);
    valk_process_close_pipes(p);
    return valk_op_fail_raised(vm, sp + n, op);
  }
  p->handle = valk_handle_id(handle);
  p->has_handle = true;
  valk_op_complete_opened(vm, op, handle, handle);
}

/// The child runs when its start function has returned; there is nothing left to stop.
void valk_process_spawn_cancel(Vm*, ValkOpId) {}

void valk_process_read(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  read_pipe(vm, sp, n, op, valk_op_name(vm, op), &ValkProcess::output);
}
void valk_process_read_stderr(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  read_pipe(vm, sp, n, op, valk_op_name(vm, op), &ValkProcess::errors);
}
void valk_process_read_cancel(Vm* vm, ValkOpId op) {
  ValkProcess* p = from(valk_op_native(vm, op));
  if (!p) return;
  for (ValkChildPipe* pipe : {&p->output, &p->errors})
    if (pipe->reader == op) take(&pipe->reader);
}

void valk_process_send(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  ValkProcess* p = argument(vm, sp + n, valk_op_name(vm, op), sp[0]);
  if (!p || !valk_argument_string(vm, sp + n, valk_op_name(vm, op), 2, sp[1]))
    return valk_op_fail_raised(vm, sp + n, op);
  valk_process_write(p, valk_string_bytes(sp[1]), valk_string_length(sp[1]));
  p->writers.push_back(op);
  valk_op_set_native(vm, op, p);
  valk_loop_hold();
  post(p);
}
void valk_process_send_cancel(Vm* vm, ValkOpId op) {
  if (ValkProcess* p = from(valk_op_native(vm, op))) take_from(&p->writers, op);
}

void valk_process_wait(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  ValkProcess* p = argument(vm, sp + n, valk_op_name(vm, op), sp[0]);
  if (!p) return valk_op_fail_raised(vm, sp + n, op);
  p->waiters.push_back(op);
  valk_op_set_native(vm, op, p);
  valk_loop_hold();
  post(p);
}
void valk_process_wait_cancel(Vm* vm, ValkOpId op) {
  ValkProcess* p = from(valk_op_native(vm, op));
  if (p && take_from(&p->waiters, op)) valk_process_kill(p, SIGKILL);
}

Value valk_process_close_stdin(Vm* vm, Value* sp, Value process) {
  ValkProcess* p = argument(vm, sp, "process/close-stdin", process);
  if (!p) return VALK_ERR;
  valk_process_close_input(p);
  return VALK_NIL;
}

Value valk_process_send_signal(Vm* vm, Value* sp, Value process, Value signal) {
  const char* name = "process/kill";
  ValkProcess* p = argument(vm, sp, name, process);
  int number = p ? valk_argument_signal(vm, sp, name, 2, signal) : 0;
  if (!number) return VALK_ERR;
  return valk_bool(valk_process_kill(p, number) == 0);
}
