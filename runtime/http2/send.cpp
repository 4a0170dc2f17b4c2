// http2/send-async, http2/send-stream-async and http2/body-read: requests on a client.
//
// A send lives in its client's list until the session has forgotten its stream and Lisp has let go of
// it, whichever comes last.
#include <stddef.h>

#include <memory>

#include "runtime/http2/client.h"
#include "runtime/http2/message.h"
#include "runtime/http2/pool.h"
#include "runtime/io/arguments.h"
#include "runtime/io/limits.h"
#include "runtime/value/value.h"

namespace {

constexpr uint32_t kCancel = 8;  // RST_STREAM's CANCEL
constexpr uint64_t kNanosecondsPerMillisecond = 1000000;
constexpr uint64_t kNever = UINT64_MAX;

void close_stream(Vm* vm, void* native);
ValkHandleUse use_of_stream(const void* native);
void give_back_to_stream(Vm* vm, void* native, Value piece, Fix);
const ValkHandleKind stream_kind = {.name = "http2-stream",
                                    .close = close_stream,
                                    .use = use_of_stream,
                                    .give_back = give_back_to_stream};

template <class Owner, size_t offset, class Part>
Owner* owner_of(Part* part) {
  return reinterpret_cast<Owner*>(reinterpret_cast<char*>(part) - offset);
}

bool is_over(const ValkSend* send) {
  return send->exchange.closed || send->client->state == ValkClientState::kClosed;
}

bool is_held(const ValkSend* send) { return send->has_op || send->has_reader || send->has_handle; }

/// Sends that have ended, kept for the space of their fields: a busy client makes one a request.
class IdleSends {
 public:
  ValkSend* take() {
    if (!first_) return std::make_unique<ValkSend>().release();
    ValkSend* send = first_;
    first_ = send->next;
    count_--;
    send->next = nullptr;
    return send;
  }
  void give(std::unique_ptr<ValkSend> send) {
    if (count_ == kKept) return;
    send->reset();
    send->next = first_;
    first_ = send.release();
    count_++;
  }
  ~IdleSends() {
    while (first_) std::unique_ptr<ValkSend> dropped(take());
  }

