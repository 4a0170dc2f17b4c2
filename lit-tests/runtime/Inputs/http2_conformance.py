"""The conformance battery: RFC 9113 and RFC 7541, section by section, against a server that answers every
request, `/` with a short text. Each case is a connection of its own and says what must come back: an error of
the connection is a GOAWAY with its code and then the end, an error of a stream a RST_STREAM with its code.
Silence is never an answer.

  http2_conformance.py PORT [--tls] [--lenient] [--only TEXT]
  http2_conformance.py --serve PROGRAM        runs it with the argument plain, then tls; it prints its port

prints the cases that fail, and how many passed. --lenient counts a bare end of the connection as an error of
it, and an error of the connection as one of the stream, as h2spec does."""

import argparse
import concurrent.futures
import signal
import subprocess
import sys

from http2_expect import *  # noqa: F403: the vocabulary of this file

# ---- generic: what every server must do ---------------------------------------------------------

case("generic/1/1 a connection preface")(lambda c: alive(c))
rule("generic/2/1 PRIORITY on an idle stream", answers(1), frame(PRIORITY, 0, 1, depends(0)), get(1))
rule("generic/2/2 WINDOW_UPDATE on a half-closed stream", answers(1), get(1), window_update(1, 100))
rule("generic/2/3 PRIORITY on a half-closed stream", answers(1), get(1), frame(PRIORITY, 0, 1, depends(0)))
rule("generic/2/4 RST_STREAM on a half-closed stream", alive, get(1), rst_stream(1))


@case("generic/2/5 PRIORITY on a closed stream")
def _(c):
    c.send(c.headers(1))
    response(c, 1)
    c.send(frame(PRIORITY, 0, 1, depends(0)), c.headers(3))
    response(c, 3)


rule("generic/3.1/1 a DATA frame", answers(1), post(1), frame(DATA, END_STREAM, 1, b"test"))
rule("generic/3.1/2 DATA frames", answers(1), post(1), frame(DATA, 0, 1, b"test"), frame(DATA, END_STREAM, 1, b"test"))
rule("generic/3.1/3 DATA with padding", answers(1), post(1), frame(DATA, END_STREAM | PADDED, 1, b"\x06test" + bytes(6)))
rule("generic/3.2/1 a HEADERS frame", answers(1), get(1))
rule(
    "generic/3.2/2 HEADERS with padding",
    answers(1),
    lambda c: frame(HEADERS, WHOLE | PADDED, 1, b"\x06" + block(*fields(scheme=c.scheme)) + bytes(6)),
)
rule(
    "generic/3.2/3 HEADERS with priority",
    answers(1),
    lambda c: frame(HEADERS, WHOLE | PRIORITIZED, 1, depends(0, 255) + block(*fields(scheme=c.scheme))),
)
rule("generic/3.3/1 PRIORITY with weight 1", answers(1), frame(PRIORITY, 0, 1, depends(0, 0)), get(1))
rule("generic/3.3/2 PRIORITY with weight 256", answers(1), frame(PRIORITY, 0, 1, depends(0, 255)), get(1))
rule("generic/3.3/3 PRIORITY with a dependency", answers(1), frame(PRIORITY, 0, 1, depends(5)), get(1))
rule("generic/3.3/4 PRIORITY, exclusive", answers(1), frame(PRIORITY, 0, 1, depends(5, 15, 1)), get(1))
rule(
    "generic/3.3/5 PRIORITY on an idle stream, then HEADERS on a lower one",
    answers(3),
    frame(PRIORITY, 0, 5, depends(0)),
    get(3),
)
rule("generic/3.4/1 RST_STREAM", alive, post(1), rst_stream(1))
rule("generic/3.5/1 SETTINGS", lambda c: settings_acked(c), settings((MAX_CONCURRENT_STREAMS, 100)))
rule("generic/3.7/1 PING", lambda c: pong(c, b"h2spec!!"), frame(PING, 0, 0, b"h2spec!!"))
rule("generic/3.8/1 GOAWAY", lambda c: no_error_end(c), goaway(0, NO_ERROR))
rule("generic/3.9/1 WINDOW_UPDATE of 1", alive, window_update(0, 1))
rule("generic/3.9/2 WINDOW_UPDATE of 1 on a stream", answers(1), get(1), window_update(1, 1))
rule(
    "generic/3.10/1 CONTINUATION",
    answers(1),
    get(1, END_STREAM),
    frame(CONTINUATION, END_HEADERS, 1, block(("x-dummy", "dummy"))),
)
rule(
    "generic/3.10/2 CONTINUATION, several",
    answers(1),
    get(1, END_STREAM),
    frame(CONTINUATION, 0, 1, block(("x-dummy", "dummy"))) * 3,
    frame(CONTINUATION, END_HEADERS, 1, block(("x-last", "dummy"))),
)
rule("generic/4/1 GET", answers(1), get(1))
rule("generic/4/2 HEAD", lambda c: empty_response(c, 1), get(1, method="HEAD"))
rule("generic/4/3 POST", answers(1), post(1), frame(DATA, END_STREAM, 1, b"test"))
rule(
    "generic/4/4 POST with trailers",
    answers(1),
    post(1, [("trailer", "x-test")]),
    frame(DATA, 0, 1, b"test"),
    raw(1, WHOLE, ("x-test", "ok")),
)
rule("generic/4/5 OPTIONS *", answers(1), get(1, method="OPTIONS", path="*"))
rule("generic/4/6 te: trailers", answers(1), get(1, extra=[("te", "trailers")]))
rule("generic/4/7 cookies in pieces", answers(1), get(1, extra=[("cookie", "a=b"), ("cookie", "c=d")]))
rule("generic/4/8 100 requests at once", answers(*range(1, 200, 2)), *(get(s) for s in range(1, 200, 2)))


