// The names of printed IR: see parse_names.h.
#include "cps/parse_names.h"

#include <algorithm>

#include "cps/names.h"

namespace valkc {

namespace {

/// A symbol that can name a variable or continuation.
bool is_plain_name(const Datum& d) {
  if (d.kind != DatumKind::symbol || d.text == "&" || d.text == "->") return false;
  const char c = d.text[0];
  return c != SIGIL_FUN && c != SIGIL_SELF && c != SIGIL_PRIMITIVE && c != SIGIL_GLOBAL;
}

}  // namespace

void ParseErrors::fail(Span span, const std::string& what) {
  any_ = true;
  diagnostics_.report(Diag::malformed_ir, span, {what});
}

void ParseErrors::malformed(Span span, std::string_view synopsis) {
  fail(span, "expected " + std::string(synopsis));
}

// ---- the program's names ------------------------------------------------------------------------

void ParseNames::declare_global(const Datum& at, const std::string& printed,
                                const std::string& real) {
  Global& g = program_.parsed_globals.emplace_back();
  g.name = real;
  g.span = at.span;
  g.id = static_cast<uint32_t>(program_.parsed_globals.size());
  program_.globals.push_back(&g);
  if (!globals_.emplace(printed, &g).second) errors_.fail(at.span, "this global stands here twice");
}

void ParseNames::declare_fun(const Datum& at, const std::string& printed, Fun* fun) {
  if (!known_funs_.emplace(printed, fun).second)
    errors_.fail(at.span, "`" + printed + "` is bound twice");
}

const Global* ParseNames::use_global(const Datum& d) {
  if (d.kind == DatumKind::symbol && d.text[0] == SIGIL_GLOBAL)
    if (auto at = globals_.find(d.text.substr(1)); at != globals_.end()) return at->second;
  errors_.malformed(d.span, "a global of (globals …), as in @x");
  return nullptr;
}

// ---- the names of a function --------------------------------------------------------------------

void ParseNames::begin_function() {
  vars_ = {};
  conts_ = {};
  funs_ = {};
}

template <typename T, typename Make>
T* ParseNames::meet(Names<T>& names, const std::string& name, Span span, Make make) {
  auto& entry = names.entries[name];
  if (!entry.thing) {
    entry.thing = make();
    entry.first_use = span;
  }
  return entry.thing;
}

template <typename T, typename Make>
T* ParseNames::bind(Names<T>& names, const Datum& at, const std::string& name, Make make) {
  T* thing = meet(names, name, at.span, make);
  bool& is_bound = names.entries[name].is_bound;
  if (is_bound) errors_.fail(at.span, "`" + name + "` is bound twice in this function");
  is_bound = true;
  return thing;
}

Var* ParseNames::use_var(const Datum& d) {
  return meet(vars_, d.text, d.span, [&] { return program_.make_var(base_name(d.text)); });
}

Var* ParseNames::bind_var(const Datum& d) {
  const auto make = [&] { return program_.make_var(base_name(d.text)); };
  if (is_plain_name(d)) return bind(vars_, d, d.text, make);
  errors_.malformed(d.span, "the name of a variable");
  return make();
}

Cont* ParseNames::use_cont(const Datum& d) {
  const auto make = [&] { return program_.make_cont(base_name(d.text), d.span); };
  if (is_plain_name(d)) return meet(conts_, d.text, d.span, make);
  errors_.malformed(d.span, "the name of a continuation");
  return make();
}

Cont* ParseNames::bind_cont(const Datum& d) {
  const auto make = [&] { return program_.make_cont(base_name(d.text), d.span); };
  if (is_plain_name(d)) return bind(conts_, d, d.text, make);
  errors_.malformed(d.span, "the name of a continuation");
  return make();
}

Fun* ParseNames::use_fun(const std::string& printed, Span span) {
  if (auto known = known_funs_.find(printed); known != known_funs_.end()) return known->second;
  return meet(funs_, printed, span,
              [&] { return program_.make_fun(implied_fun_name(printed), span); });
}

Fun* ParseNames::bind_fun(const Datum& at, const std::string& printed) {
  if (known_funs_.count(printed)) errors_.fail(at.span, "`" + printed + "` is bound twice");
  return bind(funs_, at, printed,
              [&] { return program_.make_fun(implied_fun_name(printed), at.span); });
}

template <typename T>
void ParseNames::collect_unbound(const Names<T>& names, const std::string& sigil,
                                 std::vector<Unbound>& found) {
  for (const auto& [name, entry] : names.entries)
    if (!entry.is_bound) found.push_back({entry.first_use, sigil + name});
}

void ParseNames::report_unbound() {
  std::vector<Unbound> unbound;
  collect_unbound(vars_, "", unbound);
  collect_unbound(conts_, "", unbound);
  collect_unbound(funs_, std::string(1, SIGIL_FUN), unbound);
  std::sort(unbound.begin(), unbound.end(), [](const Unbound& a, const Unbound& b) {
    return std::pair(a.span.begin, a.name) < std::pair(b.span.begin, b.name);
  });
  for (const Unbound& u : unbound) errors_.fail(u.span, "nothing binds `" + u.name + "`");
}

}  // namespace valkc