 private:
  static constexpr size_t kKept = 256;
  ValkSend* first_ = nullptr;
  size_t count_ = 0;
};
IdleSends idle_sends;

// ---- failures -----------------------------------------------------------------------------------

ValkFailure limit_failure(const ValkSend* send) {
  const ValkExchange& x = send->exchange;
  if (x.has_headers && x.trailers.bytes() == 0)
    return {":limit", "",
            "the response's body has more than " + std::to_string(x.longest_body) + " bytes"};
  return {":limit", "", "the response's header fields are too large"};
}

ValkFailure reset_failure(const ValkSend* send) {
  const char* code = valk_http2_error_name(send->exchange.error);
  if (send->client->going_away && send->exchange.error == 7 && !send->exchange.has_headers)
    return {":http2", code,
            std::string("the peer accepts no more requests (GOAWAY, ") + code + ")"};
  if (send->exchange.reset_here)
    return {":http2", code,
            std::string("the response broke the protocol (") + code +
                "): wrong header fields, or a body that is not as long as it says"};
  return {":http2", code,
          std::string("the peer reset the stream before the response's end (") + code + ")"};
}

/// What has ended the exchange before its time; kind null: nothing has.
ValkFailure find_failure(const ValkSend* send) {
  if (send->failure.kind) return send->failure;
  if (send->exchange.over_limit) return limit_failure(send);
  if (send->exchange.ended) return {};
  if (send->is_lost) return send->client->failure;
  if (send->exchange.closed) return reset_failure(send);
  return {};
}

void report_failure(Vm* vm, ValkOpId op, const ValkFailure& f) {
  valk_op_fail_code(vm, vm->sp, op, f.kind, f.code.empty() ? nullptr : f.code.c_str(), "%s",
                    f.message.c_str());
}

void reset(ValkSend* send) {
  ValkClient* c = send->client;
  if (is_over(send) || !c->session) return;
  valk_http2_reset(c->session, &send->exchange, kCancel);
  valk_client_flush_soon(c);
}

void time_out(ValkSend* send, const char* what, uint64_t nanoseconds) {
  uint64_t milliseconds =
      (nanoseconds + kNanosecondsPerMillisecond - 1) / kNanosecondsPerMillisecond;
  std::string ms = std::to_string(milliseconds);
  send->failure = {":timeout", "", std::string(what) + " took longer than " + ms + " ms"};
  reset(send);
  valk_event_post(&send->event);
}

// ---- timeouts -----------------------------------------------------------------------------------

uint64_t patience(const ValkSend* send) {
  const ValkClientOptions& o = send->client->options;
  return send->exchange.has_headers ? o.idle_timeout : o.headers_timeout;
}

/// Bytes wait for the program: the silence is not the peer's.
bool waits_for_reader(const ValkSend* send) {
  return send->is_stream && send->exchange.has_headers && !send->exchange.body.empty();
}

/// The peer has had all that the program has written so far: it cannot be expected to answer yet.
bool waits_for_writer(const ValkSend* send) {
  const ValkExchange& x = send->exchange;
  return x.has_upload && !x.upload_ended && x.upload.empty();
}

/// When it will have waited for its peer for too long; kNever: nothing is awaited of the peer.
uint64_t late_at(const ValkSend* send, uint64_t now) {
  const ValkExchange& x = send->exchange;
  uint64_t limit = patience(send);
  if (!limit || !x.sent || x.ended || x.closed || send->failure.kind || !is_held(send))
    return kNever;
  return (waits_for_reader(send) || waits_for_writer(send) ? now : send->activity) + limit;
}

/// Sees to it that the client's watch fires when this send can be late. Most have the same patience, so that
/// the watch runs already, for one that was sent before.
void watch(ValkSend* send) {
  ValkTimer* timer = &send->client->watch;
  uint64_t limit = patience(send);
  if (!limit || (timer->place && valk_timer_due(timer) <= send->activity + limit)) return;
  valk_timer_start(timer, limit);
}

void on_total(Vm*, ValkTimer* timer) {
  ValkSend* send = owner_of<ValkSend, offsetof(ValkSend, total)>(timer);
  time_out(send, "the exchange", send->timeout);
}

// ---- delivery -----------------------------------------------------------------------------------

ValkOpId take_op(ValkSend* send) {
  send->has_op = false;
  valk_loop_release();
  return send->op;
}

ValkOpId take_reader(Vm* vm, ValkSend* send) {
  send->has_reader = false;
  valk_root_free(vm, send->reader_response);
  valk_loop_release();
  return send->reader;
}

/// Lisp has let go of the send: it ends as soon as the session has forgotten its stream.
void end_send(Vm* vm, ValkSend* send) {
  valk_timer_stop(&send->total);
  reset(send);
  valk_upload_cancel(vm, send);
  if (!is_over(send)) return;
  ValkClient* c = send->client;
  valk_send_detach(vm, send);
  valk_send_free(send);
  valk_client_rest(c);
  valk_client_release(c);
}

void deliver_failure(Vm* vm, ValkSend* send) {
  ValkFailure f = find_failure(send);
  if (!f.kind) return;
  valk_event_post(&send->event);
  report_failure(vm, take_op(send), f);
}

void deliver_whole(Vm* vm, ValkSend* send) {
  const ValkExchange& x = send->exchange;
  if (!x.ended || x.over_limit || send->failure.kind) return deliver_failure(vm, send);
  ValkOpId op = take_op(send);
  Value response = valk_response_make(vm, vm->sp, &send->exchange, true, VALK_NIL);
  end_send(vm, send);
  if (response == VALK_ERR) return valk_op_fail_raised(vm, vm->sp, op);
  valk_op_complete(vm, op, response);
}

void deliver_headers(Vm* vm, ValkSend* send) {
  ValkFailure f = send->exchange.has_headers ? ValkFailure{} : find_failure(send);
  if (!f.kind && !send->exchange.has_headers) return;
  ValkOpId op = take_op(send);
  valk_event_post(&send->event);
  if (f.kind) return report_failure(vm, op, f);
  Value* sp = vm->sp;
  sp[0] = valk_handle_make(vm, sp, &stream_kind, send);
  if (sp[0] == VALK_ERR) return valk_op_fail_raised(vm, sp, op);
  send->handle = valk_handle_id(sp[0]);
  send->has_handle = true;
  Value response = valk_response_make(vm, sp + 1, &send->exchange, false, sp[0]);
  if (response == VALK_ERR) return valk_op_fail_raised(vm, sp, op);
  valk_op_complete_opened(vm, op, response, sp[0]);
}

/// The body is at its end: the response gets its trailers and lets go of the stream.
void finish_stream(Vm* vm, ValkSend* send, ValkRoot response) {
  Value* sp = vm->sp;
  sp[0] = valk_fields_list(vm, sp, send->exchange.trailers);
  if (sp[0] == VALK_ERR) sp[0] = VALK_NIL;
  Value r = valk_root_get(vm, response);
  valk_store(vm, r, VALK_RESPONSE_TRAILERS, sp[0]);
  valk_store(vm, r, VALK_RESPONSE_STREAM, VALK_NIL);
  valk_handle_forget_id(vm, send->handle);
  send->has_handle = false;
}

void deliver_piece(Vm* vm, ValkSend* send) {
  ValkExchange& x = send->exchange;
  if (!x.body.empty()) {
    ValkOpId op = take_reader(vm, send);
    Value piece = valk_make_string(vm, vm->sp, x.body.data(), x.body.size());
    if (piece == VALK_ERR) return valk_op_fail_raised(vm, vm->sp, op);
    if (send->client->session) valk_http2_consume(send->client->session, &x, x.body.size());
    x.body.clear();
    send->activity = valk_clock();
    valk_client_flush_soon(send->client);
    return valk_op_complete_piece(vm, op, piece, send->handle);
  }
  ValkFailure f = find_failure(send);
  if (!f.kind && !x.ended) return;
  if (!f.kind) finish_stream(vm, send, send->reader_response);
  ValkOpId op = take_reader(vm, send);
  valk_event_post(&send->event);
  if (f.kind) return report_failure(vm, op, f);
  valk_op_complete(vm, op, VALK_NIL);
}

/// The function that writes the request's body is called when the request has left: until then it can be sent on
/// another connection, and what waits for a stream holds no body.
bool may_begin(const ValkSend* send) {
  const ValkExchange& x = send->exchange;
  return x.sent && send->has_op && !x.resetting && !x.reset_here && !x.ended && !is_over(send);
}

/// Something happened to the exchange. What reports to Lisp does so last, having posted the event
/// again, since Lisp may do anything to the send.
void deliver(Vm* vm, ValkEvent* event) {
  ValkSend* send = owner_of<ValkSend, offsetof(ValkSend, event)>(event);
  if (send->exchange.has_upload)
    valk_body_settle(vm, &send->exchange.upload, &send->loan, is_over(send));
  if (send->body && may_begin(send)) {
    valk_event_post(event);
    return valk_upload_begin(vm, send);
  }
  if (send->writer.op) valk_upload_deliver(vm, send, is_over(send) || send->exchange.ended);
  if (send->has_op && valk_send_can_retry(send)) return valk_send_retry(vm, send);
  if (send->has_op) return send->is_stream ? deliver_headers(vm, send) : deliver_whole(vm, send);
  if (send->has_reader) return deliver_piece(vm, send);
  if (!is_held(send)) end_send(vm, send);
}

ValkHandleUse use_of_stream(const void* native) {
  const ValkSend* send = static_cast<const ValkSend*>(native);
  if (send->has_reader || send->writer.op) return VALK_HANDLE_BUSY;
  return is_over(send) ? VALK_HANDLE_GONE : VALK_HANDLE_IDLE;
}

void close_stream(Vm*, void* native) {
  ValkSend* send = static_cast<ValkSend*>(native);
  send->has_handle = false;
  valk_event_post(&send->event);
}

/// Its window has been given to the peer already.
void give_back_to_stream(Vm*, void* native, Value piece, Fix) {
  ValkSend* send = static_cast<ValkSend*>(native);
  send->exchange.body.insert(0, valk_string_bytes(piece), valk_string_length(piece));
  valk_event_post(&send->event);
}

// ---- starting -----------------------------------------------------------------------------------

ValkClient* check_arguments(Vm* vm, Value* sp, const char* name, Value request, Value client) {
  if (!valk_is_request(request)) {
    valk_fail_type(vm, sp, name, 1, "a request", request);
    return nullptr;
  }
  void* native = valk_argument_handle(vm, sp, name, 2, client, &valk_client_kind);
  return static_cast<ValkClient*>(native);
}

void refuse(Vm* vm, Value* sp, ValkOpId op, const ValkFailure& f) {
  const char* code = f.code.empty() ? nullptr : f.code.c_str();
  valk_op_fail_code(vm, sp, op, f.kind, code, "%s", f.message.c_str());
}

void link(ValkClient* c, ValkSend* send) {
  send->client = c;
  send->next = c->sends;
  if (send->next) send->next->link = &send->next;
  send->link = &c->sends;
  c->sends = send;
  c->send_count++;
}

void start(Vm* vm, Value* sp, Fix n, ValkOpId op, const char* name, bool is_stream) {
  ValkClient* c = check_arguments(vm, sp + n, name, sp[0], sp[1]);
  if (!c) return valk_op_fail_raised(vm, sp + n, op);
  if (c->send_count >= valk_limit_waiting_requests)
    return refuse(vm, sp + n, op, {":limit", "", "too many requests wait on this client"});
  Value copy = valk_request_copy(vm, sp + n, sp[0], sp[1]);
  if (copy == VALK_ERR) return valk_op_fail_raised(vm, sp + n, op);
  ValkOwnedSend send = valk_send_make(vm, copy, is_stream);
  valk_send_allow(send.get(), c->options.timeout);
  if (valk_client_is_usable(c)) return valk_send_launch(vm, c, std::move(send), op);
  valk_pool_launch(vm, {c->host, c->port, c->options, c->pool_key}, std::move(send), op);
}

ValkOwnedSend make_send(bool is_stream) {
  ValkOwnedSend send(idle_sends.take());
  send->is_stream = is_stream;
  send->exchange.consumes_at_once = !is_stream;
  send->exchange.longest_body = is_stream ? SIZE_MAX : valk_limit_response_body;
  send->event.deliver = deliver;
  send->total.fire = on_total;
  return send;
}

/// Its header fields, valid until this is called again or something is allocated. Those of a target stay where
/// they are for as long as the send, which ends after its stream.
std::span<const ValkField> fields_of(Vm* vm, const ValkSend* send) {
  static ValkField fields[] = {
      {":method", {}, true, true},
      {":scheme", {}, true, true},
      {":authority", {}, true, true},
      {":path", {}, true, true},
  };
  if (!send->target) return valk_request_fields(valk_root_get(vm, *send->request));
  const ValkUrl& url = send->target.url();
  fields[0].value = send->method;
  fields[1].value = url.is_secure ? "https" : "http";
  fields[2].value = url.authority;
  fields[3].value = url.path;
  return fields;
}

/// There is something to tell Lisp, or something that Lisp lent to be given back.
bool is_news(const ValkSend* send) {
  const ValkExchange& x = send->exchange;
  return x.ended || x.closed || x.over_limit || x.has_upload || (send->is_stream && x.has_headers);
}

}  // namespace

