// Tail calls to functions that nobody knows before: each finds the next in a table.
#include "../elapsed.h"

using State = long (*)(long, long);
static long add(long n, long sum);
static long twice(long n, long sum);
static long skip(long n, long sum);
static State volatile states[] = {add, twice, skip};

static long next(long n, long sum) { return states[(n + sum) % 3](n - 1, sum); }
static long add(long n, long sum) { return n == 0 ? sum : next(n, sum + 1); }
static long twice(long n, long sum) { return n == 0 ? sum : next(n, 2 * sum % 1000003); }
static long skip(long n, long sum) { return n == 0 ? sum : next(n, sum); }

int main(int, char** argv) {
  return elapsed(argv, [](long n) { return next(n, 1); });
}
