// The library as a compilation finds it: definitions by name, none of them expanded until something
// mentions it.
#pragma once

#include <vector>

#include "frontend/expander.h"
#include "frontend/frontend.h"
#include "frontend/names.h"

namespace valkc {

/// Reads one file of the library into `library`; its macros go to `expander`, which is the library's own.
/// What is wrong with it is reported. `data` owns the forms.
void index_library(const LibrarySource& source, SourceMap& sources, DatumArena& data,
                   Diagnostics& diagnostics, Expander& expander, Library& library);

}  // namespace valkc
