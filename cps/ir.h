// The CPS intermediate representation.
//
// ESSAY. In this IR every call names the continuation that receives its result, so that "the rest of
// the computation" is a thing with a name: a Cont. After Kennedy, "Compiling with Continuations,
// Continued" (ICFP 2007): functions (Fun) and continuations (Cont) are different kinds of thing.
// A continuation is second class: it may be jumped to, or be named by a call, but it never stands
// where a value does. Only Shift turns one into a value. That is what lets the compiler choose, for
// each continuation, the cheapest thing that can carry it: a label, a native return, or a heap frame.
//
//   - A term is a straight line of bindings (Let, LetFun, LetCont) that ends in one control transfer:
//     Jump, Call, If, PushReset, Shift, PushTry or Raise.
//   - Scope is lexical and the tree shows it: a Var is bound once, by a Let, a parameter list, a Shift
//     or a handler; a Cont by a LetCont (whose continuations may refer to each other and to
//     themselves: that is a loop), or opaquely: as the return continuation of a Fun (`ret`), as the
//     bottom of a delimiter, as the guarded end of a try.
//   - Arguments are atoms: a Var, a constant, a known Fun as a value, or a builtin as a value.
//   - A Fun has one return continuation. A call whose continuation is `ret` is a tail call.
//
// Control. PushReset installs a delimiter and runs `body`, which returns to `bottom`: returning there
// pops the delimiter and goes on with `k`. Shift reifies the continuation `k`, up to the nearest
// delimiter, as the value `var`, and runs `body`, which again returns to (a new name for) `bottom`.
// PushTry runs `body` under a handler: the body returns to `end`, which goes on with `k`; a raise
// inside enters `handler` with the error in `var`, outside of the try, and it returns to `k`.
// The handler in force at any point is the one of the innermost PushTry whose body it stands in,
// within the same function and delimiter; otherwise the caller's. So passes may not move a raising
// term or a call into or out of a try body, and `end` is never replaced by `k`.
//
// Every term carries its source span. Printed IR (print.h) parses back (parse.h), verify.h checks the
// rules above, and interpret.h runs it for tests.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "frontend/core.h"

namespace valkc {

struct Cont;
struct Fun;
struct Term;

/// An immutable variable: bound exactly once.
struct Var {
  uint32_t id = 0;
  uint8_t types = 0x3f;  ///< the kinds of value it can hold, as infer_types finds: see types.h
  std::string name;      ///< of the source, for reading; ids make it unique
};

enum class AtomKind : uint8_t { var, constant, fun, primitive };

/// What an argument may be.
struct Atom {
  AtomKind kind = AtomKind::constant;
  union {
    Var* var;
    const Datum* constant;  ///< list and block alike are lists
    Fun* fun;
    const Primitive* primitive;
  };
  Atom() : constant(nullptr) {}
  explicit Atom(Var* v) : kind(AtomKind::var), var(v) {}
  explicit Atom(const Datum* d) : kind(AtomKind::constant), constant(d) {}
  explicit Atom(Fun* f) : kind(AtomKind::fun), fun(f) {}
  explicit Atom(const Primitive* p) : kind(AtomKind::primitive), primitive(p) {}
  bool is_var() const { return kind == AtomKind::var; }
  bool is_constant() const { return kind == AtomKind::constant; }
  friend bool operator==(const Atom& a, const Atom& b) {
    return a.kind == b.kind && a.var == b.var;
  }
};

enum class OpKind : uint8_t {
  primitive,      ///< a builtin that does not suspend; may raise
  global_get,     ///< raises :unbound if the cell is unset
  global_define,  ///< `def`; gives nil
  global_set,     ///< `set!`: raises :unbound if the cell is unset; gives nil
  block,          ///< {data, code}: args[0] the list, args[1] the code closure
  is_unset,       ///< 1 if args[0] is the mark of an unassigned variable, else 0
  unset,          ///< that mark, as the first content of a cell
};

/// The right-hand side of a Let.
struct Op {
  OpKind kind = OpKind::primitive;
  const Primitive* primitive = nullptr;
  const Global* global = nullptr;
  std::vector<Atom> args;
};

enum class TermKind : uint8_t {
  let,
  let_fun,
  let_cont,
  jump,
  call,
  if_,
  reset,
  shift,
  try_,
  raise
};

struct Term {
  TermKind kind;
  Span span;
};

/// let var = op in next
struct Let : Term {
  Var* var = nullptr;  ///< never null; unused ones are found by counting
  Op op;
  Term* next = nullptr;
};
/// Closures, which may refer to each other.
struct LetFun : Term {
  std::vector<Fun*> funs;
  Term* next = nullptr;
};
/// Continuations, which may refer to each other.
struct LetCont : Term {
  std::vector<Cont*> conts;
  Term* next = nullptr;
};
struct Jump : Term {
  Cont* cont = nullptr;
  std::vector<Atom> args;
};
/// What suspension analysis says of a call, or a function.
enum class Suspension : uint8_t {
  unknown,   ///< not analysed
  direct,    ///< never suspends: a native call and return
  suspends,  ///< may suspend: the continuation is passed
  either,  ///< functions: both versions exist. calls: suspends in the suspending version of the caller only
};
struct Call : Term {
  Atom callee;
  std::vector<Atom> args;
  Cont* cont = nullptr;
  Suspension suspension = Suspension::unknown;
};
/// Branches on truth: 0 and nil are false.
struct If : Term {
  Atom condition;
  Term* consequent = nullptr;
  Term* alternative = nullptr;
};
struct PushReset : Term {
  bool is_async = false;
  Cont* cont = nullptr;    ///< receives the value
  Cont* bottom = nullptr;  ///< opaque; where `body` returns
  Term* body = nullptr;
};
struct Shift : Term {
  Cont* cont = nullptr;    ///< what is captured; receives what the continuation is called with
  Var* var = nullptr;      ///< the continuation as a value, bound in `body`
  Cont* bottom = nullptr;  ///< opaque; where `body` returns
  Term* body = nullptr;
};
struct PushTry : Term {
  Cont* cont = nullptr;  ///< receives the value of the body, or of the handler
  Cont* end = nullptr;   ///< opaque; where `body` returns
  Term* body = nullptr;
  Var* var = nullptr;  ///< the error, bound in `handler`
  Term* handler = nullptr;
};
/// Raises an error value in the handler in force; a value that is not an error raises :type.
struct Raise : Term {
  Atom error;
};

struct Cont {
  uint32_t id = 0;
  std::string name;
  std::vector<Var*> params;  ///< opaque ones take one value
  Term* body = nullptr;      ///< null: opaque
  Span span;
  bool is_opaque() const { return body == nullptr; }
};

struct Fun {
  uint32_t id = 0;
  std::string name;  ///< "" if anonymous
  std::vector<Var*> params;
  Var* rest = nullptr;  ///< & rest: bound to a list
  Cont* ret = nullptr;  ///< opaque
  Term* body = nullptr;
  Span span;
  Suspension suspension = Suspension::unknown;
  /// Set by closure conversion: free variables, in the order of their slots. A local Fun that has
  /// captures and is referred to by another function is captured through its `self`.
  std::vector<Var*> captures;
  Var* self = nullptr;     ///< names the closure itself, inside and outside its body
  bool is_closed = false;  ///< closure conversion has run
  /// Set by speculate: generated code has a fast version, which assumes what it cannot know.
  bool has_fast_version = false;
};

/// A call in whose place the body of its callee now stands.
struct InlinedCall {
  std::string callee;
  Span
      call;  ///< unknown if it was a tail call: its caller is gone, as it would be without inlining
};

/// How far the program has come; the verifier checks what each stage promises.
enum class Stage : uint8_t { cps, closed };

/// A whole program. Owns every node of it; passes change it in place and leave garbage behind.
class Program {
 public:
  Var* make_var(std::string name) {
    Var& v = vars_.emplace_back();
    v.id = next_id_++;
    v.name = std::move(name);
    return &v;
  }
  Cont* make_cont(std::string name, Span span) {
    Cont& k = conts_.emplace_back();
    k.id = next_id_++;
    k.name = std::move(name);
    k.span = span;
    return &k;
  }
  Fun* make_fun(std::string name, Span span) {
    Fun& f = funs_.emplace_back();
    f.id = next_id_++;
    f.name = std::move(name);
    f.span = span;
    f.self = make_var(f.name.empty() ? "self" : f.name);
    return &f;
  }
  template <typename T>
  T* make(TermKind kind, Span span);
  uint32_t next_id() const { return next_id_; }

