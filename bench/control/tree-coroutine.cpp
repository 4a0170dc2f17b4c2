// A generator over a balanced tree of n nodes. C++20 coroutines have no stack: a generator for each subtree,
// whose values its parent hands on.
#include <memory>

#include "../elapsed.h"
#include "generator.h"

struct Tree {
  std::unique_ptr<Tree> left;
  long value;
  std::unique_ptr<Tree> right;
};

static std::unique_ptr<Tree> build(long from, long to) {
  if (from > to) return nullptr;
  long middle = (from + to) / 2;
  return std::make_unique<Tree>(Tree{build(from, middle - 1), middle, build(middle + 1, to)});
}

static Generator walk(const Tree* tree) {
  if (tree->left)
    for (Generator left = walk(tree->left.get()); left.next();) co_yield left.value();
  co_yield tree->value;
  if (tree->right)
    for (Generator right = walk(tree->right.get()); right.next();) co_yield right.value();
}

int main(int, char** argv) {
  return elapsed(argv, [](long n) {
    std::unique_ptr<Tree> tree = build(1, n);
    long total = 0;
    for (Generator values = walk(tree.get()); values.next();)
      total = (3 * total + values.value()) % 1000003;
    return total;
  });
}
