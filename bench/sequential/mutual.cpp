// Tail calls between functions that know each other: a state machine that counts n down, unchecked.
#include "../elapsed.h"

static long odd(long n, long sum);
static long seventh(long n, long sum);

static long even(long n, long sum) {
  if (n == 0) return sum;
  return n % 7 == 0 ? seventh(n - 1, sum + 2) : odd(n - 1, sum + 1);
}

static long odd(long n, long sum) {
  if (n == 0) return -sum;
  return n % 5 == 0 ? seventh(n - 1, sum) : even(n - 1, sum + 1);
}

static long seventh(long n, long sum) {
  if (n == 0) return 2 * sum;
  return sum > 1000000 ? even(n - 1, 0) : odd(n - 1, sum + 3);
}

int main(int, char** argv) {
  return elapsed(argv, [](long n) { return even(n, 0); });
}