# HPACK: representations of RFC 7541, 6. Huffman's codes of custom-key, custom-value and www.example.com.
KEY, VALUE = b"\x88\x25\xa8\x49\xe9\x5b\xa9\x7d\x7f", b"\x89\x25\xa8\x49\xe9\x5b\xb8\xe8\xb4\xbf"
EXAMPLE = b"\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff"
rule("generic/5/1 an indexed field", answers(1), hpack(1, b"\x90"))
for number, (name, first, prefix) in enumerate(
    (("incremental", 0x40, 6), ("without", 0x00, 4), ("never", 0x10, 4)),
):
    agent = integer(58, prefix, first)
    rule(f"generic/5/{4 * number + 2} {name} indexing, name indexed", answers(1), hpack(1, agent, text("x")))
    rule(f"generic/5/{4 * number + 3} {name} indexing, name indexed, Huffman", answers(1), hpack(1, agent, EXAMPLE))
    rule(f"generic/5/{4 * number + 4} {name} indexing, new name", answers(1), hpack(1, field("custom", "x", first)))
    rule(f"generic/5/{4 * number + 5} {name} indexing, Huffman", answers(1), hpack(1, bytes([first]), KEY, VALUE))
rule("generic/5/14 a dynamic table size update", answers(1), lambda c: frame(HEADERS, WHOLE, 1, resized(c, 0)))
rule("generic/5/15 two size updates", answers(1), lambda c: frame(HEADERS, WHOLE, 1, resized(c, 0, 4096)))
rule(
    "generic/5/16 a field of the dynamic table",
    answers(1, 3),
    hpack(1, field("custom", "x", 0x40)),
    hpack(3, b"\xbe"),
)


def resized(c, *sizes):
    return b"".join(integer(s, 5, 0x20) for s in sizes) + block(*fields(scheme=c.scheme))


# ---- RFC 9113, 3 to 5 ---------------------------------------------------------------------------


@case("http2/3.4/1 the server's preface is SETTINGS", greeted=False)
def _(c):
    c.send(PREFACE, settings())
    first = next(c.frames(), None)
    if not first or first[0] != SETTINGS or first[1] & ACK:
        raise Failed(f"expected SETTINGS first, got {first and describe(first)}")


