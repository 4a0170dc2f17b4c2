// Bodies of requests that a function writes, while the request is under way. The function runs in a task
// of its own; lib/http2.valk wraps it so that its end, or failure, is said here.
#include "runtime/http2/client.h"
#include "runtime/http2/message.h"
#include "runtime/io/arguments.h"
#include "runtime/io/limits.h"
#include "runtime/value/value.h"

/// Runs fn on arg in a new task below the root, and gives the task; VALK_ERR: reported (runtime/control).
Value valk_spawn_task(Vm* vm, Value fn, Value arg);
void valk_task_cancel(Vm* vm, Value task);

namespace {

ValkSend* send_of(Vm* vm, Value writer) {
  return static_cast<ValkSend*>(valk_handle_native(vm, writer, &valk_upload_kind));
}

ValkOpId take_writer(ValkSend* send) {
  ValkOpId op = *send->writer.op;
  send->writer.op.reset();
  valk_loop_release();
  return op;
}

void forget(Vm* vm, std::optional<ValkRoot>* root) {
  if (*root) valk_root_free(vm, **root);
  root->reset();
}

void resume(ValkSend* send) {
  if (!send->client->session) return;
  valk_http2_resume(send->client->session, &send->exchange);
  valk_client_flush_soon(send->client);
}

}  // namespace

const ValkHandleKind valk_upload_kind = {"http2-upload", [](Vm*, void*) {}};

void valk_upload_note(Vm* vm, ValkSend* send) {
  Value body = valk_object(valk_root_get(vm, *send->request))[VALK_REQUEST_BODY];
  if (body == VALK_NIL) return;
  ValkExchange& x = send->exchange;
  x.has_upload = true;
  x.upload_ended = valk_is_kind(body, VALK_KIND_STRING);
  if (x.upload_ended)
    valk_body_add(vm, &x.upload, &send->loan, body);
  else
    send->body = valk_root_make(vm, body);
}

void valk_upload_begin(Vm* vm, ValkSend* send) {
  send->writer.event = &send->event;
  Value handle = valk_handle_make(vm, vm->sp, &valk_upload_kind, send);
  Value task = VALK_ERR;
  if (handle != VALK_ERR) {
    send->upload = valk_handle_id(handle);
    task = valk_spawn_task(vm, valk_root_get(vm, *send->body), handle);
  }
  forget(vm, &send->body);
  if (task != VALK_ERR)
    send->body_task = valk_root_make(vm, task);
  else
    valk_send_fail_with(vm, send, vm->error);
}

void valk_upload_deliver(Vm* vm, ValkSend* send, bool is_over) {
  ValkExchange& x = send->exchange;
  if (is_over)
    return valk_op_fail_code(vm, vm->sp, take_writer(send), ":closed", nullptr,
                             "the peer wants no more of the request's body");
  if (x.upload.size() < valk_limit_server_writer_ahead)
    valk_op_complete(vm, take_writer(send), VALK_NIL);
}

void valk_upload_cancel(Vm* vm, ValkSend* send) {
  if (send->body_task) valk_task_cancel(vm, valk_root_get(vm, *send->body_task));
  forget(vm, &send->body_task);
}

void valk_upload_detach(Vm* vm, ValkSend* send) {
  if (send->writer.op) valk_op_set_native(vm, take_writer(send), nullptr);
  forget(vm, &send->body);
  forget(vm, &send->body_task);
  forget(vm, &send->request);
  valk_body_settle(vm, &send->exchange.upload, &send->loan, true);
  if (send->upload) valk_handle_forget_id(vm, *send->upload);
  send->upload.reset();
}

void valk_upload_write(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  const char* name = valk_op_name(vm, op);
  void* native = valk_argument_handle(vm, sp + n, name, 1, sp[0], &valk_upload_kind);
  if (!native || !valk_argument_string(vm, sp + n, name, 2, sp[1]))
    return valk_op_fail_raised(vm, sp + n, op);
  ValkSend* send = static_cast<ValkSend*>(native);
  ValkExchange& x = send->exchange;
  if (x.closed || x.ended || x.upload_ended || send->writer.op)
    return valk_op_fail_code(vm, sp + n, op, ":closed", nullptr, "%s: %s", name,
                             send->writer.op ? "another write is under way" : "the body has ended");
  valk_body_add(vm, &x.upload, &send->loan, sp[1]);
  resume(send);
  send->writer.op = op;
  valk_op_set_native(vm, op, &send->writer);
  valk_loop_hold();
  valk_event_post(&send->event);
}

Value valk_http2_upload_end(Vm* vm, Value*, Value writer) {
  ValkSend* send = send_of(vm, writer);
  if (!send || send->exchange.upload_ended) return VALK_NIL;
  send->exchange.upload_ended = true;
  resume(send);
  return VALK_NIL;
}

Value valk_http2_upload_fail(Vm* vm, Value*, Value writer, Value error) {
  ValkSend* send = send_of(vm, writer);
  if (send && !send->exchange.ended && !send->exchange.closed) valk_send_fail_with(vm, send, error);
  return VALK_NIL;
}
