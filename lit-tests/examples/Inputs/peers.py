"""Starting what an example needs: programs compiled from Lisp that say `listening on PORT`, and real peers.

A test is a `with` around them; whatever happens, no process is left behind.
"""

import contextlib
import os
import re
import socket
import subprocess
import sys
import time

PATIENCE = 30  # seconds for a server to come up, or a command to end


def environment(extra):
    return {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin", **{k: str(v) for k, v in extra.items()}}


@contextlib.contextmanager
def listening(program, **extra):
    """A compiled server; gives its port."""
    process = subprocess.Popen([program], env=environment({"PORT": 0, **extra}), stdout=subprocess.PIPE,
                               text=True, stdin=subprocess.DEVNULL)
    try:
        line = process.stdout.readline()
        match = re.match(r"listening on (\d+)", line)
        if not match:
            sys.exit(f"{program} said {line!r}")
        yield int(match.group(1))
    finally:
        stop(process)


@contextlib.contextmanager
def peer(command, port):
    """Another server, which is there when its port answers."""
    process = subprocess.Popen(list(map(str, command)), env=environment({}), stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                if time.monotonic() > until or process.poll() is not None:
                    sys.exit(f"{command[0]} does not listen")
                time.sleep(0.05)
        yield process
    finally:
        stop(process)


def stop(process):
    process.kill()
    process.wait()


def run(*command, **extra):
    """Runs to the end and gives the output; ends the test if it fails."""
    done = subprocess.run(list(map(str, command)), env=environment(extra), capture_output=True, text=True,
                          timeout=2 * PATIENCE, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        sys.exit(f"{command[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def curl(url, *options):
    return run("curl", "-sS", "--http2-prior-knowledge", *options, url)
