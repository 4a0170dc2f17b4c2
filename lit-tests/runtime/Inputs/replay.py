"""Runs a simulated program again with the seed that its report names: it must fail in the same words."""

import os
import re
import subprocess
import sys

app, report = sys.argv[1:]
text = open(report).read()
seed = re.search(r"VALK_SIM=(\S+) runs it again", text).group(1)
again = subprocess.run([app], capture_output=True, text=True, env={**os.environ, "VALK_SIM": seed})
assert again.returncode == 1, again
assert again.stderr.splitlines()[0] == text.splitlines()[0], again.stderr