rule("http2/3.4/2 a wrong preface", dies(PROTOCOL_ERROR), b"INVALID CONNECTION PREFACE\r\n\r\n", greeted=False)
rule("http2/3.4/3 a preface without SETTINGS", dies(PROTOCOL_ERROR), PREFACE, get(1), greeted=False)
rule("http2/4.1/1 an unknown type", alive, frame(22, 0, 0, bytes(8)))
rule("http2/4.1/2 undefined flags", lambda c: pong(c, b"h2spec!!"), frame(PING, 22, 0, b"h2spec!!"))
rule("http2/4.1/3 the reserved bit", lambda c: pong(c, b"h2spec!!"), frame(PING, 0, 1 << 31, b"h2spec!!"))
rule("http2/4.2/1 DATA of 2^14 bytes", answers(1), post(1), frame(DATA, END_STREAM, 1, bytes(16384)))
rule("http2/4.2/2 DATA too large", dies(FRAME_SIZE_ERROR), post(1), frame(DATA, END_STREAM, 1, bytes(16385)))
rule(
    "http2/4.2/3 HEADERS too large",
    dies(FRAME_SIZE_ERROR),
    lambda c: frame(HEADERS, WHOLE, 1, block(*fields(scheme=c.scheme), *[("x-dummy", "x" * 1000)] * 17)),
)
rule(
    "http2/4.3/1 an invalid header block",
    dies(COMPRESSION_ERROR),
    frame(HEADERS, WHOLE, 1, b"\x01\x05\x00\x00\x00\x40"),
)
rule(
    "http2/4.3/2 PRIORITY within a header block",
    dies(PROTOCOL_ERROR),
    get(1, END_STREAM),
    frame(PRIORITY, 0, 1, depends(0)),
    frame(CONTINUATION, END_HEADERS, 1, block(("x", "y"))),
)
rule(
    "http2/4.3/3 HEADERS within another header block",
    dies(PROTOCOL_ERROR),
    get(1, END_STREAM),
    get(3),
)
rule("http2/5.1/1 idle: DATA", dies(PROTOCOL_ERROR), frame(DATA, END_STREAM, 1, b"test"))
rule("http2/5.1/2 idle: RST_STREAM", dies(PROTOCOL_ERROR), rst_stream(1))
rule("http2/5.1/3 idle: WINDOW_UPDATE", dies(PROTOCOL_ERROR), window_update(1, 100))
rule("http2/5.1/4 idle: CONTINUATION", dies(PROTOCOL_ERROR), frame(CONTINUATION, END_HEADERS, 1, block(("x", "y"))))
CLOSED = dies(STREAM_CLOSED)
rule("http2/5.1/5 half-closed: DATA", CLOSED, get(1), frame(DATA, END_STREAM, 1, b"test"))
rule("http2/5.1/6 half-closed: HEADERS", CLOSED, get(1), get(1))
rule("http2/5.1/7 half-closed: CONTINUATION", dies(PROTOCOL_ERROR), get(1), frame(CONTINUATION, END_HEADERS, 1, b"\x90"))
rule("http2/5.1/8 reset: DATA", CLOSED, get(1), rst_stream(1), frame(DATA, END_STREAM, 1, b"test"))
rule("http2/5.1/9 reset: HEADERS", CLOSED, get(1), rst_stream(1), get(1))
rule(
    "http2/5.1/10 reset: CONTINUATION",
    dies(PROTOCOL_ERROR, STREAM_CLOSED),
    get(1),
    rst_stream(1),
    frame(CONTINUATION, END_HEADERS, 1, b"\x90"),
)
for number, (what, codes, after) in enumerate(
    (
        ("DATA", (STREAM_CLOSED,), frame(DATA, END_STREAM, 1, b"test")),
        ("HEADERS", (STREAM_CLOSED,), get(1)),
        ("CONTINUATION", (PROTOCOL_ERROR, STREAM_CLOSED), frame(CONTINUATION, END_HEADERS, 1, b"\x90")),
    )
):

    @case(f"http2/5.1/{11 + number} closed: {what}")
    def _(c, codes=codes, after=after):
        c.send(c.headers(1))
        response(c, 1)
        c.send(after(c) if callable(after) else after)
        connection_error(c, *codes)


rule("http2/5.1.1/1 an even stream", dies(PROTOCOL_ERROR), get(2))
rule("http2/5.1.1/2 a smaller stream", dies(PROTOCOL_ERROR, STREAM_CLOSED), get(5), get(3))


