// Backtracking over a stack of rows: the number of ways to place n queens.
#include <vector>

#include "../elapsed.h"

static bool is_safe(long row, const std::vector<long>& placed) {
  long distance = 1;
  for (auto it = placed.rbegin(); it != placed.rend(); ++it, ++distance)
    if (*it == row + distance || *it == row - distance || *it == row) return false;
  return true;
}

static long place(std::vector<long>& placed, long left, long size) {
  if (left == 0) return 1;
  long ways = 0;
  for (long row = 1; row <= size; row++) {
    if (!is_safe(row, placed)) continue;
    placed.push_back(row);
    ways += place(placed, left - 1, size);
    placed.pop_back();
  }
  return ways;
}

int main(int, char** argv) {
  return elapsed(argv, [](long n) {
    std::vector<long> placed;
    return place(placed, n, n);
  });
}
