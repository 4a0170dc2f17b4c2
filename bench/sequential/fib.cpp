// Calls and small integers: the naive Fibonacci function, unchecked.
#include "../elapsed.h"

static long fib(long n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

int main(int, char** argv) {
  return elapsed(argv, [](long n) { return fib(n); });
}
