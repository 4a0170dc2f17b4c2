"""50 MiB down and up at once, then files by curl; the server's peak memory stays small."""
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile

from peers import curl, listening, run

server, client = sys.argv[1:]
with listening(server) as port, tempfile.TemporaryDirectory() as folder:
    base = f"http://127.0.0.1:{port}"
    print(run(client, port, 800).splitlines()[-1])
    file = pathlib.Path(folder) / "upload"
    file.write_bytes(bytes(range(256)) * 40000)
    answer = json.loads(curl(base + "/upload", "-T", str(file)))
    print(answer["bytes"], answer["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest())
    curl(base + "/download/160", "-o", str(file))
    answer = json.loads(curl(base + "/upload", "-T", str(file)))
    print(answer["bytes"], answer["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest())
    pid = subprocess.run(["pgrep", "-f", server], capture_output=True, text=True).stdout.split()[0]
    peak = int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1))
    print("peak below 64 MiB:", peak < 65536 or peak)
