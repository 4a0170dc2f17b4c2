// A table with integers as keys: n are put in or counted up, then all are looked up, then half are taken
// out.
#include <unordered_map>

#include "../elapsed.h"

int main(int, char** argv) {
  return elapsed(argv, [](long n) {
    const long last = 1048583;
    std::unordered_map<long, long> table;
    for (long key = 1; n > 0; n--) {
      table[key]++;
      key = (key * 16807 + 7) % last;
    }
    long found = 0;
    for (long key = 0; key < last; key++) {
      auto it = table.find(key);
      if (it != table.end()) found += it->second;
    }
    for (long key = 0; key < last; key += 2) table.erase(key);
    return 1000 * found + static_cast<long>(table.size() % 1000);
  });
}
