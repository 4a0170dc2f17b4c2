// Indexing the library. See library.h.
#include "frontend/library.h"

#include "frontend/reader.h"

namespace valkc {

namespace {

/// The name that a top-level form of the library defines, or "".
std::string defined_name(const Datum& form) {
  if (form.kind != DatumKind::list || form.items.size() < 2) return {};
  bool is_definition = form.items[0]->is_symbol("def") || form.items[0]->is_symbol("fun") ||
                       form.items[0]->is_symbol("=");
  const Datum& header = *form.items[1];
  if (!is_definition) return {};
  if (header.kind == DatumKind::symbol) return header.text;
  bool is_named =
      header.is_sequence() && !header.items.empty() && header.items[0]->kind == DatumKind::symbol;
  return is_named ? header.items[0]->text : std::string();
}

bool is_macro_definition(const Datum& form) {
  if (form.items.size() != 3 || !form.items[0]->is_symbol("def")) return false;
  const Datum& value = *form.items[2];
  return value.kind == DatumKind::list && !value.items.empty() &&
         value.items[0]->is_symbol("macro");
}

}  // namespace

void index_library(const LibrarySource& source, SourceMap& sources, DatumArena& data,
                   Diagnostics& diagnostics, Expander& expander, Library& library) {
  uint32_t file = sources.add(source.name, source.text);
  library.files.insert(file);
  for (const Datum* form : read_all(sources, file, data, diagnostics)) {
    std::string name = defined_name(*form);
    if (name.empty()) {
      diagnostics.report(Diag::library_form, form->span);
    } else if (is_macro_definition(*form)) {
      expander.expand(*form);
    } else {
      library.by_name[name] = library.definitions.size();
      library.definitions.push_back({name, form, nullptr, nullptr});
    }
  }
}

}  // namespace valkc