@case("http2/5.1.2/1 more streams than allowed")
def _(c):
    allowed = c.theirs.get(MAX_CONCURRENT_STREAMS)
    if not allowed:
        raise Failed("the server sets no SETTINGS_MAX_CONCURRENT_STREAMS")
    opened = range(1, 2 * allowed + 3, 2)
    c.send(*(c.headers(s, END_HEADERS, method="POST") for s in opened))
    for f in c.frames():
        if f[0] == RST_STREAM and int.from_bytes(f[3], "big") in (REFUSED_STREAM, PROTOCOL_ERROR):
            return
        if f[0] == GOAWAY and int.from_bytes(f[3][4:8], "big") == PROTOCOL_ERROR:
            return
    raise Failed("the stream beyond the limit was not refused")


@case("http2/5.1.2/2 as many streams as allowed, again as soon as they have ended")
def _(c):
    allowed = c.theirs[MAX_CONCURRENT_STREAMS]
    first, second = range(1, 2 * allowed, 2), range(2 * allowed + 1, 4 * allowed, 2)
    c.send(settings((INITIAL_WINDOW_SIZE, 0)), *(c.headers(s) for s in first))
    unanswered = set(first)
    for kind, _, stream, _ in c.frames():
        unanswered -= {stream} if kind == HEADERS else set()
        if not unanswered:
            break
    # The handlers have ended and the bodies wait: these resets are what ends the streams, right before the next.
    ends = [rst_stream(s) for s in first]
    c.send(*ends, settings((INITIAL_WINDOW_SIZE, 65535)), *(c.headers(s) for s in second))
    response(c, *second)


for number, how in enumerate((HEADERS, PRIORITY)):
    rule(
        f"http2/5.3.1/{number + 1} {'HEADERS PRIORITY'.split()[number]} on itself",
        # RFC 9113 gave priorities up, and allows to ignore this; RFC 7540 made it an error.
        lambda c: any_of(c, lambda: stream_error(c, 1, PROTOCOL_ERROR), lambda: connection_died(c), lambda: alive(c)),
        (lambda c: frame(HEADERS, WHOLE | PRIORITIZED, 1, depends(1) + block(*fields(scheme=c.scheme))))
        if how == HEADERS
        else frame(PRIORITY, 0, 1, depends(1)),
    )


@case("http2/5.4.1/1 an error of the connection ends it")
def _(c):
    c.send(frame(PING, 0, 3, b"h2spec!!"))
    connection_error(c, PROTOCOL_ERROR)


@case("http2/5.4.1/2 GOAWAY says the last stream")
def _(c):
    c.send(c.headers(1))
    response(c, 1)
    c.send(frame(PING, 0, 3, b"h2spec!!"))
    for f in c.frames():
        if f[0] == GOAWAY:
            if int.from_bytes(f[3][:4], "big") != 1:
                raise Failed(f"last stream {f[3][:4]}")
            return
    raise Failed("no GOAWAY")


rule("http2/5.5/1 an unknown frame", alive, frame(0xFF, 0xFF, 0, bytes(8)))
rule(
    "http2/5.5/2 an unknown frame within a header block",
    dies(PROTOCOL_ERROR),
    get(1, END_STREAM),
    frame(0xFF, 1, 0, bytes(8)),
    frame(CONTINUATION, END_HEADERS, 1, b"\x90"),
)
rule("http2/5.5/3 an unknown frame on an idle stream", alive, frame(0xF0, 0, 7, bytes(8)))

# ---- RFC 9113, 6: frames ------------------------------------------------------------------------

