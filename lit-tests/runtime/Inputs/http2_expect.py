"""What a conformance case says: what is sent, and what must come back. See http2_conformance.py."""

import struct

from http2_wire import *  # noqa: F403: the vocabulary of this file

CASES = []


class Strictness:
    """lenient: a bare end of the connection is an error of it, and that one of the stream, as for h2spec."""

    lenient = False


class Failed(Exception):
    pass


def case(name, **settings):
    def add(run):
        CASES.append((name, settings, run))
        return run

    return add


def describe(f):
    kind, flags, stream, payload = f
    names = "DATA HEADERS PRIORITY RST_STREAM SETTINGS PUSH_PROMISE PING GOAWAY WINDOW_UPDATE CONTINUATION".split()
    code = ""
    if kind == RST_STREAM:
        code = " " + error_name(int.from_bytes(payload, "big"))
    if kind == GOAWAY:
        code = f" {error_name(int.from_bytes(payload[4:8], 'big'))} {payload[8:].decode(errors='replace')}"
    return f"{names[kind]} {flags:#x} {stream}{code}"


# ---- what must come back ------------------------------------------------------------------------


def connection_error(c, *codes):
    seen, got = [], None
    for f in c.frames():
        seen.append(describe(f))
        if f[0] == GOAWAY and (code := int.from_bytes(f[3][4:8], "big")) != NO_ERROR:
            got = code
    right = got in codes or (Strictness.lenient and (got is not None or c.ended))
    if right and (c.ended or Strictness.lenient):
        return
    expected = " or ".join(map(error_name, codes))
    ended = "the end" if c.ended else "silence"
    raise Failed(f"expected GOAWAY {expected} and the end, got {', '.join(seen) or 'nothing'}, then {ended}")


def stream_error(c, stream, *codes):
    seen = []
    for f in c.frames():
        seen.append(describe(f))
        if f[0] == RST_STREAM and f[2] == stream and int.from_bytes(f[3], "big") in codes:
            return alive(c, 99)
        if f[0] == GOAWAY and Strictness.lenient:
            return
    if Strictness.lenient and c.ended:
        return
    expected = " or ".join(map(error_name, codes))
    ended = "the end" if c.ended else "silence"
    raise Failed(f"expected RST_STREAM {expected}, got {', '.join(seen) or 'nothing'}, then {ended}")


def response(c, *streams):
    """Whole responses on all these streams: status and length of body by stream."""
    left, seen, sizes = set(streams), [], dict.fromkeys(streams, 0)
    for f in c.frames():
        kind, flags, stream, payload = f
        seen.append(describe(f))
        if kind in (RST_STREAM, GOAWAY) and (kind == GOAWAY or stream in left):
            break
        if kind == DATA and stream in sizes:
            sizes[stream] += len(payload)
        if kind in (HEADERS, DATA) and flags & END_STREAM:
            left.discard(stream)
        if not left:
            return sizes
    raise Failed(f"expected a response on {sorted(left)}, got {', '.join(seen) or 'nothing'}")


def pong(c, data):
    seen = []
    for f in c.frames():
        seen.append(describe(f))
        if f[0] == PING and f[1] & ACK and f[3] == data:
            return
        if f[0] == GOAWAY:
            break
    raise Failed(f"expected PING to be acknowledged, got {', '.join(seen) or 'nothing'}")


def alive(c, _=None):
    c.send(frame(PING, 0, 0, b"aliveyet"))
    pong(c, b"aliveyet")


def settings_acked(c):
    if not any(kind == SETTINGS and flags & ACK for kind, flags, _, _ in take(c, SETTINGS)):
        raise Failed("SETTINGS was not acknowledged")


def take(c, last):
    for f in c.frames():
        yield f
        if f[0] == last:
            return


def no_error_end(c):
    bad = [describe(f) for f in c.frames() if f[0] == GOAWAY and f[3][4:8] != bytes(4)]
    if bad or not c.ended:
        raise Failed(f"expected the end of the connection without an error, got {bad or 'silence'}")


def empty_response(c, stream):
    if size := response(c, stream)[stream]:
        raise Failed(f"a response to HEAD with {size} bytes")


def any_of(c, *ways):
    why = []
    for way in ways:
        try:
            return way()
        except Failed as f:
            why.append(str(f))
    raise Failed("; ".join(why))


def connection_died(c):
    if not c.ended:
        raise Failed("the connection goes on")


def first_data(c, stream):
    for kind, _, s, payload in c.frames():
        if kind == DATA and s == stream:
            return payload
        if kind == GOAWAY:
            break
    raise Failed("expected DATA")


def rule(name, expected, *frames, **options):
    """A case that sends frames, functions of the connection among them, and expects one thing."""

    @case(name, **options)
    def run(c):
        c.send(*(f(c) if callable(f) else f for f in frames))
        expected(c)


def dies(*codes):
    return lambda c: connection_error(c, *codes)


def resets(stream, *codes):
    return lambda c: stream_error(c, stream, *codes)


def answers(*streams):
    return lambda c: response(c, *streams)


def get(stream, flags=END_STREAM | END_HEADERS, extra=(), **parts):
    return lambda c: c.headers(stream, flags, extra, **parts)


def post(stream, extra=(), **parts):
    return get(stream, END_HEADERS, extra, method="POST", **parts)


def raw(stream, flags, *parts):
    """HEADERS of these fields and no others."""
    return frame(HEADERS, flags, stream, block(*parts))


def hpack(stream, *parts, flags=END_STREAM | END_HEADERS):
    """HEADERS of the usual fields and then these bytes."""
    return lambda c: frame(HEADERS, flags, stream, block(*fields(scheme=c.scheme)) + b"".join(parts))


def depends(stream, weight=15, exclusive=0):
    return struct.pack(">IB", stream | exclusive << 31, weight)


WHOLE = END_STREAM | END_HEADERS
TEN = b"0123456789"
