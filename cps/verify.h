// The verifier: what every pass may rely on and must keep. The rules stand in checks.def; each is
// tested by a minimal program that breaks it. Passes are run under it in debug builds.
#pragma once

#include <string>
#include <vector>

#include "cps/ir.h"

namespace valkc {

enum class Check : uint8_t {
#define CHECK(id, name, promise) id,
#include "cps/checks.def"
#undef CHECK
};

/// The name of a check, as "cont-scope", and what it promises.
const char* check_name(Check check);
const char* check_promise(Check check);

/// One rule broken in one place.
struct Violation {
  Check check;
  const Fun* fun = nullptr;  ///< the function around it; null: the program
  Span span;
  std::string detail;  ///< names the part at fault
};

/// Every violation found, in order of the program text; empty if it is well formed. Stops early
/// only when the shape itself is broken. Linear in the size of the program; does not recurse.
std::vector<Violation> verify(const Program& program);

/// "cont-scope: in fact: k is not bound here (…the promise)", one line.
std::string describe(const Violation& violation);

}  // namespace valkc