rule("http2/6.1/1 DATA on stream 0", dies(PROTOCOL_ERROR), post(1), frame(DATA, END_STREAM, 0, b"test"))
rule("http2/6.1/2 DATA on a half-closed stream", CLOSED, get(1), frame(DATA, END_STREAM, 1, b"test"))
rule("http2/6.1/3 DATA, padding too long", dies(PROTOCOL_ERROR), post(1), frame(DATA, PADDED, 1, b"\x05test"))
rule("http2/6.1/4 DATA, no room for the padding's length", dies(FRAME_SIZE_ERROR, PROTOCOL_ERROR), post(1), frame(DATA, PADDED, 1))
rule("http2/6.1/5 DATA of padding only", answers(1), post(1), frame(DATA, PADDED | END_STREAM, 1, b"\x05" + bytes(5)))
rule(
    "http2/6.2/1 HEADERS, then PRIORITY",
    dies(PROTOCOL_ERROR),
    get(1, END_STREAM),
    frame(PRIORITY, 0, 1, depends(0)),
)
rule("http2/6.2/2 HEADERS, then HEADERS of another stream", dies(PROTOCOL_ERROR), get(1, END_STREAM), get(3))
rule("http2/6.2/3 HEADERS on stream 0", dies(PROTOCOL_ERROR), get(0))
rule(
    "http2/6.2/4 HEADERS, padding too long",
    dies(PROTOCOL_ERROR),
    lambda c: frame(HEADERS, WHOLE | PADDED, 1, b"\xff" + block(*fields(scheme=c.scheme))),
)
rule(
    "http2/6.2/5 HEADERS, no room for the priority",
    dies(FRAME_SIZE_ERROR, PROTOCOL_ERROR),
    frame(HEADERS, WHOLE | PRIORITIZED, 1, b"\0\0"),
)
rule("http2/6.3/1 PRIORITY on stream 0", dies(PROTOCOL_ERROR), frame(PRIORITY, 0, 0, depends(1)))
rule(
    "http2/6.3/2 PRIORITY of a wrong length",
    lambda c: any_of(c, lambda: stream_error(c, 1, FRAME_SIZE_ERROR), lambda: connection_died(c)),
    get(1),
    frame(PRIORITY, 0, 1, bytes(4)),
)
rule("http2/6.4/1 RST_STREAM on stream 0", dies(PROTOCOL_ERROR), rst_stream(0))
rule("http2/6.4/2 RST_STREAM on an idle stream", dies(PROTOCOL_ERROR), rst_stream(1))
rule("http2/6.4/3 RST_STREAM of a wrong length", dies(FRAME_SIZE_ERROR), get(1), frame(RST_STREAM, 0, 1, bytes(3)))
rule("http2/6.5/1 SETTINGS ACK with a payload", dies(FRAME_SIZE_ERROR), frame(SETTINGS, ACK, 0, bytes(6)))
rule("http2/6.5/2 SETTINGS on a stream", dies(PROTOCOL_ERROR), frame(SETTINGS, 0, 1))
rule("http2/6.5/3 SETTINGS of a wrong length", dies(FRAME_SIZE_ERROR), frame(SETTINGS, 0, 0, bytes(3)))
rule("http2/6.5.2/1 ENABLE_PUSH of 2", dies(PROTOCOL_ERROR), settings((ENABLE_PUSH, 2)))
rule("http2/6.5.2/2 INITIAL_WINDOW_SIZE of 2^31", dies(FLOW_CONTROL_ERROR), settings((INITIAL_WINDOW_SIZE, 1 << 31)))
rule("http2/6.5.2/3 MAX_FRAME_SIZE too small", dies(PROTOCOL_ERROR), settings((MAX_FRAME_SIZE, 16383)))
rule("http2/6.5.2/4 MAX_FRAME_SIZE too large", dies(PROTOCOL_ERROR), settings((MAX_FRAME_SIZE, 1 << 24)))
rule("http2/6.5.2/5 an unknown setting", alive, settings((0xFF, 1)))


@case("http2/6.5.3/1 the last of several values counts")
def _(c):
    c.send(settings((INITIAL_WINDOW_SIZE, 100), (INITIAL_WINDOW_SIZE, 1)), c.headers(1))
    if len(first_data(c, 1)) != 1:
        raise Failed("more than the window")


