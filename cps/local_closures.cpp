// See local_closures.h. A function is dynamic if something in it, or in a function inside it, is bound
// further out than itself; a mention of a dynamic function counts as one of a variable bound where that
// function is. Linear in the size of the program and the number of mentions.
#include "cps/local_closures.h"

#include <unordered_map>
#include <vector>

#include "cps/id_map.h"
#include "cps/traverse.h"

namespace valkc {
namespace {

class ClosureFinder {
 public:
  ClosureFinder(const Program& program, std::unordered_set<const Fun*>& dynamic)
      : owners_(program), dynamic_(dynamic) {}

  void scan(const Fun* f, const Fun* parent) {
    parents_[f] = parent;
    for (const Var* p : f->params) owners_[p] = f;
    if (f->rest) owners_[f->rest] = f;
    std::vector<const Term*> pending{f->body};
    while (!pending.empty()) {
      const Term* t = pending.back();
      pending.pop_back();
      bind(*t, f);
      each_child(*t, [&](const Term* child) { pending.push_back(child); });
      if (t->kind == TermKind::let_fun)
        for (const Fun* g : static_cast<const LetFun*>(t)->funs)
          owners_[g] = f, inner_.push_back({g, f});
      mentions_.push_back({t, f});
    }
  }

  void find(const Program& program) {
    for (const Fun* f : program.top_level) scan(f, nullptr);
    scan(program.main, nullptr);
    for (size_t i = 0; i < inner_.size(); ++i) scan(inner_[i].first, inner_[i].second);
    for (const auto& [t, f] : mentions_)
      each_atom(*t, [&, in = f](const Atom& a) {
        if (a.is_var()) mention(in, owners_[a.var]);
        if (a.kind == AtomKind::fun && owners_[a.fun]) users_[a.fun].push_back(in);
      });
    while (!work_.empty()) {
      const Fun* f = work_.back();
      work_.pop_back();
      for (const Fun* user : users_[f]) mention(user, owners_[f]);
    }
  }

 private:
  void bind(const Term& t, const Fun* f) {
    if (t.kind == TermKind::let) owners_[static_cast<const Let&>(t).var] = f;
    if (t.kind == TermKind::shift) owners_[static_cast<const Shift&>(t).var] = f;
    if (t.kind == TermKind::try_) owners_[static_cast<const PushTry&>(t).var] = f;
    if (t.kind == TermKind::let_cont)
      for (const Cont* k : static_cast<const LetCont&>(t).conts)
        for (const Var* p : k->params) owners_[p] = f;
  }

  /// All functions from `in` outwards to the owner hold what is mentioned.
  void mention(const Fun* in, const Fun* owner) {
    for (; in && in != owner; in = parents_[in])
      if (dynamic_.insert(in).second) work_.push_back(in);
  }

  IdMap<const Fun*> owners_;
  std::unordered_set<const Fun*>& dynamic_;
  std::unordered_map<const Fun*, const Fun*> parents_;
  std::unordered_map<const Fun*, std::vector<const Fun*>> users_;
  std::vector<std::pair<const Fun*, const Fun*>> inner_;  ///< with their parents
  std::vector<std::pair<const Term*, const Fun*>> mentions_;
  std::vector<const Fun*> work_;
};

}  // namespace

LocalClosures::LocalClosures(const Program& program) {
  ClosureFinder(program, dynamic_).find(program);
}

}  // namespace valkc
