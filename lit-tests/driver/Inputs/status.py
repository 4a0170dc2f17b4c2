"""Runs a command and succeeds if it ends with the given status: status.py STATUS COMMAND…"""

import subprocess
import sys

status = subprocess.run(sys.argv[2:]).returncode
sys.stdout.flush()
if status != int(sys.argv[1]):
    sys.exit(f"status {status}, expected {sys.argv[1]}: {' '.join(sys.argv[2:])}")
