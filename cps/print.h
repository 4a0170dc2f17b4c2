// The printed form of the IR: S-expressions that frontend's reader reads and parse.h turns back
// into the same program. It is what `--emit=cps` shows and what golden tests compare, so names are
// stable (names.h) and positions are left out unless asked for.
//
//   (program
//     (globals counter)                     cells, in order; (g.1 "g") if printed under another
//     name (fun fact (n) -> return               a function known to the whole program
//       (let t (< n 2))                     a binding by a builtin
//       (if t
//         ((jump return 1))
//         ((let t.1 (- n 1))
//          (bind k (v)                      a continuation of the terms inside; its body is what
//          follows
//            (call &fact (t.1) k))
//          (let t.2 (* n v))
//          (jump return t.2))))
//     (main () -> return …))
//
// Terms
//   (let x (op a…))
//   (letfun (fun f (x… & rest) -> k term…) …)
//   (bind k (x) term…) rest…              `rest` is the body of k
//   (letcont (k (x) term…) …)             continuations that refer to themselves or each other
//   (jump k a…)
//   (call f (a…) k)
//   (if a (term…) (term…))
//   (reset k bottom term…)                or async-reset
//   (shift k x bottom term…)
//   (try k end (term…) (error) handler…)
//   (raise a)
// After suspension analysis, call and fun are call.direct, call.suspends, fun.either and so on; after
// closure conversion the program begins with (stage closed) and each function with (captures x…).
//
// Operators: a builtin's name, or one of operators.def, as in (global-set @g a).
// Atoms: x a variable, &f a known function, ^f the variable of f's own closure, #p a builtin as a
// value; numbers, strings, keywords and () stand for themselves, lists and symbols are quoted, and
// (nan) is the float that has no numeral.
#pragma once

#include <string>

#include "cps/ir.h"

namespace valkc {

/// The whole program, ending in a newline. With `sources`, each line ends with the position of its
/// last term as a comment. Uses heap only in proportion to the depth of nesting.
std::string print_program(const Program& program, const SourceMap* sources = nullptr);
/// One function of `program`, with those nested in it.
std::string print_fun(const Program& program, const Fun& fun, const SourceMap* sources = nullptr);
/// One line that shows where a term begins, as "(call &f (x) k)" or "(if c …)": for messages.
std::string print_head(const Program& program, const Term& term);

}  // namespace valkc
