"""Workers: all of them serve; those that die, by a signal or an error, are replaced, and one that is told to
end drains first; signals are passed on; workers without supervisor end."""

import os
import signal
import subprocess
import sys
import time

from serving import clear, say, server, until


def pids(s):
    return {int(clear(s, "/pid")) for _ in range(40)}


def restarts(s, kill):
    """A worker is gone and another is there."""
    before = s.children()
    kill(before[0])
    return until(lambda: len(s.children()) == 3 and before[0] not in s.children())


def slow(s):
    return subprocess.Popen(
        ["curl", "-sS", "--http2-prior-knowledge", f"http://127.0.0.1:{s.port}/slow"], stdout=subprocess.PIPE, text=True
    )


with server() as s:
    until(lambda: len(s.children()) == 3)
    time.sleep(0.3)
    say("all of them serve:", pids(s) == set(s.children()))
    say("one that is killed is replaced:", restarts(s, lambda pid: os.kill(pid, signal.SIGKILL)))
    say("one that exits with 3 is replaced:", restarts(s, lambda pid: clear(s, "/exit")) or len(s.children()) == 3)
    waiting = [slow(s) for _ in range(6)]
    time.sleep(0.3)
    say("one that is told to end is replaced:", restarts(s, lambda pid: os.kill(pid, signal.SIGTERM)))
    say("and answers first:", [w.communicate()[0] for w in waiting] == ["slow"] * 6)
    s.signal(signal.SIGUSR2)
    time.sleep(0.3)
    say("signals of the program's own are passed on:", clear(s, "/usr2"))
    waiting = [slow(s) for _ in range(6)]
    time.sleep(0.3)
    say("SIGTERM drains, status", s.end(signal.SIGTERM))
    say("and all are answered:", [w.communicate()[0] for w in waiting] == ["slow"] * 6)
    say("\n".join(sorted(" ".join(line.split()[:2] + line.split()[3:]) for line in s.errors.splitlines() if line.startswith("valk:"))))

# What service managers do: all the processes of the group are sent SIGTERM.
with server(sys.argv[1], start_new_session=True) as s:
    until(lambda: len(s.children()) == 3)
    time.sleep(0.3)
    waiting = [slow(s) for _ in range(6)]
    time.sleep(0.3)
    os.killpg(s.pid, signal.SIGTERM)
    say("SIGTERM to the group drains, status", s.wait())
    say("and all are answered:", [w.communicate()[0] for w in waiting] == ["slow"] * 6)

with server() as s:
    until(lambda: len(s.children()) == 3)
    time.sleep(0.3)
    waiting = slow(s)
    time.sleep(0.3)
    began = time.monotonic()
    s.signal(signal.SIGINT)
    time.sleep(0.1)
    say("a second signal is now, status", s.end(signal.SIGINT), time.monotonic() - began < 0.7)
    waiting.communicate()

with server() as s:
    until(lambda: len(s.children()) == 3)
    time.sleep(0.3)
    workers = s.children()
    s.process.kill()
    say("without supervisor they end:", until(lambda: not any(os.path.exists(f"/proc/{w}") for w in workers)))

busy = subprocess.run([sys.argv[1], "twice"], capture_output=True, text=True, timeout=60)
say("a port that is taken:", busy.stdout.strip())
early = subprocess.run([sys.argv[1], "fail"], capture_output=True, text=True, timeout=60)
say("workers that cannot start: status", early.returncode, "giving up" in early.stderr)
with server(sys.argv[1], "stop") as s:
    say("workers that stop by themselves: status", s.wait(), s.errors.count("valk: worker"))
