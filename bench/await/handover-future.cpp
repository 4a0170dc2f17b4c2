// Two threads hand a number to and fro, each waiting for a future that the other resolves. The futures
// are made before the clock starts. Fewer operations than the others, since each takes so long.
#include <thread>
#include <vector>

#include "../elapsed.h"
#include "future.h"

static const long kCount = 200000;

/// Waits for every other future from `first` on, and resolves the one after each.
static void play(const std::vector<Future*>& turns, size_t first) {
  for (size_t i = first; i + 1 < turns.size(); i += 2) resolve(turns[i + 1], await(turns[i]) + 1);
}

int main() {
  std::vector<Future*> turns(kCount + 1);
  for (Future*& future : turns) future = new Future;
  int status = elapsed(
      [&turns] {
        std::thread other([&turns] { play(turns, 1); });
        resolve(turns[0], 0);
        play(turns, 0);
        other.join();
        return await(turns[kCount]) - kCount;
      },
      kCount);
  for (Future* future : turns) release(future);
  return status;
}
