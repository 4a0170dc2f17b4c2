// Stable names for printed IR: see names.h.
#include "cps/names.h"

#include <cctype>
#include <string_view>

namespace valkc {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool reads_as_constant(const std::string& name) {
  if (name.empty() || name[0] == ':') return true;
  const size_t sign = name[0] == '-' || name[0] == '+' ? 1 : 0;
  return name.size() > sign && is_digit(name[sign]);
}

/// True if a variable of this name would be taken for something else.
bool has_other_meaning(const std::string& name) {
  const char c = name[0];
  return name == "->" || c == SIGIL_FUN || c == SIGIL_SELF || c == SIGIL_PRIMITIVE ||
         c == SIGIL_GLOBAL;
}

bool breaks_symbol(char c) {
  return std::isspace(static_cast<unsigned char>(c)) || c == '\0' ||
         std::string_view("()[]{}\";',`").find(c) != std::string_view::npos;
}

/// A name that reads back as one symbol.
std::string readable(std::string name) {
  for (char& c : name)
    if (breaks_symbol(c)) c = '_';
  return name;
}

std::string readable_variable(const std::string& name) {
  std::string base = readable(base_name(name));
  return reads_as_constant(base) || has_other_meaning(base) ? "_" + base : base;
}

std::string readable_function(const std::string& name) {
  if (name.empty()) return ANONYMOUS;
  const std::string base = readable(base_name(name));
  return reads_as_constant(base) ? "_" + base : base;
}

std::string readable_global(const std::string& name) {
  return reads_as_constant(name) ? "_" + readable(name) : readable(name);
}

}  // namespace

std::string implied_fun_name(const std::string& printed) {
  const std::string base = base_name(printed);
  return base == ANONYMOUS ? "" : base;
}

std::string base_name(const std::string& name) {
  size_t end = name.size();
  while (end > 0 && is_digit(name[end - 1])) end--;
  const bool is_numbered = end < name.size() && end > 1 && name[end - 1] == '.';
  return is_numbered ? base_name(name.substr(0, end - 1)) : name;
}

bool StableNames::Pool::has(const std::string& name) const {
  return taken.count(name) != 0 || (outer && outer->has(name));
}

std::string StableNames::Pool::fresh(const std::string& base) {
  std::string name = base;
  if (has(name)) {
    uint32_t& n = last_number[base];
    do name = base + '.' + std::to_string(++n);
    while (has(name));
  }
  taken.insert(name);
  return name;
}

void StableNames::Pool::clear() {
  taken.clear();
  last_number.clear();
}

StableNames::StableNames(const Program& program) {
  local_funs_.outer = &known_funs_;
  for (const Global* g : program.globals) of(g);
  for (const Fun* f : program.top_level)
    if (f != program.main) program_names_[f] = known_funs_.fresh(readable_function(f->name));
}

void StableNames::begin_function() {
  function_names_.clear();
  self_of_.clear();
  values_.clear();
  local_funs_.clear();
}

const std::string& StableNames::of(const Var* var) {
  std::string& name = function_names_[var];
  if (!name.empty()) return name;
  if (auto self = self_of_.find(var); self != self_of_.end())
    return name = SIGIL_SELF + of(self->second);
  return name = values_.fresh(readable_variable(var->name));
}

const std::string& StableNames::of(const Cont* cont) {
  std::string& name = function_names_[cont];
  if (name.empty()) name = values_.fresh(readable_variable(cont->name));
  return name;
}

const std::string& StableNames::of(const Fun* fun) {
  if (auto known = program_names_.find(fun); known != program_names_.end()) return known->second;
  std::string& name = function_names_[fun];
  if (name.empty()) name = local_funs_.fresh(readable_function(fun->name));
  return name;
}

const std::string& StableNames::of(const Global* global) {
  std::string& name = program_names_[global];
  if (name.empty()) name = globals_.fresh(readable_global(global->name));
  return name;
}

}  // namespace valkc
