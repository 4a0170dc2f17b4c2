// Bodies that leave: the strings a program gives, and http2/body-write under way, on a request of a client or
// on a response of a server.
#pragma once

#include <optional>

#include "runtime/http2/outgoing.h"
#include "runtime/io/loop.h"

/// The native object of the operation.
struct ValkBodyWriter {
  std::optional<ValkOpId> op;
  ValkEvent* event = nullptr;  ///< of whose body it is: posted when the operation is cancelled
};

/// What keeps a lent string from the collector. Freed by valk_body_settle.
typedef std::optional<ValkRoot> ValkLoan;

/// Adds a string: lent if it is of a size that does not move, else copied.
void valk_body_add(Vm* vm, ValkOutgoing* body, ValkLoan* loan, Value string);
/// Gives the loan back if the body has been taken, or, with `is_over`, never will be.
void valk_body_settle(Vm* vm, ValkOutgoing* body, ValkLoan* loan, bool is_over);
