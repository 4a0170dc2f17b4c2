// The reader: tokens to data with spans. Total (any bytes give data or diagnostics, and it recovers, so
// that one run reports several errors) and iterative (depth is bounded by memory).
//
// It knows nothing of forms: `'x` is (quote x) and so on. Printed IR is read with it as well.
#pragma once

#include <vector>

#include "frontend/datum.h"
#include "frontend/diagnostics.h"
#include "frontend/source.h"

namespace valkc {

/// All data of a file of the SourceMap, in order. Data are owned by `arena`.
std::vector<const Datum*> read_all(const SourceMap& sources, uint32_t file, DatumArena& arena,
                                   Diagnostics& diagnostics);

/// `--emit=data`: one top-level datum a line, in readable form.
std::string print_data(const std::vector<const Datum*>& data);

}  // namespace valkc
