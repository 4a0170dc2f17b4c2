// The network as tcp.cpp uses it: libuv's own functions on TCP handles, behind one table, so that a
// simulated network (simulated_network.cpp) can take their place. A handle is used with the table that
// initialised it, and with no other function of libuv.
#pragma once

#include <uv.h>

/// Signatures and contracts are libuv's.
struct ValkNetwork {
  int (*init)(uv_loop_t*, uv_tcp_t*, unsigned flags);
  int (*connect)(uv_connect_t*, uv_tcp_t*, const sockaddr*, uv_connect_cb);
  int (*bind)(uv_tcp_t*, const sockaddr*, unsigned flags);
  int (*listen)(uv_stream_t*, int backlog, uv_connection_cb);
  int (*accept)(uv_stream_t* server, uv_stream_t* client);
  int (*read_start)(uv_stream_t*, uv_alloc_cb, uv_read_cb);
  int (*read_stop)(uv_stream_t*);
  int (*try_write)(uv_stream_t*, const uv_buf_t*, unsigned count);
  int (*write)(uv_write_t*, uv_stream_t*, const uv_buf_t*, unsigned count, uv_write_cb);
  int (*shutdown)(uv_shutdown_t*, uv_stream_t*, uv_shutdown_cb);
  void (*close)(uv_handle_t*, uv_close_cb);
  int (*no_delay)(uv_tcp_t*, int enable);
  int (*peer_name)(const uv_tcp_t*, sockaddr*, int* length);
  int (*socket_name)(const uv_tcp_t*, sockaddr*, int* length);
};

/// libuv's, or in a simulation the network in memory.
const ValkNetwork& valk_network();

/// The simulated network, and what it says of itself to the loop.
extern const ValkNetwork valk_simulated_network;
