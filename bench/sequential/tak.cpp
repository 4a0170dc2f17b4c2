// Calls with three arguments (Takeuchi), unchecked.
#include "../elapsed.h"

static long tak(long x, long y, long z) {
  return !(y < x) ? z : tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y));
}

int main(int, char** argv) {
  return elapsed(argv, [](long n) {
    long last = 0;
    for (long i = 0; i < n; i++) {
      // Keeps the compiler from computing one call for all.
      volatile long x = 24;
      last = tak(x, 16, 8);
    }
    return last;
  });
}
