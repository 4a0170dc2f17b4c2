// Operations one after the other, each a future that the loop's thread resolves.
#include "../elapsed.h"
#include "sockets.h"

int main(int, char** argv) {
  return elapsed(argv, [](long count) {
    Echo echo(1);
    echo.start(count);
    long total = 0;
    for (long n = count; n > 0; n--) {
      Future* future = ask(&echo.peers[0]);
      total += await(future);
      release(future);
    }
    echo.join();
    return total;
  });
}