void ValkSendKeeper::operator()(ValkSend* send) const {
  idle_sends.give(std::unique_ptr<ValkSend>(send));
}

ValkOwnedSend valk_send_make_plain(ValkTargetUse target, std::string_view method) {
  ValkOwnedSend send = make_send(false);
  send->target = std::move(target);
  send->method = method;
  return send;
}

ValkOwnedSend valk_send_make(Vm* vm, Value copy, bool is_stream) {
  ValkOwnedSend send = make_send(is_stream);
  send->request = valk_root_make(vm, copy);
  valk_upload_note(vm, send.get());
  return send;
}

void valk_send_allow(ValkSend* send, uint64_t timeout) {
  send->timeout = timeout;
  if (timeout) send->deadline = valk_clock() + timeout;
}

void valk_send_launch(Vm* vm, ValkClient* c, ValkOwnedSend owned, ValkOpId op) {
  ValkSend* send = owned.release();
  link(c, send);
  send->op = op;
  send->has_op = true;
  valk_op_set_native(vm, op, send);
  valk_loop_hold();
  if (send->deadline) {
    uint64_t now = valk_clock();
    valk_timer_start(&send->total, send->deadline > now ? send->deadline - now : 1);
  }
  if (!valk_http2_submit(c->session, &send->exchange, fields_of(vm, send))) {
    send->exchange.closed = true;
    send->failure = {":closed", "", "the connection has no stream left for the request"};
    valk_event_post(&send->event);
  }
  valk_client_flush_soon(c);
}

