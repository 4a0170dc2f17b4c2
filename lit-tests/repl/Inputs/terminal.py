"""Talks to `valkc repl` through a terminal: terminal.py VALKC HOME. Fails if an answer does not come."""

import os
import pty
import re
import select
import sys
import time

PATIENCE = 60
CONTROL_C, CONTROL_D, UP = "\x03", "\x04", "\x1b[A"


class Terminal:
    def __init__(self, command, home):
        self.text = ""
        self.seen = 0
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="dumb", HOME=home)
            os.execv(command[0], command)

    def read(self, seconds):
        ready, _, _ = select.select([self.fd], [], [], seconds)
        try:
            data = os.read(self.fd, 4096) if ready else b""
        except OSError:  # the other side has closed it
            return False
        self.text += data.decode(errors="replace")
        return True

    def expect(self, pattern):
        """Waits until the pattern stands in what has come since the last one."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = re.compile(pattern, re.M).search(self.text, self.seen)
            if found:
                self.seen = found.end()
                return
            self.read(0.1)
        sys.exit(f"no {pattern!r} in {self.text[self.seen:]!r}\nafter {self.text[:self.seen]!r}")

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def line(self, text, answer=None):
        """Types a line at the prompt and waits for the answer, a whole line."""
        self.expect(r"valk> ")
        self.type(text + "\r")
        if answer is not None:
            self.expect("^" + answer + "\r?$")


def converse(t):
    t.line("(+ 1 2)", "3")
    t.line("(fun {twice x} {")
    t.expect(r"\.\.\.> ")
    t.type("(* 2 x)})\r")
    t.line("(twice 21)", "42")
    t.line("(await (async/sleep 1))")
    t.line("(await (async {:awaited}))", ":awaited")
    t.line(":type (twice 1)", ":integer")
    t.line(":help", ".*:emit STAGE EXPR.*")
    t.line(":emit cps (twice 3)", r".*\(call twice \(3\) return\).*|.*global-get @twice.*")
    t.line("(vec/ma\t 2 :x)", r"\[:x :x\]")  # completion
    t.line("(def {n} 1)")
    t.line("(set! {n} (+ n 1))")
    t.line(UP)  # history: the same once more
    t.line("n", "3")
    t.line("(repr \"é\")", '"\\\\"é\\\\""')
    # What runs, what waits, and what is being typed can be interrupted.
    t.line("(fun {endless} {(endless)})")
    t.line("(endless)")
    time.sleep(0.5)
    t.type(CONTROL_C)
    t.expect(r"interrupted")
    t.line("(try (endless) (catch {e} (endless)))")
    time.sleep(0.5)
    t.type(CONTROL_C)
    t.expect(r"interrupted")
    t.line("(await (async/sleep 1000000))")
    time.sleep(0.5)
    t.type(CONTROL_C)
    t.expect(r"interrupted")
    t.expect(r"valk> ")
    t.type("(this is not ")
    time.sleep(0.5)
    t.type(CONTROL_C)
    t.line("(+ 20 3)", "23")
    t.line("(this\r")
    t.expect(r"\.\.\.> ")
    t.type(CONTROL_C)
    t.line("(+ 20 4)", "24")
    t.line("(nope 1)", r".*error: nope has no value")
    t.line("(+ 20 5)", "25")
    t.expect(r"valk> ")
    t.type(CONTROL_D)
    while t.read(1):
        pass


def main():
    valkc, home = sys.argv[1:]
    os.makedirs(home, exist_ok=True)
    terminal = Terminal([valkc, "repl"], home)
    converse(terminal)
    _, status = os.waitpid(terminal.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"status {status}")
    if "(twice 21)" not in open(home + "/.valkc_history").read().replace("\\040", " "):
        sys.exit("no history was kept")
    print("all answers came")


main()
