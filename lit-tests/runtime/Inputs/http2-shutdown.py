"""Shutdown: downloads in flight end within the grace period, new connections are refused, idle ones are told
by two GOAWAY frames; what is left after the grace period, or at a second signal, is cancelled."""

import hashlib
import signal
import socket
import subprocess
import sys
import time

from serving import say, server, until

SIZE = 8 << 20
SUM = hashlib.sha256(b"x" * SIZE).hexdigest()


def downloads(s, scheme, tool):
    """Five slow downloads: processes that give the body."""
    url = f"{scheme}://127.0.0.1:{s.port}/large"
    commands = {
        "curl": ["curl", "-sS", "-k", "--http2-prior-knowledge", "--limit-rate", "8M", url],
        "nghttp": ["nghttp", "-m5", "-w15", "-W15", url],  # five streams of one connection, small windows
    }
    count = 5 if tool == "curl" else 1
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    return [subprocess.Popen(commands[tool], **quiet) for _ in range(count)]


def whole(processes):
    """How many bodies are complete and right; those of one connection come mixed, which cannot be seen."""
    data = b"".join(p.communicate()[0] for p in processes)
    return sum(hashlib.sha256(data[i : i + SIZE]).hexdigest() == SUM for i in range(0, len(data), SIZE))


def refused(s):
    try:
        socket.create_connection(("127.0.0.1", s.port)).close()
        return False
    except ConnectionRefusedError:
        return True


def goaways(s):
    """The GOAWAY frames that an idle connection gets: (last stream, code), and whether it is then closed."""
    peer = socket.create_connection(("127.0.0.1", s.port))
    peer.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
    time.sleep(0.2)
    s.signal(signal.SIGTERM)
    data, found = b"", []
    while chunk := peer.recv(65536):
        data += chunk
        while len(data) >= 9 and len(data) >= 9 + (length := int.from_bytes(data[:3], "big")):
            kind, payload = data[3], data[9 : 9 + length]
            if kind == 7:
                found.append((int.from_bytes(payload[:4], "big"), int.from_bytes(payload[4:8], "big")))
            if kind == 6 and not data[4] & 1:  # PING
                peer.sendall(bytes([0, 0, 8, 6, 1, 0, 0, 0, 0]) + payload)
            data = data[9 + length :]
    return found


for tls, scheme in (("0", "http"), ("1", "https")):
    for tool in ("curl", "nghttp"):
        with server(sys.argv[1], tls, "10000") as s:
            running = downloads(s, scheme, tool)
            time.sleep(0.3)
            s.signal(signal.SIGTERM)
            stopped = until(lambda: refused(s), 2)
            say(f"{scheme}, {tool}: {whole(running)} downloads complete, no more accepted {stopped}, status {s.wait()}")

with server(sys.argv[1], "0", "10000") as s:
    say("GOAWAY:", goaways(s), "status", s.wait())

for name, second in (("the grace period", False), ("a second signal", True)):
    with server(sys.argv[1], "0", "60000" if second else "500") as s:
        url = f"http://127.0.0.1:{s.port}/wait"
        waiting = subprocess.Popen(["nghttp", "-v", url], stdout=subprocess.PIPE, text=True)
        time.sleep(0.3)
        began = time.monotonic()
        s.signal(signal.SIGTERM)
        time.sleep(0.1)
        status = s.end(signal.SIGTERM) if second else s.wait()
        say(f"{name} cancels: status {status},", "in time" if time.monotonic() - began < 2 else "late", s.output.strip())
        say(" ", "CANCEL" if "error_code=CANCEL" in waiting.communicate()[0] else "cut without a word")
