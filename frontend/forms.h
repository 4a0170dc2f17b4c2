// The functions behind forms.def: each expands one special form whose number of operands is right.
#pragma once

#include "frontend/expander.h"

namespace valkc {

#define FORM(id, name, min, max, synopsis) Expr* expand_##id(Expander& x, const Datum& form);
#include "frontend/forms.def"
#undef FORM

}  // namespace valkc
