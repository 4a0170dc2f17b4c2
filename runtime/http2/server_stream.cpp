// A stream of a server: its handler's task, from the request's headers to the end of both.
#include <stddef.h>

#include <utility>

#include "runtime/http2/server.h"
#include "runtime/value/value.h"

/// Runs fn on arg in a new task below the root, and gives the task; VALK_ERR: reported (runtime/control).
Value valk_spawn_task(Vm* vm, Value fn, Value arg);
void valk_task_cancel(Vm* vm, Value task);

namespace {

constexpr uint32_t kInternalError = 2, kProtocolError = 1;
constexpr int kClientLeft = 499;  // as nginx logs it

bool is_gone(const ValkServerStream* s) {
  return (s->exchange.closed && !s->exchange.complete) ||
         s->connection->state >= ValkServerState::kClosing;
}

bool is_forgotten(const ValkServerStream* s) {
  return s->exchange.closed || s->connection->state == ValkServerState::kClosed;
}

/// Nothing of Lisp's is under way on it.
bool is_at_rest(const ValkServerStream* s) {
  return (!s->has_task || s->done) && !s->reader && !s->writer.op;
}

/// Streams that have ended, kept for the space of their fields: a busy server makes one a request.
class IdleStreams {
 public:
  std::unique_ptr<ValkServerStream> take() {
    if (!first_) return std::make_unique<ValkServerStream>();
    std::unique_ptr<ValkServerStream> s(first_);
    first_ = s->next;
    count_--;
    s->next = nullptr;
    return s;
  }
  void give(std::unique_ptr<ValkServerStream> s) {
    if (count_ == kKept) return;
    s->reset();
    s->next = first_;
    first_ = s.release();
    count_++;
  }
  ~IdleStreams() {
    while (first_) take().reset();
  }

 private:
  static constexpr size_t kKept = 256;
  ValkServerStream* first_ = nullptr;
  size_t count_ = 0;
};
IdleStreams idle_streams;

void write_log(const ValkServerStream* s, uint64_t nanoseconds) {
  const ValkServerExchange& x = s->exchange;
  ValkAccess a;
  a.address = s->connection->address;
  a.method = x.request.find(":method");
  a.path = x.request.find(":path");
  a.referrer = x.request.find("referer");
  a.agent = x.request.find("user-agent");
  a.status = s->status ? s->status : kClientLeft;
  a.bytes = x.sent;
  a.nanoseconds = nanoseconds;
  valk_access_log_add(s->connection->server->log, a);
}

/// The response is complete, or never will be: it is counted, once.
void record(ValkServerStream* s) {
  const ValkServerExchange& x = s->exchange;
  s->recorded = true;
  if (!x.has_headers) return;
  uint64_t nanoseconds = valk_clock_lately() - s->began;
  valk_metric_request(s->status, nanoseconds);
  valk_metric_add(kValkMetricBytesReceived, x.received);
  valk_metric_add(kValkMetricBytesSent, x.sent);
  if (s->connection->server->log) write_log(s, nanoseconds);
}

/// It takes nobody's place any more.
void uncount(ValkServerStream* s) {
  if (s->is_counted) s->connection->stream_count--;
  s->is_counted = false;
}

void free_stream(Vm* vm, ValkServerStream* s) {
  ValkServerConnection* c = s->connection;
  valk_metric_fall(kValkMetricRequestsOpen);
  valk_stream_detach(vm, s);
  valk_event_withdraw(&s->event);
  *s->link = s->next;
  if (s->next) s->next->link = s->link;
  uncount(s);
  idle_streams.give(std::unique_ptr<ValkServerStream>(s));
  if (!c->streams) valk_server_rest(c);
}

void start_handler(Vm* vm, ValkServerStream* s) {
  s->has_task = true;
  ValkHttp2Server* server = s->connection->server;
  Value request = server->has_handler ? valk_server_request(vm, vm->sp, s) : VALK_ERR;
  Value task = request == VALK_ERR
                   ? VALK_ERR
                   : valk_spawn_task(vm, valk_root_get(vm, server->handler), request);
  if (task == VALK_ERR) {
    s->done = true;
    return valk_stream_reset(s, kInternalError);
  }
  s->task = valk_root_make(vm, task);
}

/// The request's fields are there: what needs no handler is answered at once.
void dispatch(Vm* vm, ValkServerStream* s) {
  if (s->exchange.over_limit) return valk_stream_answer(s, 431);
  start_handler(vm, s);
}

/// The client has gone: the handler is cancelled, unless it has not begun; then it never will.
void cancel(Vm* vm, ValkServerStream* s) {
  s->cancelled = true;
  if (s->has_task && s->begun && !s->done) valk_task_cancel(vm, valk_root_get(vm, s->task));
}

/// Lisp runs when this has returned; what ends operations looks again, since each does one thing.
void deliver(Vm* vm, ValkEvent* event) {
  ValkServerStream* s = reinterpret_cast<ValkServerStream*>(reinterpret_cast<char*>(event) -
                                                            offsetof(ValkServerStream, event));
  ValkServerExchange& x = s->exchange;
  if (x.has_headers && !s->has_task && !x.responded && !is_gone(s)) dispatch(vm, s);
  if (s->has_task && x.over_limit) valk_stream_reset(s, kProtocolError);  // in the trailers
  if (is_gone(s) && !s->cancelled) cancel(vm, s);
  valk_body_settle(vm, &x.upload, &s->loan, is_forgotten(s));
  if (s->reader) valk_stream_read(vm, s);
  if (s->writer.op) valk_stream_write(vm, s);
  if ((x.complete || is_forgotten(s)) && !s->recorded) record(s);
  if (is_forgotten(s) && is_at_rest(s)) free_stream(vm, s);
}

}  // namespace

