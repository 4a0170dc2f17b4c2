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
  VALK_REQUEST_CLIENT,   ///< in a copy that is under way: the handle of its client, or nil
  VALK_REQUEST_WORDS
};

/// The words of a response.
enum ValkResponseField {
  VALK_RESPONSE_STATUS = 3,
  VALK_RESPONSE_FIELDS,  ///< its header fields, packed (packed_fields.h)
  VALK_RESPONSE_HEADERS,  ///< the same as a list of {name value}; VALK_UNSET: nobody has asked for it
  VALK_RESPONSE_BODY,     ///< string; nil while the body is to be read from the stream
  VALK_RESPONSE_TRAILERS,
  VALK_RESPONSE_STREAM,  ///< handle of the stream that the body comes from, or nil
  VALK_RESPONSE_WORDS
};

bool valk_is_request(Value v);
bool valk_is_response(Value v);
/// False, with :limit raised, if a request's fields are too large.
bool valk_request_fits(Vm* vm, Value* sp, Value request);
/// A copy of a request for the time that it is under way, when the program may change its own; it keeps the
/// client's handle from the collector, if it is not nil. VALK_ERR with an error raised, if the fields are too
/// large or memory is exhausted.
Value valk_request_copy(Vm* vm, Value* sp, Value request, Value client);
/// The fields of a request, pseudo-header fields first; valid until something is allocated, or this is called
/// again.
std::span<const ValkField> valk_request_fields(Value request);
/// A response, made of what an exchange has received; the body is taken out of it if `whole`.
/// VALK_ERR, with :memory raised, if there is no room.
Value valk_response_make(Vm* vm, Value* sp, ValkExchange* exchange, bool whole, Value stream);
/// A list of {name value}. VALK_ERR with :memory raised.
Value valk_fields_list(Vm* vm, Value* sp, const ValkFields& fields);
Value valk_fields_list(Vm* vm, Value* sp, const ValkHeldFields& fields);