rule("http2/6.5.3/2 SETTINGS is acknowledged", lambda c: settings_acked(c), settings())
rule("http2/6.6/1 PUSH_PROMISE from a client", dies(PROTOCOL_ERROR), get(1), frame(PUSH_PROMISE, 4, 1, bytes(4)))
rule("http2/6.7/1 PING", lambda c: pong(c, b"h2spec!!"), frame(PING, 0, 0, b"h2spec!!"))
rule(
    "http2/6.7/2 PING ACK is not answered",
    lambda c: pong(c, b"h2spec!!"),
    frame(PING, ACK, 0, b"invalid!"),
    frame(PING, 0, 0, b"h2spec!!"),
)
rule("http2/6.7/3 PING on a stream", dies(PROTOCOL_ERROR), frame(PING, 0, 1, bytes(8)))
rule("http2/6.7/4 PING of a wrong length", dies(FRAME_SIZE_ERROR), frame(PING, 0, 0, bytes(6)))
rule("http2/6.8/1 GOAWAY on a stream", dies(PROTOCOL_ERROR), frame(GOAWAY, 0, 1, bytes(8)))
rule("http2/6.8/2 GOAWAY too short", dies(FRAME_SIZE_ERROR), frame(GOAWAY, 0, 0, bytes(7)))
rule("http2/6.9/1 WINDOW_UPDATE of 0", dies(PROTOCOL_ERROR), window_update(0, 0))
rule(
    "http2/6.9/2 WINDOW_UPDATE of 0 on a stream",
    lambda c: any_of(c, lambda: stream_error(c, 1, PROTOCOL_ERROR), lambda: died_with(c, PROTOCOL_ERROR)),
    get(1),
    window_update(1, 0),
)
rule("http2/6.9/3 WINDOW_UPDATE of a wrong length", dies(FRAME_SIZE_ERROR), frame(WINDOW_UPDATE, 0, 0, bytes(3)))


def died_with(c, *codes):
    connection_died(c)  # the frames were read by the way tried before


@case("http2/6.9.1/1 a window of 1", initial_window=1)
def _(c):
    c.send(c.headers(1))
    if len(first_data(c, 1)) != 1:
        raise Failed("more than the window")


rule("http2/6.9.1/2 the connection's window overflows", dies(FLOW_CONTROL_ERROR), window_update(0, 0x7FFFFFFF) * 2)
rule(
    "http2/6.9.1/3 a stream's window overflows",
    resets(1, FLOW_CONTROL_ERROR),
    get(1),
    window_update(1, 0x7FFFFFFF) * 2,
    initial_window=0,
)


