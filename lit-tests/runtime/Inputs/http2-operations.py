"""What whoever runs a server relies on: metrics of all workers, the access log, readiness while it drains."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from serving import clear, say, server, until

folder = pathlib.Path(tempfile.mkdtemp())
log = folder / "access.log"


def metric(s, name):
    return int(re.search(rf"^{re.escape(name)} (\d+)$", clear(s, "/metrics"), re.M).group(1))


def status(s, path):
    return clear(s, path, "-o", "/dev/null", "-w", "%{http_code}")


def plain(line):
    """A line of the log without time and duration."""
    return re.sub(r"\[.*?\]", "[TIME]", re.sub(r" \d+\.\d{3}$", " DURATION", line))


with server(sys.argv[1], str(log)) as s:
    until(lambda: len(s.children()) == 3)
    time.sleep(0.3)
    say([clear(s, "/", "-A", 'a "b"\\', "-e", "from") for _ in range(20)].count("hello"), status(s, "/fails"))
    say("counted by any worker:", {metric(s, 'http2_requests_total{status="5xx"}') for _ in range(10)})
    seen = metric(s, 'http2_requests_total{status="2xx"}')
    say("requests:", seen, "histogram:", metric(s, "http2_request_duration_seconds_count") - seen - 1)
    leaving = ["curl", "-s", "--max-time", "0.3", "--http2-prior-knowledge", f"http://127.0.0.1:{s.port}/wait"]
    subprocess.run(leaving)
    time.sleep(0.2)
    say("of clients that left:", metric(s, 'http2_requests_total{status="none"}'))
    for worker in s.children():
        os.kill(worker, signal.SIGKILL)
    until(lambda: len(s.children()) == 3)
    time.sleep(0.3)
    say("kept when workers die:", metric(s, 'http2_requests_total{status="2xx"}') >= seen, metric(s, "http2_connections"))
    until(lambda: "/wait" in log.read_text())
    lines = log.read_text().splitlines()
    say(plain(lines[0]))
    say(plain(next(line for line in lines if "/fails" in line)))
    say(plain(next(line for line in lines if "/wait" in line)))
    say(len([line for line in lines if '"GET / HTTP' in line]))
    log.rename(folder / "old.log")
    s.signal(signal.SIGHUP)
    until(lambda: log.exists())
    time.sleep(0.5)  # every worker has opened it
    say("after SIGHUP:", clear(s, "/"), until(lambda: len(log.read_text().splitlines()) == 1))
    say("ready:", status(s, "/readyz"), status(s, "/livez"))
    s.signal(signal.SIGTERM)
    time.sleep(0.3)
    say("after SIGTERM:", status(s, "/readyz"), status(s, "/livez"), clear(s, "/"))
    say("later:", until(lambda: clear(s, "/").startswith("curl 7"), 5), s.wait())
shutil.rmtree(folder)
bad = subprocess.run([sys.argv[1], "/nowhere/access.log"], capture_output=True, text=True, timeout=30)
say(bad.returncode, re.search(r"error: (.*)", bad.stderr).group(1))
