// One await of a future that the loop's thread resolves, as the interpreter did it. Fewer
// operations than the others, since each takes so long.
#include <thread>

#include "../elapsed.h"
#include "future.h"

static const long kCount = 500000;

int main() {
  Mailbox mailbox;
  std::thread loop([&mailbox] {
    for (long n = kCount; n > 0; n--) {
      Future* future = mailbox.take();
      resolve(future, n % 2 ? 2 : 1);
      release(future);
    }
  });
  int status = elapsed(
      [&mailbox] {
        long total = 0;
        for (long n = kCount; n > 0; n--) {
          Future* future = new Future;
          mailbox.put(retain(future));
          total += await(future);
          release(future);
        }
        return 2 * total / kCount;
      },
      kCount);
  loop.join();
  return status;
}
