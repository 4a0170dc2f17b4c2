// The HTTP/2 server: listeners, their connections, and on them streams, each a request with its handler.
//
//   server       accepts, counts, and stops: notice, refuse, wait, cut
//   connection   handshaking → settling → open → closing → closed, like a client's
//   stream       opened → dispatched, its handler runs in a task → answered → closed
//
// As everywhere here the socket's and nghttp2's callbacks only record; what they recorded is delivered
// from the loop's ready list. A stream is freed when its handler has ended and the session has forgotten
// it; a connection when its socket and streams are gone; a server when its connections are and nothing
// refers to it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "runtime/http2/access_log.h"
#include "runtime/http2/body_writer.h"
#include "runtime/http2/metrics.h"
#include "runtime/http2/server_session.h"
#include "runtime/io/loop.h"
#include "runtime/io/tcp.h"
#include "runtime/io/workers.h"
#include "runtime/tls/tls.h"

struct ValkHttp2Server;
struct ValkServerConnection;
struct ValkServerStream;

/// A mark of how far a transfer was, to see whether it goes on.
struct ValkProgress {
  uint64_t since = 0;
  uint64_t bytes = 0;
};

/// What is plain data of a stream.
struct ValkServerStreamState {
  ValkServerConnection* connection = nullptr;
  ValkServerStream* next = nullptr;
  ValkServerStream** link = nullptr;
  ValkEvent event{};
  ValkRoot task = 0;  ///< the handler's
  bool has_task = false;
  bool begun = false;       ///< the handler was entered
  bool done = false;        ///< and left
  bool cancelled = false;   ///< its client has gone
  bool too_large = false;   ///< req/body has met :max-body
  bool continued = false;   ///< 100 was sent, if it was asked for
  ValkHandleId handle = 0;  ///< the request's
  bool has_handle = false;
  ValkHandleId writer_handle = 0;  ///< of its response's body
  bool has_writer_handle = false;
  std::optional<ValkOpId> reader;  ///< req/body or req/body-read
  bool reads_whole = false;
  ValkBodyWriter writer;
  ValkLoan loan;  ///< of the response's body
  ValkProgress reading, writing;
  uint64_t began = 0;       ///< when its request's headers did
  uint64_t body_limit = 0;  ///< of req/body
  int status = 0;           ///< of the response
  bool recorded = false;    ///< in the metrics and the log
  bool is_counted = false;  ///< among its connection's streams
};

struct ValkServerStream : ValkServerStreamState {
  ValkServerExchange exchange;

  /// Makes it new, but for the space that it has.
  void reset() {
    static_cast<ValkServerStreamState&>(*this) = {};
    exchange.reset();
  }
};

enum class ValkServerState { kHandshaking, kSettling, kOpen, kClosing, kClosed };

struct ValkServerConnection {
  ValkServerState state = ValkServerState::kHandshaking;
  ValkHttp2Server* server = nullptr;
  ValkServerConnection* next = nullptr;
  ValkServerConnection** link = nullptr;
  ValkTcp* tcp = nullptr;
  ValkTls* tls = nullptr;
  ValkHttp2Session* session = nullptr;
  ValkEvent event{};        ///< frees it
  ValkEvent flush_event{};  ///< sends, before the loop polls, what was produced since
  ValkTimer timer{};        ///< handshake, idleness, the watch over its streams, lingering
  uint64_t began = 0;       ///< or idle since, or closing
  uint64_t heard = 0;       ///< when bytes last came
  ValkProgress sending;
  std::string address;
  ValkServerStream* streams = nullptr;
  size_t stream_count =
      0;  ///< those that have not ended, handlers that run on reset streams included
  size_t* of_address = nullptr;  ///< how many its address has; null: it is counted nowhere
  bool shut = false;
  bool flushing = false;
  bool noticed = false;   ///< the first GOAWAY of a shutdown was sent
  bool refusing = false;  ///< and the second
};

struct ValkHttp2Server {
  ValkTcpListener* listener = nullptr;
  ValkTlsServer* tls = nullptr;
  ValkServerLimits limits{};
  uint64_t grace_time = 0;
  uint64_t leave_time = 0;  ///< from a signal to the end of accepting
  ValkAccessLog* log = nullptr;
  ValkEvent event{};
  ValkTimer grace{};
  ValkTimer leave{};
  ValkResource resource{};
  ValkRoot handler = 0;
  bool has_handler = false;
  bool listens = false;
  bool leaves = false;  ///< it will be stopped: it serves, and says that it is not ready
  bool drains = false;  ///< it is being stopped
  ValkHandleId handle = 0;
  bool has_handle = false;
  std::optional<ValkOpId> stop_op;
  ValkServerConnection* connections = nullptr;
  size_t connection_count = 0;
  std::unordered_map<std::string, size_t> per_address;
  bool is_live = false;  ///< it listens or drains: it holds the loop, and signals stop it
  ValkHttp2Server* next = nullptr;  ///< of all that are live
};

// server_listen.cpp
/// Stops accepting. What is in flight may end within the time; idle connections are told at once.
void valk_http2_server_drain(ValkHttp2Server* server, uint64_t grace);
/// The same after :drain-delay-ms, in which it says that it is not ready.
void valk_http2_server_leave(ValkHttp2Server* server);
/// Stops accepting, and closes all its connections.
void valk_http2_server_cut(ValkHttp2Server* server);

/// Reads its certificates and opens its log again; if they are no good it goes on with those that it has.
void valk_http2_server_reload(ValkHttp2Server* server);

// server_signals.cpp
extern const ValkWorkerCalls valk_http2_worker_calls;
/// A server begins to listen; it has ended, all its connections gone.
void valk_http2_server_enlist(ValkHttp2Server* server);
void valk_http2_server_discharge(ValkHttp2Server* server);

// server_connection.cpp
/// A connection around an accepted socket.
void valk_server_accept(ValkHttp2Server* server, ValkTcp* tcp);
/// Sends before the loop polls again.
void valk_server_flush_soon(ValkServerConnection* connection);
/// The first step of a shutdown; the second follows by itself, and the end when no stream is left.
void valk_server_drain(ValkServerConnection* connection);
/// Closes at once.
void valk_server_cut(ValkServerConnection* connection);
/// The last stream has been freed or the first was made: timers, and the end of a draining connection.
void valk_server_rest(ValkServerConnection* connection);

// server_stream.cpp
/// A new stream of a connection, for the session.
ValkServerStream* valk_stream_open(ValkServerConnection* connection);
/// Its exchange has changed.
void valk_stream_changed(ValkServerStream* stream);
/// The connection is gone.
void valk_stream_lost(ValkServerStream* stream);
/// Cuts a stream's ties to Lisp, at the program's end.
void valk_stream_detach(Vm* vm, ValkServerStream* stream);
/// Answers without a handler: status and nothing else.
void valk_stream_answer(ValkServerStream* stream, int status);
/// Resets with an HTTP/2 error code.
void valk_stream_reset(ValkServerStream* stream, uint32_t error);

// server_request.cpp
extern const ValkHandleKind valk_stream_kind;
/// The request value of a stream, which refers to it while it lasts. VALK_ERR with :memory raised.
Value valk_server_request(Vm* vm, Value* sp, ValkServerStream* stream);
/// A body can be read from it: a channel, a response, a request that a server was sent.
bool valk_is_body_source(Value v);
/// Bytes of the body, or its end, have come for the reader.
void valk_stream_read(Vm* vm, ValkServerStream* stream);

// server_respond.cpp
/// The peer has taken bytes: a writer may go on.
void valk_stream_write(Vm* vm, ValkServerStream* stream);
