// See body_writer.h.
#include "runtime/http2/body_writer.h"

#include "runtime/gc/heap.h"
#include "runtime/value/value.h"

void valk_body_add(Vm* vm, ValkOutgoing* body, ValkLoan* loan, Value string) {
  std::string_view bytes(valk_string_bytes(string), valk_string_length(string));
  if (bytes.size() < VALK_PINNED_BYTES) return body->copy(bytes);
  body->lend(bytes);
  if (!*loan)
    *loan = valk_root_make(vm, string);
  else
    valk_root_set(vm, **loan, string);
}

void valk_body_settle(Vm* vm, ValkOutgoing* body, ValkLoan* loan, bool is_over) {
  if (is_over) body->clear();
  if (!*loan || body->lends()) return;
  valk_root_free(vm, **loan);
  loan->reset();
}
