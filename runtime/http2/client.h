// An HTTP/2 client: one connection and the requests on it. This is where bytes, filters and operations
// meet: io/tcp gives bytes, tls and session filter them, and what they recorded is delivered to Lisp
// from the loop's ready list, never from within them.
//
//   resolving → connecting → handshaking → settling → open → closing → closed
//
// A failure leads from every state to `closed`, valk_client_close to `closing`, where what is queued is
// sent first. A client is freed when its socket is gone and neither a handle, an operation nor a
// request refers to it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "runtime/http2/body_writer.h"
#include "runtime/http2/session.h"
#include "runtime/http2/target.h"
#include "runtime/io/loop.h"
#include "runtime/io/tcp_race.h"
#include "runtime/tls/tls.h"

enum class ValkClientState {
  kResolving,    ///< looks the name up
  kConnecting,   ///< TCP
  kHandshaking,  ///< TLS
  kSettling,     ///< waits for the peer's SETTINGS
  kOpen,
  kClosing,  ///< sends what is queued
  kClosed    ///< the socket is closed or about to be
};

/// Options of http2/connect-async; times in nanoseconds, 0: no limit.
struct ValkClientOptions {
  bool tls = true;
  bool skip_verification = false;
  std::string ca_file, cert_file, key_file, server_name;
  uint64_t connect_timeout, headers_timeout, idle_timeout, timeout = 0;
};

/// Why something ended, as the error that the program gets.
struct ValkFailure {
  const char* kind = nullptr;  ///< null: it did not fail
  std::string code;            ///< for the error's data; empty: none
  std::string message;
};

struct ValkSend;

struct ValkClient {
  ValkClientState state = ValkClientState::kResolving;
  std::string host;
  uint16_t port = 0;
  ValkClientOptions options;
  ValkDnsLookup* lookup = nullptr;
  ValkTcpRace* race = nullptr;
  ValkTcp* tcp = nullptr;
  ValkTls* tls = nullptr;
  ValkHttp2Session* session = nullptr;
  ValkEvent event{};        ///< delivers the end of connecting, and frees
  ValkEvent flush_event{};  ///< sends what the program has asked for since the last poll
  ValkTimer timer{};        ///< connecting, then idleness, then lingering
  ValkTimer watch{};        ///< of the requests' silence: none can be late before it fires
  uint64_t idle_since = 0;
  ValkResource resource{};
  ValkOpId connect_op = 0;
  bool has_connect_op = false;
  ValkHandleId handle = 0;
  bool has_handle = false;
  ValkFailure failure;
  bool going_away = false;    ///< the peer accepts no more requests
  uint32_t goaway_error = 0;  ///< with this error code
  bool abandoned = false;     ///< the program, or its end, closed it
  bool shut = false;          ///< in closing: the end of the sending side is queued
  bool flushing = false;
  /// For a client that no handle is made of: called once, when it is open or has failed.
  void (*settled)(Vm* vm, ValkClient* client) = nullptr;
  std::string pool_key;  ///< of the connections that requests use once this one is no good
  /// Not null: the pool refers to it, and this makes the pool forget it, with whoever waits for it.
  void (*unpool)(Vm* vm, ValkClient* client) = nullptr;
  ValkSend* sends = nullptr;  ///< linked by next, newest first
  size_t send_count = 0;
};

/// What is plain data of a request under way.
struct ValkSendState {
  ValkClient* client = nullptr;
  ValkSend* next = nullptr;
  ValkSend** link = nullptr;  ///< what points at this in the client's list
  ValkEvent event{};
  ValkTimer total{};      ///< the whole exchange takes too long
  uint64_t activity = 0;  ///< when the peer was last heard of
  uint64_t timeout = 0;   ///< of the whole exchange, in nanoseconds; 0: none
  uint64_t deadline = 0;  ///< the same on the monotonic clock
  unsigned retries = 0;   ///< that have been made
  bool is_lost = false;   ///< its connection went before its end
  ValkOpId op = 0;        ///< of http2/send…
  bool has_op = false;
  ValkOpId reader = 0;  ///< of http2/body-read
  bool has_reader = false;
  ValkRoot reader_response = 0;
  std::optional<ValkRoot> request;  ///< a copy (message.h); none: it is `method` of `target`
  std::string_view method;          ///< of a target; a constant
  // The request's body.
  std::optional<ValkRoot> body;        ///< the function that writes it, until it is called
  std::optional<ValkRoot> body_task;   ///< that it runs in
  std::optional<ValkHandleId> upload;  ///< the handle that it writes on
  ValkLoan loan;                       ///< of what waits to be sent
  ValkBodyWriter writer;
  bool is_stream = false;
  bool has_handle = false;  ///< the program holds the stream of its body
  ValkHandleId handle = 0;
};

