// See inlined.h. A chain of calls is a list of records: each span names the innermost, whose call span
// names the next. Records are shared by all spans of one inlining.
#include "cps/inlined.h"

#include <unordered_map>
#include <vector>

#include "cps/traverse.h"

namespace valkc {
namespace {

class InlinedMarker {
 public:
  InlinedMarker(Program& program, const std::string& callee, Span call) : program_(program) {
    innermost_ = add({callee, call});
  }
  void mark(Term* body);

 private:
  uint32_t add(InlinedCall record) {
    program_.inlined.push_back(std::move(record));
    return static_cast<uint32_t>(program_.inlined.size());
  }
  uint32_t deeper(uint32_t record);
  void mark(Span& span) { span.inlined = deeper(span.inlined); }

  Program& program_;
  uint32_t innermost_;
  std::unordered_map<uint32_t, uint32_t> deeper_;
};

/// The record for code that `record` (0: none) described inside the body.
uint32_t InlinedMarker::deeper(uint32_t record) {
  if (record == 0) return innermost_;
  auto [it, fresh] = deeper_.try_emplace(record, 0);
  if (!fresh) return it->second;
  InlinedCall copy = program_.inlined[record - 1];
  // A tail call has no caller to show, but what is around the body now has.
  copy.call.inlined = copy.call.is_known() ? deeper(copy.call.inlined) : 0;
  if (!copy.call.is_known()) copy.call = program_.inlined[innermost_ - 1].call;
  uint32_t made = add(std::move(copy));
  deeper_[record] = made;
  return made;
}

void InlinedMarker::mark(Term* body) {
  std::vector<Term*> todo{body};
  while (!todo.empty()) {
    Term* t = todo.back();
    todo.pop_back();
    mark(t->span);
    if (t->kind == TermKind::let_cont)
      for (Cont* k : static_cast<LetCont*>(t)->conts) mark(k->span);
    each_child(*t, [&](const Term* child) { todo.push_back(const_cast<Term*>(child)); });
  }
}

}  // namespace

void mark_inlined(Program& program, Term* body, const std::string& callee, Span call) {
  InlinedMarker(program, callee, call).mark(body);
}

}  // namespace valkc
