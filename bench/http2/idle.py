"""idle.py PORT COUNT tls|clear: opens COUNT connections, makes one request on each, reads the answer,
prints `idle` and holds them until it is killed; each 5,000 come from an address of their own, 127.0.0.1 and up. Frames are made by hand: nothing else is needed."""

import resource
import socket
import ssl
import struct
import sys
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


# :method GET, :scheme http, :path /, :authority localhost (HPACK: indexed, and one literal)
REQUEST = frame(1, 5, 1, b"\x82\x86\x84\x41\x09localhost")


PER_ADDRESS = 5000


def open_one(port, context, number):
    source = f"127.0.0.{1 + number // PER_ADDRESS}"
    plain = socket.create_connection(("127.0.0.1", port), source_address=(source, 0))
    connection = context.wrap_socket(plain, server_hostname="localhost") if context else plain
    connection.sendall(PREFACE + frame(4, 0, 0) + REQUEST)
    got = b""
    while b"hello" not in got:
        piece = connection.recv(65536)
        if not piece:
            sys.exit("closed")
        got += piece
    connection.sendall(frame(4, 1, 0))
    return connection


def main():
    port, count = int(sys.argv[1]), int(sys.argv[2])
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    context = None
    if sys.argv[3] == "tls":
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
    held = [open_one(port, context, i) for i in range(count)]
    time.sleep(0.5)
    print("idle", flush=True)
    time.sleep(300)
    return held


main()
