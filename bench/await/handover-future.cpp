// Two threads hand a number to and fro, each waiting for a future that the other resolves.
#include <thread>
#include <vector>

#include "../elapsed.h"
#include "future.h"

/// Waits for every other future from `first` on, and resolves the one after each.
static void play(const std::vector<Future*>& turns, size_t first) {
  for (size_t i = first; i + 1 < turns.size(); i += 2) resolve(turns[i + 1], await(turns[i]) + 1);
}

int main(int, char** argv) {
  return elapsed(argv, [](long count) {
    std::vector<Future*> turns(count + 1);
    for (Future*& future : turns) future = new Future;
    std::thread other([&turns] { play(turns, 1); });
    resolve(turns[0], 0);
    play(turns, 0);
    other.join();
    long last = await(turns[count]);
    for (Future* future : turns) release(future);
    return last - count;
  });
}
