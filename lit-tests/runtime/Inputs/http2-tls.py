"""TLS as a server sees it: versions, ALPN, ciphers, resumption, certificates by name, new ones at SIGHUP."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from serving import curl, say, server, until

folder = pathlib.Path(tempfile.mkdtemp())


def make_certificate(file, *names):
    """A certificate with its key in one file; the first name is the subject too."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
        + ["-subj", f"/CN={names[0]}", "-addext", "subjectAltName=" + ",".join(f"DNS:{n}" for n in names)]
        + ["-keyout", folder / "key", "-out", folder / "cert"],
        check=True,
        capture_output=True,
    )
    text = (folder / "cert").read_text() + (folder / "key").read_text()
    (folder / "new").write_text(text)
    os.replace(folder / "new", folder / file)


def client(s, *options, alpn="h2"):
    """What s_client writes of one connection."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{s.port}", *options] + (["-alpn", alpn] if alpn else [])
    done = subprocess.run(command, input="", capture_output=True, text=True, timeout=30)
    return done.stdout + done.stderr


def outcome(text):
    if alert := re.search(r"alert (no application protocol|protocol version|handshake failure)", text):
        return "refused: " + alert.group(1)
    version = re.search(r"(?:New|Reused), (TLSv[0-9.]+), Cipher is (\S+)", text)
    return f"{version.group(1)} {version.group(2)}" if version and "ALPN protocol: h2" in text else "failed"


def subject(s, *options):
    return re.search(r"subject=CN = (\S+)", client(s, *options)).group(1)


def resumed(s, version, count, pause=0.0):
    """How many of so many connections took the session of the first."""
    session = folder / "session"
    session.unlink(missing_ok=True)
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{s.port}", "-alpn", "h2", version, "-sess_out", session]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as first:
        # A ticket of TLS 1.3 comes after the handshake: stay until it has.
        until(lambda: session.exists() and b"END SSL" in session.read_bytes(), 30)
        first.stdin.close()
    time.sleep(pause)
    return sum("Reused, " in client(s, version, "-sess_in", str(session)) for _ in range(count))


make_certificate("a.pem", "a.test", "www.a.test")
make_certificate("b.pem", "*.b.test")
make_certificate("c.pem", "exact.b.test")
files = [str(folder / name) for name in ("a.pem", "b.pem", "c.pem")]
old = ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"]
with server(sys.argv[1], "1", *files) as s:
    say("TLS 1.1:", outcome(client(s, *old)))
    say("TLS 1.2:", outcome(client(s, "-tls1_2")))
    say("TLS 1.3:", outcome(client(s, "-tls1_3")))
    say("without ALPN:", outcome(client(s, alpn=None)))
    say("ALPN without h2:", outcome(client(s, alpn="http/1.1")))
    say("a cipher that HTTP/2 forbids:", outcome(client(s, "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256")))
    say("no ephemeral key:", outcome(client(s, "-tls1_2", "-cipher", "AES128-GCM-SHA256")))
    names = ("a.test", "www.a.test", "x.b.test", "exact.b.test", "y.x.b.test", "other.test")
    for name in names:
        say(f"for {name}: {subject(s, '-servername', name)}")
    say("for no name:", subject(s, "-noservername"))
    say("resumed:", resumed(s, "-tls1_2", 3), resumed(s, "-tls1_3", 3))
    say("reconnects:", client(s, "-reconnect", "-tls1_2").count("Reused, "))
    say("status", s.end(signal.SIGTERM))

with server(sys.argv[1], "4", *files) as s:
    until(lambda: len(s.children()) == 4)
    time.sleep(0.3)
    say("resumed by any worker:", resumed(s, "-tls1_2", 20), resumed(s, "-tls1_3", 20))
    session = folder / "session"
    url = f"https://127.0.0.1:{s.port}/slow"
    running = [subprocess.Popen(["curl", "-sSk", url], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    time.sleep(0.3)
    make_certificate("a.pem", "renewed.test")
    s.signal(signal.SIGHUP)
    # Each worker reads them in its own time.
    until(lambda: {subject(s, "-noservername") for _ in range(12)} == {"renewed.test"}, 60)
    say("after SIGHUP:", *{subject(s, "-noservername") for _ in range(12)})
    say("sessions go on:", sum("Reused, " in client(s, "-tls1_3", "-sess_in", str(session)) for _ in range(12)))
    say("connections too:", *[r.communicate()[0] for r in running])
    (folder / "b.pem").write_text("nonsense")
    s.signal(signal.SIGHUP)
    time.sleep(0.3)
    say("after a bad file:", *{subject(s, "-servername", "x.b.test") for _ in range(12)})
    say("still served:", curl(f"https://127.0.0.1:{s.port}/"))
    say("status", s.end(signal.SIGTERM))
    say(s.errors.splitlines()[0].replace(str(folder), "FOLDER"))

# A ticket is good for two periods at most, to all workers.
make_certificate("b.pem", "*.b.test")
with server(sys.argv[1], "2", *files, env={**os.environ, "TICKET_KEY_MS": "200"}) as s:
    until(lambda: len(s.children()) == 2)
    say("after its keys' time:", resumed(s, "-tls1_2", 4, pause=0.5), resumed(s, "-tls1_3", 4, pause=0.5))
    say("status", s.end(signal.SIGTERM))
shutil.rmtree(folder)
