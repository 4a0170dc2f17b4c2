"""HTTP/2 by hand, for peers that do what no library would: frames, header blocks, and a connection that
reads frames with a deadline, in clear or over TLS."""

import socket
import ssl
import struct
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITIZED = 1, 1, 4, 8, 32
ERRORS = (
    "NO_ERROR PROTOCOL_ERROR INTERNAL_ERROR FLOW_CONTROL_ERROR SETTINGS_TIMEOUT STREAM_CLOSED FRAME_SIZE_ERROR "
    "REFUSED_STREAM CANCEL COMPRESSION_ERROR CONNECT_ERROR ENHANCE_YOUR_CALM INADEQUATE_SECURITY HTTP_1_1_REQUIRED"
).split()
(
    NO_ERROR,
    PROTOCOL_ERROR,
    INTERNAL_ERROR,
    FLOW_CONTROL_ERROR,
    SETTINGS_TIMEOUT,
    STREAM_CLOSED,
    FRAME_SIZE_ERROR,
    REFUSED_STREAM,
    CANCEL,
    COMPRESSION_ERROR,
    CONNECT_ERROR,
    ENHANCE_YOUR_CALM,
    INADEQUATE_SECURITY,
    HTTP_1_1_REQUIRED,
) = range(14)
HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = (
    range(1, 7)
)


def error_name(code):
    return ERRORS[code] if code < len(ERRORS) else hex(code)


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def settings(*pairs):
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", k, v) for k, v in pairs))


def window_update(stream, increment):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", increment))


def rst_stream(stream, code=CANCEL):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


def goaway(last, code, debug=b""):
    return frame(GOAWAY, 0, 0, struct.pack(">II", last, code) + debug)


def integer(value, prefix, first=0):
    """HPACK's integer, with the bits above the prefix given."""
    most = (1 << prefix) - 1
    if value < most:
        return bytes([first | value])
    out, value = [first | most], value - most
    while value >= 128:
        out.append(value % 128 | 128)
        value //= 128
    return bytes([*out, value])


def text(data):
    """HPACK's string, without Huffman's code."""
    data = data if isinstance(data, bytes) else data.encode()
    return integer(len(data), 7) + data


def field(name, value, first=0):
    """A literal field; first: 0 without indexing, 0x10 never indexed, 0x40 with."""
    return bytes([first]) + text(name) + text(value)


def block(*fields):
    return b"".join(field(n, v) for n, v in fields)


def fields(method="GET", path="/", scheme="http", authority="localhost"):
    return [(":method", method), (":scheme", scheme), (":path", path), (":authority", authority)]


class Connection:
    """A client's connection. `secure`: over TLS, unverified. Times are in seconds."""

    def __init__(self, port, secure=False, host="127.0.0.1", timeout=5, small_buffers=False):
        self.deadline = timeout
        self.data = bytearray()
        self.ended = False
        self.scheme = "https" if secure else "http"
        self.socket = socket.socket()
        if small_buffers:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(timeout)
        self.socket.connect((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if secure:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.set_alpn_protocols(["h2"])
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")

    def send(self, *data):
        try:
            self.socket.sendall(b"".join(data))
        except OSError:
            pass  # cut off while it was sending: reading shows how

    def greet(self, *pairs):
        """The preface, and both sides' SETTINGS acknowledged. Gives the server's settings."""
        self.send(PREFACE, settings(*pairs))
        theirs, acked = None, False
        for kind, flags, _, payload in self.frames():
            if kind == SETTINGS and flags & ACK:
                acked = True
            elif kind == SETTINGS:
                theirs = dict(struct.unpack_from(">HI", payload, i) for i in range(0, len(payload), 6))
                self.send(frame(SETTINGS, ACK, 0))
            if acked and theirs is not None:
                return theirs
        raise AssertionError("the server did not send SETTINGS and acknowledge ours")

    def headers(self, stream, flags=END_STREAM | END_HEADERS, extra=(), **parts):
        parts.setdefault("scheme", self.scheme)
        return frame(HEADERS, flags, stream, block(*fields(**parts), *extra))

    def frames(self, timeout=None, trickle=None, pause=0.0, sending=0.0):
        """Frames (kind, flags, stream, payload) until the server ends, or nothing more comes in time; `ended`
        says which. For the first `sending` seconds trickle() is called every `pause` (a socket of TLS takes
        one thread at a time)."""
        now = time.monotonic()
        until, next_piece, last_piece = now + (timeout or self.deadline), now, now + sending
        while True:
            while len(self.data) >= 9 and len(self.data) >= 9 + (size := int.from_bytes(self.data[:3], "big")):
                kind, flags, stream = self.data[3], self.data[4], int.from_bytes(self.data[5:9], "big")
                payload = bytes(self.data[9 : 9 + size])
                del self.data[: 9 + size]
                yield kind, flags, stream, payload
            now = time.monotonic()
            if now >= until:
                return
            if trickle and next_piece <= now <= last_piece:
                trickle()
                next_piece = now + pause
            self.socket.settimeout(min(until, next_piece if trickle and next_piece <= last_piece else until) - now + 0.001)
            try:
                chunk = self.socket.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                chunk = b""
            if not chunk:
                self.ended = True
                return
            self.data += chunk

    def close(self):
        self.socket.close()
