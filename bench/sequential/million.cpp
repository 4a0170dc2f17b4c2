// Long lists: builds one of n numbers, maps, folds, reverses and sorts it, with the library's list.
#include <forward_list>
#include <numeric>

#include "../elapsed.h"

using List = std::forward_list<long>;

/// Weighs each element by its place, so that the order counts.
static long weigh(const List& list) {
  long sum = 0, place = 1;
  for (long x : list) {
    sum = (31 * sum + x * place) % 1000003;
    place = 1 + place % 1000;
  }
  return sum;
}

int main(int, char** argv) {
  return elapsed(argv, [](long n) {
    List list;
    for (long seed = 42; n > 0; n--) {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      list.push_front(seed);
    }
    List mapped;
    auto last = mapped.before_begin();
    for (long x : list) last = mapped.insert_after(last, x / 3);
    long sum = std::accumulate(mapped.begin(), mapped.end(), 0L);
    mapped.reverse();
    long reversed = weigh(mapped);
    mapped.sort();
    return sum + reversed + weigh(mapped);
  });
}
