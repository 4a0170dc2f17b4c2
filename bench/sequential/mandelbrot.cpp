// Floating-point arithmetic in a loop.
#include "../elapsed.h"

static long escapes(double cr, double ci) {
  double zr = 0, zi = 0;
  long n = 0;
  for (; n < 100 && zr * zr + zi * zi <= 4.0; n++) {
    double next = zr * zr - zi * zi + cr;
    zi = 2.0 * (zr * zi) + ci;
    zr = next;
  }
  return n;
}

int main(int, char** argv) {
  return elapsed(argv, [](long size) {
    long total = 0;
    for (long y = 0; y < size; y++)
      for (long x = 0; x < size; x++) total += escapes(x / 200.0 - 2.0, y / 200.0 - 1.5);
    return total;
  });
}