  Fun* main = nullptr;          ///< no parameters; runs the top-level forms
  std::vector<Fun*> top_level;  ///< functions known to the whole program, which capture nothing
  std::vector<const Global*> globals;  ///< those that have a cell
  Stage stage = Stage::cps;
  std::vector<InlinedCall> inlined;  ///< what Span::inlined refers to
  bool tasks_on_fibers =
      false;  ///< --async=fiber: a task that waits keeps its stack; awaiting is direct
  /// Terms that a function may have before it is cut into several (outline), and up to which others move
  /// into it (contify, simplify); 0: any number.
  size_t max_function_size = 500;
  bool suspend_all = false;  ///< --suspend=all: analyze_suspension marks everything as suspending
  DatumArena data;           ///< constants made by passes
  const CoreProgram* core =
      nullptr;  ///< owns the globals; null if the program was parsed from text
  std::deque<Global> parsed_globals;  ///< of a program parsed from text

 private:
  uint32_t next_id_ = 1;
  std::deque<Var> vars_;
  std::deque<Cont> conts_;
  std::deque<Fun> funs_;
  std::deque<Let> lets_;
  std::deque<LetFun> let_funs_;
  std::deque<LetCont> let_conts_;
  std::deque<Jump> jumps_;
  std::deque<Call> calls_;
  std::deque<If> ifs_;
  std::deque<PushReset> resets_;
  std::deque<Shift> shifts_;
  std::deque<PushTry> tries_;
  std::deque<Raise> raises_;

  template <typename T>
  std::deque<T>& pool();
};

template <>
inline std::deque<Let>& Program::pool() {
  return lets_;
}
template <>
inline std::deque<LetFun>& Program::pool() {
  return let_funs_;
}
template <>
inline std::deque<LetCont>& Program::pool() {
  return let_conts_;
}
template <>
inline std::deque<Jump>& Program::pool() {
  return jumps_;
}
template <>
inline std::deque<Call>& Program::pool() {
  return calls_;
}
template <>
inline std::deque<If>& Program::pool() {
  return ifs_;
}
template <>
inline std::deque<PushReset>& Program::pool() {
  return resets_;
}
template <>
inline std::deque<Shift>& Program::pool() {
  return shifts_;
}
template <>
inline std::deque<PushTry>& Program::pool() {
  return tries_;
}
template <>
inline std::deque<Raise>& Program::pool() {
  return raises_;
}

template <typename T>
T* Program::make(TermKind kind, Span span) {
  T& t = pool<T>().emplace_back();
  t.kind = kind;
  t.span = span;
  return &t;
}

}  // namespace valkc
