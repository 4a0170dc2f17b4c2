// The names of printed IR while it is parsed. A name may be used before it is bound, so its variable,
// continuation or function is made when the name is first met; what was never bound is reported at the
// end of the top-level function, within which names are unique.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "cps/ir.h"
#include "frontend/diagnostics.h"

namespace valkc {

/// Where the parser reports; remembers that it did.
class ParseErrors {
 public:
  explicit ParseErrors(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}
  void fail(Span span, const std::string& what);
  /// "expected SYNOPSIS".
  void malformed(Span span, std::string_view synopsis);
  bool any() const { return any_; }

 private:
  Diagnostics& diagnostics_;
  bool any_ = false;
};

/// Resolves names. Each function gives something to go on with, also after an error.
class ParseNames {
 public:
  ParseNames(Program& program, ParseErrors& errors) : program_(program), errors_(errors) {}

  /// A global, printed as `printed`, whose name is `real`.
  void declare_global(const Datum& at, const std::string& printed, const std::string& real);
  /// A function known to the whole program.
  void declare_fun(const Datum& at, const std::string& printed, Fun* fun);

  /// Forgets the names of the top-level function before.
  void begin_function();
  Var* use_var(const Datum& d);
  Var* bind_var(const Datum& d);
  Cont* use_cont(const Datum& d);
  Cont* bind_cont(const Datum& d);
  Fun* use_fun(const std::string& printed, Span span);
  Fun* bind_fun(const Datum& at, const std::string& printed);
  const Global* use_global(const Datum& d);
  /// At the end of a top-level function: reports what was used and not bound, in order of use.
  void report_unbound();

 private:
  /// The names of one kind of thing.
  template <typename T>
  struct Names {
    struct Entry {
      T* thing = nullptr;
      bool is_bound = false;
      Span first_use;
    };
    std::unordered_map<std::string, Entry> entries;
  };
  struct Unbound {
    Span span;
    std::string name;
  };

  template <typename T, typename Make>
  T* meet(Names<T>& names, const std::string& name, Span span, Make make);
  template <typename T, typename Make>
  T* bind(Names<T>& names, const Datum& at, const std::string& name, Make make);
  template <typename T>
  static void collect_unbound(const Names<T>& names, const std::string& sigil,
                              std::vector<Unbound>& found);

  Program& program_;
  ParseErrors& errors_;
  std::unordered_map<std::string, Global*> globals_;
  std::unordered_map<std::string, Fun*> known_funs_;
  Names<Var> vars_;
  Names<Cont> conts_;
  Names<Fun> funs_;
};

}  // namespace valkc
