"""Runs APP with a trace, in ways in which it does not come to its end: by signals from outside, by (exit);
with many tasks, whose trace must not be kept in memory. Every trace must be complete JSON."""

import json
import os
import resource
import signal
import subprocess
import sys
import time

app, trace = sys.argv[1:]
environment = {**os.environ, "VALK_TRACE": trace}
# The sanitizers would take the signal for themselves.
environment["ASAN_OPTIONS"] = environment.get("ASAN_OPTIONS", "") + ":handle_segv=0"

for number in (signal.SIGTERM, signal.SIGSEGV, signal.SIGABRT):
    if os.path.exists(trace):
        os.unlink(trace)
    process = subprocess.Popen([app, "wait"], env=environment, stdout=subprocess.PIPE)
    while b"1 4 9" not in process.stdout.readline():
        pass
    time.sleep(0.05)
    process.send_signal(number)
    assert process.wait(20) == -number, f"signal {number} did not end it"
    events = json.load(open(trace))
    assert any(e.get("name") == "await async/sleep" for e in events), events

done = subprocess.run([app, "many"], env={**environment, "VALK_TRACE": "/dev/null"}, capture_output=True)
assert done.returncode == 0, done
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
limit = int(os.environ.get("PEAK_KIB", 60000))
assert peak < limit, f"{peak} KiB"
