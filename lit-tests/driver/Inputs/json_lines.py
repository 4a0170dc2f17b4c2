"""Reads one JSON object a line and prints the diagnostics' codes: fails on anything else."""

import json
import sys

for line in sys.stdin:
    print(json.loads(line)["code"])
