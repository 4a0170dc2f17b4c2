// The future's side of this family: one loop thread, which serves the echo and resolves futures by what comes
// back, as the one loop of the interpreter's runtime did. Callers are other threads, and block in `await`.
#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "../await/future.h"

inline void require(bool holds, const char* what) {
  if (holds) return;
  std::perror(what);
  std::exit(1);
}

inline void set_no_delay(int socket) {
  int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/// A connection and the futures that wait on it, first come first served, under a lock of their own.
struct Peer {
  int socket = -1;
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  std::deque<Future*> waiting;
};

/// Starts an operation: the future is resolved when its byte is back. The caller owns one reference.
inline Future* ask(Peer* peer) {
  Future* future = new Future;
  pthread_mutex_lock(&peer->mutex);
  peer->waiting.push_back(retain(future));
  require(send(peer->socket, "x", 1, 0) == 1, "send");
  pthread_mutex_unlock(&peer->mutex);
  return future;
}

inline void resolve_first(Peer* peer) {
  pthread_mutex_lock(&peer->mutex);
  Future* future = peer->waiting.front();
  peer->waiting.pop_front();
  pthread_mutex_unlock(&peer->mutex);
  resolve(future, 1);
  release(future);
}

class Echo {
 public:
  /// Listens and makes `count` connections, whose other sides are echoed in a thread.
  explicit Echo(int count) : peers(count) {
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    require(bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0, "bind");
    require(listen(listener, 512) == 0, "listen");
    getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    poll_ = epoll_create1(0);
    for (Peer& peer : peers) {
      peer.socket = socket(AF_INET, SOCK_STREAM, 0);
      require(connect(peer.socket, reinterpret_cast<sockaddr*>(&address), size) == 0, "connect");
      int other = accept(listener, nullptr, nullptr);
      set_no_delay(peer.socket);
      set_no_delay(other);
      sides_.push_back({other, nullptr});
      sides_.push_back({peer.socket, &peer});
    }
    for (Side& side : sides_) watch(&side);
  }

  /// Runs until `operations` answers have come.
  void start(long operations) {
    loop_ = std::thread([this, operations] { run(operations); });
  }
  void join() { loop_.join(); }

  std::vector<Peer> peers;

 private:
  /// One end of a connection; the server's has no peer.
  struct Side {
    int socket;
    Peer* peer;
  };

  void watch(Side* side) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = side;
    epoll_ctl(poll_, EPOLL_CTL_ADD, side->socket, &event);
  }

  /// Takes what has come to one side; gives the number of operations that have ended by it.
  static ssize_t serve(const Side* side) {
    char bytes[65536];
    ssize_t got = recv(side->socket, bytes, sizeof bytes, 0);
    require(got > 0, "recv");
    if (!side->peer) {
      require(send(side->socket, bytes, got, 0) == got, "echo");
      return 0;
    }
    for (ssize_t n = 0; n < got; n++) resolve_first(side->peer);
    return got;
  }

  void run(long left) const {
    while (left > 0) {
      epoll_event events[64];
      int count = epoll_wait(poll_, events, 64, -1);
      for (int i = 0; i < count; i++) left -= serve(static_cast<Side*>(events[i].data.ptr));
    }
  }

  int poll_;
  std::vector<Side> sides_;
  std::thread loop_;
};
