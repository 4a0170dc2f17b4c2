// The size of terms: see size.h.
#include "cps/size.h"

#include "cps/traverse.h"

namespace valkc {

size_t compute_size(const Term* term, size_t limit) {
  size_t size = 0;
  std::vector<const Term*> todo{term};
  while (!todo.empty() && size <= limit) {
    const Term& t = *todo.back();
    todo.pop_back();
    size++;
    if (t.kind == TermKind::let_fun)
      for (const Fun* f : static_cast<const LetFun&>(t).funs) todo.push_back(f->body);
    each_child(t, [&](const Term* child) { todo.push_back(child); });
  }
  return size;
}

bool is_larger(const Term* term, size_t limit) { return compute_size(term, limit) > limit; }

}  // namespace valkc
