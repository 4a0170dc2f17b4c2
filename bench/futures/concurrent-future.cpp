// `operations` operations at once: each blocks a thread of its own in `await`, since that is what waiting
// for a future is. Threads get 64 KiB of stack, the least that is safe.
#include "../elapsed.h"
#include "sockets.h"

struct Caller {
  Peer* peer;
  pthread_t thread;
  long result;
};

static void* run_caller(void* data) {
  Caller* caller = static_cast<Caller*>(data);
  Future* future = ask(caller->peer);
  caller->result = await(future);
  release(future);
  return nullptr;
}

int main(int, char** argv) {
  return elapsed(argv, [](long operations) {
    int connections = static_cast<int>(operations < 100 ? operations : 100);
    Echo echo(connections);
    std::vector<Caller> callers(operations);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 << 10);
    for (long i = 0; i < operations; i++) {
      callers[i].peer = &echo.peers[i % connections];
      int code = pthread_create(&callers[i].thread, &attributes, run_caller, &callers[i]);
      errno = code;
      require(code == 0, "no more threads");
    }
    echo.start(operations);  // all wait now, as the tasks do
    long total = 0;
    for (Caller& caller : callers) {
      pthread_join(caller.thread, nullptr);
      total += caller.result;
    }
    echo.join();
    return total;
  });
}
