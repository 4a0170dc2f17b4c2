// Deep non-tail recursion (Ackermann), unchecked.
#include "../elapsed.h"

static long ack(long m, long n) {
  if (m == 0) return n + 1;
  if (n == 0) return ack(m - 1, 1);
  return ack(m - 1, ack(m, n - 1));
}

int main(int, char** argv) {
  return elapsed(argv, [](long n) { return ack(3, n); });
}