void valk_send_fail_with(Vm* vm, ValkSend* send, Value error) {
  if (!send->failure.kind)
    send->failure = {":closed", "", "the function that writes the request's body has failed"};
  reset(send);
  valk_event_post(&send->event);
  if (send->has_op) valk_op_fail_with(vm, take_op(send), error);
}

void valk_send_changed(ValkSend* send) {
  const ValkExchange& x = send->exchange;
  send->activity = valk_clock_lately();
  if (x.sent && !x.ended) watch(send);
  if (x.ended) valk_timer_stop(&send->total);
  if (is_news(send)) valk_event_post(&send->event);
}

void valk_send_watch(Vm*, ValkTimer* timer) {
  ValkClient* c = owner_of<ValkClient, offsetof(ValkClient, watch)>(timer);
  uint64_t now = valk_clock(), next = kNever;
  for (ValkSend* send = c->sends; send; send = send->next) {
    uint64_t late = late_at(send, now);
    if (late <= now)
      time_out(send, send->exchange.has_headers ? "the next part of the response" : "the response",
               patience(send));
    else if (late < next)
      next = late;
  }
  if (next != kNever) valk_timer_start(timer, next - now);
}

void valk_send_lost(ValkSend* send) {
  valk_timer_stop(&send->total);
  const ValkExchange& x = send->exchange;
  if (!x.ended && !x.closed) send->is_lost = true;
  valk_event_post(&send->event);
}

