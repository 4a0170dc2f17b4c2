// One await of a future that the loop's thread resolves, as the interpreter did it.
#include <thread>

#include "../elapsed.h"
#include "future.h"

int main(int, char** argv) {
  return elapsed(argv, [](long count) {
    Mailbox mailbox;
    std::thread loop([&mailbox, count] {
      for (long n = count; n > 0; n--) {
        Future* future = mailbox.take();
        resolve(future, n % 2 ? 2 : 1);
        release(future);
      }
    });
    long total = 0;
    for (long n = count; n > 0; n--) {
      Future* future = new Future;
      mailbox.put(retain(future));
      total += await(future);
      release(future);
    }
    loop.join();
    return 2 * total / count;
  });
}
