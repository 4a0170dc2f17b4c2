// What passes know of operators without running the program: effects, truth, and the value of a
// builtin on constants. The facts stand in fold.def and runtime/prims.def.
#pragma once

#include <optional>

#include "cps/ir.h"

namespace valkc {

/// Whether a Let with this operator may be dropped when its variable is not used.
bool is_removable(const Op& op);
/// Whether it may enter the handler in force (running out of memory included).
bool can_raise(const Op& op);

/// Whether the atom is true, if that is the same in every run: 0 and nil are false.
std::optional<bool> known_truth(const Atom& atom);

/// Whether its arguments go nowhere, and whether they go nowhere but into its result: rows DATA and PARTS of
/// fold.def.
bool reads_data_only(const Primitive& primitive);
bool gives_parts(const Primitive& primitive);
/// Whether it computes a number from numbers, and nothing else.
bool is_arithmetic(const Primitive& primitive);
/// Whether it is == or !=.
bool is_equality(const Primitive& primitive);

/// The value of `primitive` applied to `args`, if it can be told and is exactly what the runtime would
/// compute: integers in range, comparisons, tests of kind. Constants are made in `program.data`.
std::optional<Atom> fold(const Primitive& primitive, const std::vector<Atom>& args,
                         Program& program, Span span);

/// The builtin to bind for a call of `primitive` with `args` arguments: the form of a variadic one for just
/// so many (rows FOLD and ALONE of runtime/prims.def), else itself.
const Primitive* narrow(const Primitive& primitive, size_t args);

/// The builtin whose row has this C identifier; it must exist.
const Primitive* primitive_with_id(std::string_view id);

}  // namespace valkc
