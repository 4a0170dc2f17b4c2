// The same over std::forward_list: one heap node an element, as in the other languages.
#include <forward_list>
#include <numeric>

#include "../elapsed.h"

using List = std::forward_list<long>;

static List range(long a, long b) {
  List list;
  for (long i = b - 1; i >= a; i--) list.push_front(i);
  return list;
}

template <typename F>
static List map(F f, const List& list) {
  List mapped;
  auto last = mapped.before_begin();
  for (long x : list) last = mapped.insert_after(last, f(x));
  return mapped;
}

template <typename P>
static List filter(P p, const List& list) {
  List kept;
  auto last = kept.before_begin();
  for (long x : list)
    if (p(x)) last = kept.insert_after(last, x);
  return kept;
}

int main(int, char** argv) {
  return elapsed(argv, [](long passes) {
    long total = 0;
    for (long n = passes; n > 0; n--) {
      List shifted = map([n](long x) { return x + n; }, range(0, 100000));
      List kept = filter([](long x) { return x % 3 == 0; }, shifted);
      total += std::accumulate(kept.begin(), kept.end(), 0L);
    }
    return total;
  });
}
