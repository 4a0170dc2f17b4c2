// The compiler's view of the one table of builtins, runtime/prims.def.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace valkc {

/// Effects of a builtin, or-ed together; the column `effects` of runtime/prims.def.
enum Effect : uint16_t {
  EFFECT_NONE = 0,        ///< pure: may be dropped, duplicated, folded
  EFFECT_ALLOCATES = 1,   ///< may allocate and so collect
  EFFECT_RAISES = 2,      ///< may return VALK_ERR
  EFFECT_READS = 4,       ///< reads mutable state
  EFFECT_WRITES = 8,      ///< writes mutable state or does I/O: never dropped
  EFFECT_SUSPENDS = 16,   ///< suspending convention: receives its continuation, control leaves
  EFFECT_INTERNAL = 32,   ///< name starts with %, not visible to user programs
  EFFECT_OPERATION = 64,  ///< an async operation: given all but k gives a thunk, given k starts
  EFFECT_CALLS =
      128,  ///< (suspends) calls a function it was given, so its effect is that function's
  EFFECT_AWAITS = 256,  ///< (suspends) has the await effect, not only shift's
  EFFECT_OPENS = 512,   ///< gives a handle, whose place of opening is noted
};

/// One row of runtime/prims.def.
struct Primitive {
  uint16_t index;           ///< row number
  std::string_view id;      ///< C identifier, unique: used as `prim_<id>` by generated code
  std::string_view name;    ///< the Lisp name
  std::string_view symbol;  ///< the C++ function
  int min_args;
  int max_args;  ///< -1: any number
  uint16_t effects;
  std::string_view params;  ///< for signatures in messages and docs: "a b [c] & rest"
  std::string_view doc;
  std::string_view cancelling;  ///< what cancelling does; empty unless it is an operation

  bool has(Effect e) const { return (effects & e) != 0; }
  /// Awaits, and runs no code of the program while it does: what waits is the event loop's.
  bool awaits_only() const { return has(EFFECT_AWAITS) && !has(EFFECT_CALLS); }
  /// Register convention: Value f(Vm*, Value* sp, Value a, …); otherwise arguments stand at sp[0..n)
  /// and the function is Value f(Vm*, Value* sp, Fix n).
  bool uses_registers() const { return min_args == max_args && max_args <= 4; }
  bool accepts(int n) const { return n >= min_args && (max_args < 0 || n <= max_args); }
};

/// All rows, in table order.
std::span<const Primitive> primitives();
/// The row with this Lisp name, or null.
const Primitive* find_primitive(std::string_view name);

}  // namespace valkc
