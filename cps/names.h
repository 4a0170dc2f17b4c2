// Stable names for printed IR. The ids of variables change whenever a pass makes one more; so that
// goldens do not churn, the printer forgets them and numbers again: the first `x` of a function is
// x, the next x.1, x.2 …, in order of appearance. A name is taken back to its base (x.7 → x) first,
// so that printing what was parsed gives the same text.
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>

#include "cps/ir.h"

namespace valkc {

// What stands before a name, so that an atom's kind shows; a bare name is a variable.
inline constexpr char SIGIL_FUN = '&';        ///< a known function: `&fact`
inline constexpr char SIGIL_SELF = '^';       ///< the variable that names a function's own closure
inline constexpr char SIGIL_PRIMITIVE = '#';  ///< a builtin as a value: `#print`
inline constexpr char SIGIL_GLOBAL = '@';     ///< the cell of a global: `@counter`

/// The name under which anonymous functions are printed.
inline constexpr const char* ANONYMOUS = "\\";

/// The name that a function printed as `printed` has, if nothing else is said.
std::string implied_fun_name(const std::string& printed);

/// `name` without a number that printing may have added: "x.12" → "x".
std::string base_name(const std::string& name);

/// Hands out names. Functions known to the whole program and globals are numbered once for the
/// program, everything else once for each top-level function.
class StableNames {
 public:
  explicit StableNames(const Program& program);

  /// Forgets the names of the function printed before.
  void begin_function();
  const std::string& of(const Var* var);  ///< with SIGIL_SELF if it is a function's self
  const std::string& of(const Cont* cont);
  const std::string& of(const Fun* fun);        ///< without sigil
  const std::string& of(const Global* global);  ///< without sigil
  /// Says that `fun` stands here: its self variable is printed after it.
  void declare(const Fun* fun) { self_of_[fun->self] = fun; }

  StableNames(const StableNames&) = delete;
  StableNames& operator=(const StableNames&) = delete;

 private:
  /// The names in use in one scope.
  struct Pool {
    const Pool* outer = nullptr;
    std::unordered_set<std::string> taken;
    std::unordered_map<std::string, uint32_t>
        last_number;  ///< where the search for a free one begins

    bool has(const std::string& name) const;
    std::string fresh(const std::string& base);
    void clear();
  };

  std::unordered_map<const void*, std::string> program_names_;
  std::unordered_map<const void*, std::string> function_names_;
  std::unordered_map<const Var*, const Fun*> self_of_;
  Pool globals_;
  Pool known_funs_;
  Pool local_funs_;
  Pool values_;  ///< variables and continuations
};

}  // namespace valkc