@case("http2/6.9.1/4 more than the windows allow")
def _(c):
    window = min(65535, c.theirs.get(INITIAL_WINDOW_SIZE, 65535))
    c.send(c.headers(1, END_HEADERS, method="POST", path="/wait"))
    c.send(*[frame(DATA, 0, 1, bytes(16384))] * (64 + window // 16384 * 400))
    for f in c.frames():
        if f[0] == RST_STREAM or f[0] == GOAWAY:
            code = int.from_bytes(f[3] if f[0] == RST_STREAM else f[3][4:8], "big")
            if code == FLOW_CONTROL_ERROR or Strictness.lenient:
                return
    raise Failed("no FLOW_CONTROL_ERROR")


@case("http2/6.9.2/1 the window changes after HEADERS", initial_window=0)
def _(c):
    c.send(c.headers(1), settings((INITIAL_WINDOW_SIZE, 1)))
    if len(first_data(c, 1)) != 1:
        raise Failed("more than the window")


@case("http2/6.9.2/2 a negative window", initial_window=3)
def _(c):
    c.send(c.headers(1))
    if len(first_data(c, 1)) != 3:
        raise Failed("expected 3 bytes")
    c.send(settings((INITIAL_WINDOW_SIZE, 2)), window_update(1, 2))
    if len(first_data(c, 1)) != 1:
        raise Failed("expected one byte")


rule("http2/6.9.2/3 INITIAL_WINDOW_SIZE too large", dies(FLOW_CONTROL_ERROR), settings((INITIAL_WINDOW_SIZE, 1 << 31)))


@case("http2/6.9.2/4 INITIAL_WINDOW_SIZE overflows a stream's window", initial_window=0)
def _(c):
    c.send(c.headers(1), window_update(1, 0x7FFFFFFF), settings((INITIAL_WINDOW_SIZE, 0x7FFFFFFF)))
    any_of(c, lambda: stream_error(c, 1, FLOW_CONTROL_ERROR), lambda: connection_died(c))


rule(
    "http2/6.10/1 CONTINUATION frames",
    answers(1),
    get(1, END_STREAM),
    frame(CONTINUATION, 0, 1, block(("a", "b"))) * 2,
    frame(CONTINUATION, END_HEADERS, 1, block(("a", "b"))),
)
rule(
    "http2/6.10/2 CONTINUATION, then another frame",
    dies(PROTOCOL_ERROR),
    get(1, END_STREAM),
    frame(CONTINUATION, 0, 1, block(("a", "b"))),
    frame(DATA, END_STREAM, 1, b"test"),
)
rule("http2/6.10/3 CONTINUATION on stream 0", dies(PROTOCOL_ERROR), get(1, END_STREAM), frame(CONTINUATION, 4, 0, b"\x90"))
rule("http2/6.10/4 CONTINUATION after END_HEADERS", dies(PROTOCOL_ERROR), get(1), frame(CONTINUATION, 4, 1, b"\x90"))
rule(
    "http2/6.10/5 CONTINUATION after its END_HEADERS",
    dies(PROTOCOL_ERROR),
    get(1, END_STREAM),
    frame(CONTINUATION, 4, 1, b"\x90") * 2,
)
rule(
    "http2/6.10/6 CONTINUATION after DATA",
    dies(PROTOCOL_ERROR),
    post(1),
    frame(DATA, 0, 1, b"test"),
    frame(CONTINUATION, 4, 1, b"\x90"),
)
rule("http2/7/1 GOAWAY with an unknown code", no_error_end, goaway(0, 0xFF))
rule("http2/7/2 RST_STREAM with an unknown code", alive, post(1), rst_stream(1, 0xFF))

# ---- RFC 9113, 8: messages ----------------------------------------------------------------------

MALFORMED = resets(1, PROTOCOL_ERROR)
rule(
    "http2/8.1/1 a second HEADERS without END_STREAM",
    MALFORMED,
    post(1),
    frame(DATA, 0, 1, b"test"),
    raw(1, END_HEADERS, ("x-test", "ok")),
)
for number, (what, extra) in enumerate(
    (
        ("an upper-case name", ("X-TEST", "ok")),
        ("a space in a name", ("x test", "ok")),
        ("a control character in a name", ("x\x01", "ok")),
        ("a colon in a name", ("x:y", "ok")),
        ("an empty name", ("", "ok")),
        ("a line end in a value", ("x", "a\nb")),
        ("a carriage return in a value", ("x", "a\rb")),
        ("NUL in a value", ("x", "a\0b")),
        ("a value that begins with a space", ("x", " a")),
        ("a value that ends with a tab", ("x", "a\t")),
    )
):
    rule(f"http2/8.2.1/{number + 1} {what}", MALFORMED, get(1, extra=[extra]))
for number, (what, extra) in enumerate(
    (
        ("an unknown pseudo-header", [(":test", "ok")]),
        ("a response's pseudo-header", [(":status", "200")]),
        ("connection", [("connection", "keep-alive")]),
        ("proxy-connection", [("proxy-connection", "keep-alive")]),
        ("keep-alive", [("keep-alive", "1")]),
        ("transfer-encoding", [("transfer-encoding", "chunked")]),
        ("upgrade", [("upgrade", "h2c")]),
        ("te other than trailers", [("te", "trailers, deflate;q=0.5")]),
        (":method twice", [(":method", "GET")]),
        (":scheme twice", [(":scheme", "http")]),
        (":path twice", [(":path", "/")]),
        (":authority twice", [(":authority", "localhost")]),
        ("a pseudo-header after a field", [("x-test", "ok"), (":late", "ok")]),
        ("a content-length that is no number", [("content-length", "many")]),
        ("two content-lengths", [("content-length", "0"), ("content-length", "1")]),
    )
):
    rule(f"http2/8.3/{number + 1} {what}", MALFORMED, get(1, extra=extra))
rule(
    "http2/8.3/16 pseudo-headers in trailers",
    MALFORMED,
    post(1),
    frame(DATA, 0, 1, b"test"),
    raw(1, WHOLE, (":method", "200")),
)
rule(
    "http2/8.3/17 :method after a field",
    MALFORMED,
    lambda c: raw(1, WHOLE, (":scheme", c.scheme), (":path", "/"), (":authority", "x"), ("a", "b"), (":method", "GET")),
)
for number, missing in enumerate((":method", ":scheme", ":path")):
    rule(
        f"http2/8.3.1/{number + 1} without {missing}",
        MALFORMED,
        lambda c, missing=missing: raw(1, WHOLE, *(f for f in fields(scheme=c.scheme) if f[0] != missing)),
    )
rule("http2/8.3.1/4 an empty :path", MALFORMED, get(1, path=""))
rule("http2/8.3.1/5 a :path without slash", MALFORMED, get(1, path="x"))
rule("http2/8.3.1/6 CONNECT with :path", MALFORMED, get(1, method="CONNECT"))
LENGTH = [("content-length", "1")]
rule("http2/8.1.1/1 DATA longer than content-length", MALFORMED, post(1, LENGTH), frame(DATA, END_STREAM, 1, b"test"))
rule(
    "http2/8.1.1/2 the sum of DATA longer than content-length",
    MALFORMED,
    post(1, LENGTH),
    frame(DATA, 0, 1, b"test"),
    frame(DATA, END_STREAM, 1, b"test"),
)
rule("http2/8.1.1/3 DATA shorter than content-length", MALFORMED, post(1, LENGTH), frame(DATA, END_STREAM, 1))
rule("http2/8.1.1/4 no DATA, but content-length", MALFORMED, get(1, extra=LENGTH))
rule("http2/8.4/1 PUSH_PROMISE", dies(PROTOCOL_ERROR), hpack(1), frame(PUSH_PROMISE, 4, 1, b"\0\0\0\2\x82"))

# ---- RFC 7541 -----------------------------------------------------------------------------------

BROKEN = dies(COMPRESSION_ERROR)
rule("hpack/2.3.3/1 an index beyond the tables", BROKEN, hpack(1, integer(70, 7, 0x80)))
rule("hpack/2.3.3/2 a name's index beyond the tables", BROKEN, hpack(1, integer(70, 6, 0x40), text("x")))
rule("hpack/4.2/1 a size update at the end", BROKEN, hpack(1, b"\x21"))
rule("hpack/5.1/1 an integer too large", BROKEN, hpack(1, b"\xff" + b"\xff" * 9 + b"\x01"))
rule("hpack/5.2/1 Huffman padding of more than 7 bits", BROKEN, hpack(1, b"\0", text("x-test"), b"\x88\x49\x50\x8d\xf6\xff\xff\xff\xff"))
rule("hpack/5.2/2 Huffman padding of zeros", BROKEN, hpack(1, b"\0", text("x-test"), b"\x83\x49\x50\x90"))
rule("hpack/5.2/3 Huffman's EOS", BROKEN, hpack(1, b"\0", text("x-test"), b"\x88\xff\xff\xff\xff\xff\xff\xff\xff"))
rule("hpack/5.2/4 a string beyond the block", BROKEN, hpack(1, b"\0", text("x-test"), b"\x7f\x20"))
rule("hpack/6.1/1 index 0", BROKEN, hpack(1, b"\x80"))
rule("hpack/6.3/1 a table larger than allowed", BROKEN, lambda c: frame(HEADERS, WHOLE, 1, resized(c, 1 << 30)))


def check(port, secure, name, options, run):
    """None, or why the case failed."""
    try:
        c = Connection(port, secure)
        try:
            if options.get("greeted", True):
                pairs = [(INITIAL_WINDOW_SIZE, options["initial_window"])] if "initial_window" in options else []
                c.theirs = c.greet(*pairs)
            run(c)
        finally:
            c.close()
    except (Failed, AssertionError, OSError) as failure:
        return f"{name}: {failure}"
    return None


def run_all(port, secure, only=""):
    """The failures, and how many cases there were."""
    chosen = [c for c in CASES if only in c[0]]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda c: check(port, secure, *c), chosen))
    return list(filter(None, results)), len(chosen)


def report(title, failures, count):
    for failure in failures:
        print(failure)
    print(f"{title}{count - len(failures)} of {count} cases passed", flush=True)
    return bool(failures)


def serve(program):
    failed = False
    for mode, title in (("plain", "in clear: "), ("tls", "over TLS: ")):
        with subprocess.Popen([program, mode], stdout=subprocess.PIPE, text=True) as server:
            try:
                failed |= report(title, *run_all(int(server.stdout.readline()), mode == "tls"))
            finally:
                server.send_signal(signal.SIGKILL)
    return failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int, nargs="?")
    parser.add_argument("--serve")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--lenient", action="store_true")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    Strictness.lenient = options.lenient
    if options.serve:
        return serve(options.serve)
    return report("", *run_all(options.port, options.tls, options.only))


if __name__ == "__main__":
    sys.exit(main())
