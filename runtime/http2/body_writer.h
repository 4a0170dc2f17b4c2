// http2/body-write under way, on a request of a client or on a response of a server.
#pragma once

#include <optional>

#include "runtime/io/loop.h"

/// The native object of the operation.
struct ValkBodyWriter {
  std::optional<ValkOpId> op;
  ValkEvent* event = nullptr;  ///< of whose body it is: posted when the operation is cancelled
};
