"""What tests of servers share: a compiled program that prints its port first, its workers, and curl."""

import contextlib
import os
import pathlib
import subprocess
import sys
import time


class Server:
    def __init__(self, *command, **more):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)
        self.port = int(self.process.stdout.readline())
        self.pid = self.process.pid

    def children(self):
        """The workers, or the program itself if it has none."""
        text = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return sorted(map(int, text.split())) or [self.pid]

    def signal(self, number):
        os.kill(self.pid, number)

    def end(self, number, seconds=30):
        """Sends a signal and waits: the exit status. What it wrote is kept in `output` and `errors`."""
        self.signal(number)
        return self.wait(seconds)

    def wait(self, seconds=30):
        try:
            self.output, self.errors = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "killed: it did not end"
        return self.process.returncode


def curl(url, *options):
    """What curl prints, without its progress; on failure its message."""
    done = subprocess.run(["curl", "-sS", "-k", "--max-time", "30", *options, url], capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else f"curl {done.returncode}: {done.stderr.strip()}"


def clear(server, path, *options):
    return curl(f"http://127.0.0.1:{server.port}{path}", "--http2-prior-knowledge", *options)


def until(condition, seconds=10):
    """Waits for a condition: whether it came."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def say(*words):
    print(*words, flush=True)


@contextlib.contextmanager
def server(*command, **more):
    s = Server(*(command or [sys.argv[1]]), **more)
    try:
        yield s
    finally:
        if s.process.poll() is None:
            s.process.kill()
            s.process.wait()
