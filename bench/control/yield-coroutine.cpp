// Yield and resume: a C++20 generator that is suspended at each of n elements.
#include "../elapsed.h"
#include "generator.h"

static Generator produce(long n) {
  for (; n > 0; n--) co_yield n;
}

int main(int, char** argv) {
  return elapsed(argv, [](long n) {
    Generator generator = produce(n);
    long total = 0;
    while (generator.next()) total += generator.value();
    return total;
  });
}
