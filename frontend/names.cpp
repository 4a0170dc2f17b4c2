// Lookup of global names, and suggestions for names that are not there.
#include "frontend/names.h"

#include <algorithm>

#include "frontend/expander.h"

namespace valkc {

LibraryDefinition* Library::find(const std::string& name) {
  auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : &definitions[found->second];
}

GlobalNames::GlobalNames(CoreProgram& program, Library& library)
    : program_(program), library_(library) {
  constants_["true"] = program.data.integer(1, {});
  constants_["false"] = program.data.integer(0, {});
  constants_["nil"] = program.data.nil({});
}

Global* GlobalNames::declare(const BoundName& name) {
  Global*& global = user_[name.text];
  if (!global) global = program_.make_global(name.text, name.span);
  return global;
}

Global* GlobalNames::user_global(const std::string& name) const {
  auto found = user_.find(name);
  return found == user_.end() ? nullptr : found->second;
}

GlobalName GlobalNames::find_in_library(const std::string& name, bool sees_internal) const {
  GlobalName found;
  found.library = library_.find(name);
  bool is_internal = name.starts_with('%') && name.size() > 1;
  if (found.library || (is_internal && !sees_internal)) return found;
  found.primitive = find_primitive(name);
  auto constant = constants_.find(name);
  if (!found.primitive && constant != constants_.end()) found.constant = constant->second;
  return found;
}

GlobalName GlobalNames::find(const std::string& name, Span span) const {
  bool is_library = library_.contains(span);
  GlobalName found;
  if (!is_library) found.global = user_global(name);
  return found.global ? found : find_in_library(name, is_library);
}

Global* GlobalNames::global_of(LibraryDefinition& definition) {
  if (!definition.global) {
    definition.global = program_.make_global(definition.name, definition.datum->span);
    definition.global->is_library = true;
  }
  return definition.global;
}

GlobalName GlobalNames::shadowed_by(const Global& global) const {
  return global.is_library ? GlobalName{} : find_in_library(global.name, false);
}

std::string GlobalNames::suggestion(const std::string& name, Span span,
                                    const std::vector<std::string>& locals) const {
  std::vector<std::string> candidates = locals;
  for (std::string& candidate : all(span)) candidates.push_back(std::move(candidate));
  return closest_name(name, candidates);
}

std::vector<std::string> GlobalNames::all(Span span) const {
  std::vector<std::string> candidates;
  bool is_library = library_.contains(span);
  for (const auto& [user_name, global] : user_) candidates.push_back(user_name);
  for (const LibraryDefinition& d : library_.definitions) {
    if (is_library || !d.name.starts_with('%')) candidates.push_back(d.name);
  }
  for (const Primitive& p : primitives()) {
    if (is_library || !p.has(EFFECT_INTERNAL)) candidates.emplace_back(p.name);
  }
  for (const auto& [constant, datum] : constants_) candidates.push_back(constant);
  for (const std::string& form : form_names()) candidates.push_back(form);
  return candidates;
}

namespace {

/// Edit distance with transpositions, given up (as `limit` + 1) once it must exceed `limit`.
size_t distance(const std::string& a, const std::string& b, size_t limit) {
  size_t difference = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (difference > limit) return limit + 1;
  std::vector<size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1])});
      bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (is_swap) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    if (*std::min_element(row.begin(), row.end()) > limit) return limit + 1;
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

}  // namespace

std::string closest_name(const std::string& name, const std::vector<std::string>& candidates) {
  size_t limit = std::max<size_t>(1, name.size() / 3);
  if (name.size() < 2) return {};
  std::string best;
  for (const std::string& candidate : candidates) {
    size_t d = distance(name, candidate, limit);
    if (d > limit || d == 0) continue;
    best = candidate;
    if (d == 1) break;
    limit = d - 1;
  }
  return best;
}

}  // namespace valkc
