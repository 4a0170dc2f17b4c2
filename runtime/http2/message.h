// Requests and responses as Lisp values. They look like handles, <http2-request> and <http2-response>,
// but hold other Lisp values instead of a slot in the handle table, so that they need no closing and the
// collector owns them. Here is what native code needs of them.
#pragma once

#include "runtime/http2/session.h"
#include "runtime/valk.h"

/// The words of a request. The first two are a handle's: an id that no slot has, and the kind.
enum ValkRequestField {
  VALK_REQUEST_METHOD = 3,
  VALK_REQUEST_SCHEME,
  VALK_REQUEST_AUTHORITY,
  VALK_REQUEST_PATH,
  VALK_REQUEST_HEADERS,  ///< list of {name value}, the last one added first
  VALK_REQUEST_BODY,     ///< string, function of a writer, or nil
  VALK_REQUEST_WORDS
};

/// The words of a response.
enum ValkResponseField {
  VALK_RESPONSE_STATUS = 3,
  VALK_RESPONSE_HEADERS,
  VALK_RESPONSE_BODY,  ///< string; nil while the body is to be read from the stream
  VALK_RESPONSE_TRAILERS,
  VALK_RESPONSE_STREAM,  ///< handle of the stream that the body comes from, or nil
  VALK_RESPONSE_WORDS
};

bool valk_is_request(Value v);
bool valk_is_response(Value v);
/// Copies a request's fields into native memory, and notes what body it has. False, with an error raised, if the
/// fields are too large.
bool valk_request_export(Vm* vm, Value* sp, Value request, ValkExchange* exchange);
/// A response, made of what an exchange has received; the body is taken out of it if `whole`.
/// VALK_ERR, with :memory raised, if there is no room.
Value valk_response_make(Vm* vm, Value* sp, ValkExchange* exchange, bool whole, Value stream);
/// A list of {name value}. VALK_ERR with :memory raised.
Value valk_fields_list(Vm* vm, Value* sp, const ValkFields& fields);
