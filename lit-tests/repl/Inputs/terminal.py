"""Talks to `valkc repl` through a terminal: terminal.py VALKC HOME. Fails if an answer does not come."""

import os
import pty
import re
import select
import signal
import sys
import termios
import time

PATIENCE = 60  # seconds
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

    def prompt(self, pattern=r"valk> "):
        """Waits for the prompt, and until keys go to the editor: the terminal itself would take ^D and ^C."""
        self.expect(pattern)
        end = time.monotonic() + PATIENCE
        while termios.tcgetattr(self.fd)[3] & termios.ICANON:
            if time.monotonic() > end:
                sys.exit(f"nothing reads after {self.text!r}")
            time.sleep(0.01)

    def wait_for_end(self):
        """Its exit status."""
        end = time.monotonic() + PATIENCE
        while self.read(1):
            if time.monotonic() > end:
                sys.exit(f"it does not end after {self.text!r}")
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def line(self, text, answer=None):
        """Types a line at the prompt and waits for the answer, a whole line."""
        self.prompt()
        self.type(text + "\r")
        if answer is not None:
            self.expect("^" + answer + "\r?$")


def converse(t):
    t.line("(+ 1 2)", "3")
    t.line("(fun {twice x} {")
    t.prompt(r"\.\.\.> ")
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
    t.prompt()
    t.type("(this is not ")
    t.expect("is not ")
    t.type(CONTROL_C)
    t.line("(+ 20 3)", "23")
    t.line("(this")
    t.prompt(r"\.\.\.> ")
    t.type(CONTROL_C)
    t.line("(+ 20 4)", "24")
    t.line("(nope 1)", r".*error: nope has no value")
    t.line("(+ 20 5)", "25")
    # Stopped and continued, as a shell does it, the editor goes on with what was typed.
    t.prompt()
    t.type("(+ 20 ")
    t.expect(r"\(\+ 20 ")
    os.kill(t.pid, signal.SIGSTOP)
    settings = termios.tcgetattr(t.fd)
    settings[3] |= termios.ICANON | termios.ECHO
    termios.tcsetattr(t.fd, termios.TCSANOW, settings)
    os.kill(t.pid, signal.SIGCONT)
    t.prompt(r"\(\+ 20 ")
    t.type("6)\r")
    t.expect("^26\r?$")
    # An interrupt that comes as soon as the line has been read is for its evaluation.
    for _ in range(20):
        t.line("(endless)")
        t.expect(r"\(endless\)\r\n")
        t.type(CONTROL_C)
        t.expect(r"interrupted")
    t.prompt()
    t.type(CONTROL_D)


def main():
    valkc, home = sys.argv[1:]
    os.makedirs(home, exist_ok=True)
    terminal = Terminal([valkc, "repl"], home)
    converse(terminal)
    status = terminal.wait_for_end()
    if status != 0:
        sys.exit(f"status {status}")
    if "(twice 21)" not in open(home + "/.valkc_history").read().replace("\\040", " "):
        sys.exit("no history was kept")
    print("all answers came")


main()