/// A request under way.
struct ValkSend : ValkSendState {
  ValkExchange exchange;
  ValkTargetUse target;  ///< of a request with neither fields nor a body of its own
  ValkFailure failure;   ///< of this request alone

  /// Makes it new, but for the space that it has.
  void reset() {
    static_cast<ValkSendState&>(*this) = {};
    exchange.reset();
    target.reset();
    if (failure.kind) failure = {};
  }
};

/// Keeps a send that has ended for the next one, for the space that it has.
struct ValkSendKeeper {
  void operator()(ValkSend* send) const;
};
typedef std::unique_ptr<ValkSend, ValkSendKeeper> ValkOwnedSend;

extern const ValkHandleKind valk_client_kind;

/// Starts to connect. The client's event tells the end.
ValkClient* valk_client_new(const char* host, uint16_t port, const ValkClientOptions& options);
void valk_client_connect(ValkClient* client);
/// Closes it: requests fail with `failure`, what is queued is sent first. Repeatable.
void valk_client_close(ValkClient* client, ValkFailure failure);
/// Ends it at once with a failure.
void valk_client_fail(ValkClient* client, ValkFailure failure);
/// Sends what the filters have for the socket, until they have no more or the socket takes no more.
void valk_client_flush(ValkClient* client);
/// The same before the loop polls again: what the program asks for in one turn is sent together.
void valk_client_flush_soon(ValkClient* client);
/// Frees the client if nothing refers to it any more; otherwise nothing. Not from a callback.
void valk_client_release(ValkClient* client);
/// The failure of whatever the peer's GOAWAY made impossible.
ValkFailure valk_client_goaway(const ValkClient* client);
/// Cuts all ties to Lisp: the operations and handles of the client are reported nothing any more.
void valk_client_detach(Vm* vm, ValkClient* client);
/// If nothing is under way: the idle timer starts, or the connection closes if the peer is leaving.
void valk_client_rest(ValkClient* client);

// connect.cpp
/// Makes a client whose events are delivered; the caller starts it by valk_client_connect.
ValkClient* valk_client_make(const std::string& host, uint16_t port,
                             const ValkClientOptions& options);
/// The defaults of the timeouts.
void valk_client_set_defaults(ValkClientOptions* options);

// send.cpp
/// A send of a request's copy (message.h).
ValkOwnedSend valk_send_make(Vm* vm, Value copy, bool is_stream);
/// The same of a request with neither fields nor body of its own; the method is a constant.
ValkOwnedSend valk_send_make_plain(ValkTargetUse target, std::string_view method);
/// Gives it so many nanoseconds from now; 0: as long as it takes.
void valk_send_allow(ValkSend* send, uint64_t timeout);
/// Puts a send on an open client; op gets its outcome. op's native object is the send, its cancel function
/// valk_http2_send_cancel.
void valk_send_launch(Vm* vm, ValkClient* client, ValkOwnedSend send, ValkOpId op);
void valk_http2_send_cancel(Vm* vm, ValkOpId op);
/// An exchange changed; from within the session.
void valk_send_changed(ValkSend* send);
/// The connection failed: so does everything on it.
void valk_send_lost(ValkSend* send);
/// Ends the requests whose peer has been silent for too long; the client's watch.
void valk_send_watch(Vm* vm, ValkTimer* watch);
/// Cuts a send's ties to Lisp: its operations, its handle, its root.
void valk_send_detach(Vm* vm, ValkSend* send);
/// Frees a send that is detached and that the session has forgotten, or never will use again.
void valk_send_free(ValkSend* send);
/// Ends a send with an error of the program's own: its body could not be written.
void valk_send_fail_with(Vm* vm, ValkSend* send, Value error);

// send_again.cpp
/// The exchange has failed in a way that shows that the peer has not acted on the request, and it can be sent
/// again (RFC 9113, 8.7).
bool valk_send_can_retry(const ValkSend* send);
/// Sends it again, on the same connection or on another one to the same origin.
void valk_send_retry(Vm* vm, ValkSend* send);
/// The connection takes new requests.
bool valk_client_is_usable(const ValkClient* client);

// send_body.cpp
/// Takes the body of its request: a string, or the function that writes it, if there is one.
void valk_upload_note(Vm* vm, ValkSend* send);
/// Calls it, in a task.
void valk_upload_begin(Vm* vm, ValkSend* send);
/// The peer has taken bytes, or the exchange is over: http2/body-write goes on.
void valk_upload_deliver(Vm* vm, ValkSend* send, bool is_over);
/// Cancels the function: nobody waits for the exchange any more.
void valk_upload_cancel(Vm* vm, ValkSend* send);
/// Cuts the ties to Lisp, of the request too.
void valk_upload_detach(Vm* vm, ValkSend* send);
extern const ValkHandleKind valk_upload_kind;
/// http2/body-write on a request.
void valk_upload_write(Vm* vm, Value* sp, Fix n, ValkOpId op);
