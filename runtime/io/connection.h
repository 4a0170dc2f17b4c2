// Plain TCP connections and servers as a program holds them: what tcp_connection.cpp and tcp_server.cpp
// share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/io/loop.h"
#include "runtime/io/tcp_race.h"

struct ValkTcpServer;

/// Why a connection ended, as the error that the program gets.
struct ValkTcpFailure {
  const char* kind = nullptr;  ///< null: it did not fail
  std::string code;
  std::string message;
};

/// A connection. Freed when its socket is gone and no handle or operation refers to it.
struct ValkConnection {
  ValkTcpRace* race = nullptr;
  ValkTcp* tcp = nullptr;
  ValkDnsLookup* lookup = nullptr;
  ValkEvent event{};
  ValkTimer timer{};  ///< connecting, then lingering
  ValkResource resource{};
  std::string place;  ///< "host:port", for messages
  uint64_t connect_timeout = 0;
  bool is_open = false;
  bool ended = false;       ///< the peer sends no more
  bool is_closing = false;  ///< by the program: sends what is queued
  bool shut = false;        ///< the end of the sending side is queued
  bool is_shut = false;     ///< and has been sent
  ValkTcpFailure failure;
  std::string incoming;                                  ///< what the program has not read yet
  std::optional<ValkOpId> connect_op, reader, finisher;  ///< what is under way
  std::vector<ValkOpId> writers;  ///< wait until what is queued has been sent
  ValkHandleId handle = 0;
  bool has_handle = false;
  bool has_handler = false;         ///< its server has started the handler
  ValkTcpServer* server = nullptr;  ///< that accepted it; null once it is gone
  ValkConnection* next_of_server = nullptr;
  ValkConnection** link_of_server = nullptr;
};

extern const ValkHandleKind valk_connection_kind;

/// A connection around an accepted socket.
ValkConnection* valk_connection_accept(ValkTcp* tcp);
/// Makes the handle for the program. VALK_ERR with :memory raised.
Value valk_connection_handle(Vm* vm, Value* sp, ValkConnection* connection);
/// Closes as the program's close does: operations fail with :closed, what is queued is sent first.
void valk_connection_close(ValkConnection* connection);
/// Closes at once.
void valk_connection_abort(ValkConnection* connection);
/// Its server's: takes a connection off the list; tcp_server.cpp.
void valk_tcp_server_leave(ValkConnection* connection);
