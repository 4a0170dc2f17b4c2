// Operations one after the other, each a future that the loop's thread resolves.
#include "../elapsed.h"
#include "shared/sockets.h"

static const long kCount = 20000;

int main() {
  Echo echo(1);
  echo.start(kCount);
  int status = elapsed(
      [&echo] {
        long total = 0;
        for (long n = kCount; n > 0; n--) {
          Future* future = ask(&echo.peers[0]);
          total += await(future);
          release(future);
        }
        return total;
      },
      kCount);
  echo.join();
  return status;
}
