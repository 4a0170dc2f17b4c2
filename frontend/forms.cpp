// Derives the table of special forms from forms.def.
#include "frontend/forms.h"

namespace valkc {

namespace {

constexpr SpecialForm kForms[] = {
#define FORM(id, name, min, max, synopsis) {name, min, max, synopsis, expand_##id},
#include "frontend/forms.def"
#undef FORM
};

}  // namespace

const SpecialForm* find_form(std::string_view name) {
  static const auto index = [] {
    std::unordered_map<std::string_view, const SpecialForm*> by_name;
    for (const SpecialForm& form : kForms) by_name.emplace(form.name, &form);
    return by_name;
  }();
  auto found = index.find(name);
  return found == index.end() ? nullptr : found->second;
}

std::vector<std::string> form_names() {
  std::vector<std::string> names;
  for (const SpecialForm& form : kForms) names.emplace_back(form.name);
  return names;
}

}  // namespace valkc