void valk_send_detach(Vm* vm, ValkSend* send) {
  valk_upload_detach(vm, send);
  if (send->has_op) valk_op_set_native(vm, take_op(send), nullptr);
  if (send->has_reader) valk_op_set_native(vm, take_reader(vm, send), nullptr);
  if (send->has_handle) valk_handle_forget_id(vm, send->handle);
  send->has_handle = false;
  valk_event_post(&send->event);
}

void valk_send_free(ValkSend* send) {
  valk_timer_stop(&send->total);
  valk_event_withdraw(&send->event);
  *send->link = send->next;
  if (send->next) send->next->link = send->link;
  send->client->send_count--;
  ValkOwnedSend owned(send);
}

void valk_http2_send(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  start(vm, sp, n, op, valk_op_name(vm, op), false);
}

void valk_http2_send_stream(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  start(vm, sp, n, op, valk_op_name(vm, op), true);
}

void valk_http2_send_cancel(Vm* vm, ValkOpId op) {
  ValkSend* send = static_cast<ValkSend*>(valk_op_native(vm, op));
  if (!send) return (void)valk_pool_cancel(vm, op);
  if (!send->has_op) return;
  take_op(send);
  valk_timer_stop(&send->total);
  reset(send);
  valk_event_post(&send->event);
}

void valk_http2_body_read(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  const char* name = valk_op_name(vm, op);
  if (!valk_is_response(sp[0])) {
    valk_fail_type(vm, sp + n, name, 1, "a response", sp[0]);
    return valk_op_fail_raised(vm, sp + n, op);
  }
  Value stream = valk_object(sp[0])[VALK_RESPONSE_STREAM];
  if (stream == VALK_NIL) return valk_op_complete(vm, op, VALK_NIL);
  void* native = valk_argument_handle(vm, sp + n, name, 1, stream, &stream_kind);
  if (!native) return valk_op_fail_raised(vm, sp + n, op);
  ValkSend* send = static_cast<ValkSend*>(native);
  if (send->has_reader)
    return refuse(vm, sp + n, op, {":closed", "", "http2/body-read: another one is under way"});
  send->reader = op;
  send->has_reader = true;
  send->reader_response = valk_root_make(vm, sp[0]);
  valk_op_set_native(vm, op, send);
  valk_loop_hold();
  valk_event_post(&send->event);
}

Value valk_http2_body_close(Vm* vm, Value* sp, Value response) {
  if (!valk_is_response(response))
    return valk_fail_type(vm, sp, "http2/body-close", 1, "a response", response);
  Value stream = valk_object(response)[VALK_RESPONSE_STREAM];
  void* native = stream == VALK_NIL ? nullptr : valk_handle_native(vm, stream, &stream_kind);
  if (!native) return VALK_NIL;
  ValkSend* send = static_cast<ValkSend*>(native);
  valk_handle_forget(vm, stream);
  send->has_handle = false;
  if (!send->failure.kind) send->failure = {":closed", "", "the rest of the body was given up"};
  reset(send);
  valk_event_post(&send->event);
  return VALK_NIL;
}

void valk_http2_body_read_cancel(Vm* vm, ValkOpId op) {
  ValkSend* send = static_cast<ValkSend*>(valk_op_native(vm, op));
  if (!send || !send->has_reader) return;
  take_reader(vm, send);
}
