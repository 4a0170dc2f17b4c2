// The size of terms: what growth and moves are measured in.
#pragma once

#include <cstddef>

#include "cps/ir.h"

namespace valkc {

/// Whether `term` holds more than `limit` terms, bodies of functions inside it included. Takes time
/// in proportion to `limit` at most.
bool is_larger(const Term* term, size_t limit);

/// The number of terms in `term`, bodies of functions inside it included, but no more than `limit`+1.
size_t compute_size(const Term* term, size_t limit);

}  // namespace valkc