ValkServerStream* valk_stream_open(ValkServerConnection* c) {
  ValkServerStream* s = idle_streams.take().release();
  s->connection = c;
  s->event.deliver = deliver;
  s->writer.event = &s->event;
  s->began = valk_clock_lately();
  s->body_limit = c->server->limits.body;
  valk_metric_add(kValkMetricRequestsOpen);
  s->next = c->streams;
  if (s->next) s->next->link = &s->next;
  s->link = &c->streams;
  c->streams = s;
  c->stream_count++;
  s->is_counted = true;
  if (!s->next) valk_server_rest(c);
  return s;
}

void valk_stream_changed(ValkServerStream* s) {
  // The peer, which knows that it is over, may open the next one before the loop delivers anything.
  if (s->exchange.closed && s->done && is_at_rest(s)) uncount(s);
  valk_event_post(&s->event);
}
void valk_stream_lost(ValkServerStream* s) { valk_event_post(&s->event); }

void valk_stream_detach(Vm* vm, ValkServerStream* s) {
  for (std::optional<ValkOpId>* op : {&s->reader, &s->writer.op}) {
    if (!*op) continue;
    valk_op_set_native(vm, **op, nullptr);
    op->reset();
    valk_loop_release();
  }
  if (s->has_handle) valk_handle_forget_id(vm, s->handle);
  if (s->has_writer_handle) valk_handle_forget_id(vm, s->writer_handle);
  s->has_handle = s->has_writer_handle = false;
  if (s->has_task && s->task) valk_root_free(vm, s->task);
  s->has_task = s->done = true;
  s->task = 0;
  valk_event_post(&s->event);
}

void valk_stream_answer(ValkServerStream* s, int status) {
  ValkServerExchange& x = s->exchange;
  if (x.responded || is_gone(s)) return;
  s->status = status;
  const ValkField fields[] = {{":status", valk_status_text(status), true, true},
                              {"content-length", "0", true, true}};
  valk_server_respond(s->connection->session, &x, fields);
  valk_server_flush_soon(s->connection);
}

void valk_stream_reset(ValkServerStream* s, uint32_t error) {
  if (is_gone(s) || !s->connection->session) return;
  valk_http2_reset(s->connection->session, &s->exchange, error);
  valk_server_flush_soon(s->connection);
}
