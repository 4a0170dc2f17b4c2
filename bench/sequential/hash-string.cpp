// A table with strings as keys: counts n made-up words, then looks each up again by a word made anew.
#include <string>
#include <unordered_map>

#include "../elapsed.h"

static std::string word(long n) { return "word-" + std::to_string(n * 7919 % 100003); }

int main(int, char** argv) {
  return elapsed(argv, [](long n) {
    std::unordered_map<std::string, long> table;
    for (long i = n; i > 0; i--) table[word(i)]++;
    long sum = 0;
    for (long i = n; i > 0; i--) {
      auto it = table.find(word(i));
      if (it != table.end()) sum += it->second;
    }
    return sum + static_cast<long>(table.size());
  });
}
