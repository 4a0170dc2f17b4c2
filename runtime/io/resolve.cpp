// dns/resolve: a name lookup as an operation.
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/io/arguments.h"
#include "runtime/io/dns.h"
#include "runtime/io/uv.h"
#include "runtime/value/value.h"

namespace {

struct Resolve {
  ValkEvent event;
  ValkOpId op;
  ValkDnsLookup* lookup;
  char* code;     ///< owned; null: it has addresses
  char* message;  ///< owned
  ValkAddress* addresses;
  size_t count;
  char host[256];
};

Resolve* from(ValkEvent* event) { return reinterpret_cast<Resolve*>(event); }

void end(Resolve* r) {
  valk_event_withdraw(&r->event);
  free(r->code);
  free(r->message);
  free(r->addresses);
  free(r);
  valk_loop_release();
}

void on_done(void* owner, const ValkDnsResult* result) {
  Resolve* r = static_cast<Resolve*>(owner);
  r->lookup = nullptr;
  if (result->code) {
    r->code = strdup(result->code);
    r->message = strdup(result->message);
  } else {
    r->addresses =
        static_cast<ValkAddress*>(valk_native_alloc(result->count * sizeof(ValkAddress)));
    memcpy(r->addresses, result->addresses, result->count * sizeof(ValkAddress));
    r->count = result->count;
  }
  valk_event_post(&r->event);
}

/// The addresses as a list of strings, or VALK_ERR.
Value make_list(Vm* vm, const Resolve* r) {
  Value* sp = vm->sp;
  sp[0] = VALK_NIL;
  for (size_t i = r->count; i-- > 0;) {
    char text[64];
    valk_address_text(&r->addresses[i], text, sizeof text);
    sp[1] = valk_make_string(vm, sp + 1, text, strlen(text));
    if (sp[1] == VALK_ERR) return VALK_ERR;
    sp[0] = valk_make_pair(vm, sp + 2, sp[1], sp[0]);
    if (sp[0] == VALK_ERR) return VALK_ERR;
  }
  return sp[0];
}

void deliver(Vm* vm, ValkEvent* event) {
  Resolve* r = from(event);
  ValkOpId op = r->op;
  if (r->code) {
    char message[512];
    snprintf(message, sizeof message, "the name %s cannot be resolved: %s", r->host, r->message);
    Value data = valk_code_data(vm, vm->sp, r->code);
    end(r);
    return valk_op_fail(vm, op, ":dns", message, data);
  }
  Value list = make_list(vm, r);
  end(r);
  if (list == VALK_ERR) return valk_op_fail_raised(vm, vm->sp, op);
  valk_op_complete(vm, op, list);
}

}  // namespace

void valk_dns_resolve(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  if (!valk_argument_name(vm, sp + n, valk_op_name(vm, op), 1, sp[0], 255))
    return valk_op_fail_raised(vm, sp + n, op);
  Resolve* r = static_cast<Resolve*>(valk_native_alloc(sizeof(Resolve)));
  *r = Resolve{};
  r->event.deliver = deliver;
  r->op = op;
  memcpy(r->host, valk_string_bytes(sp[0]), valk_string_length(sp[0]));
  valk_op_set_native(vm, op, r);
  valk_loop_hold();
  r->lookup = valk_dns_start(r->host, 0, on_done, r);
}

void valk_dns_resolve_cancel(Vm* vm, ValkOpId op) {
  Resolve* r = static_cast<Resolve*>(valk_op_native(vm, op));
  if (!r) return;
  if (r->lookup) valk_dns_cancel(r->lookup);
  end(r);
}
