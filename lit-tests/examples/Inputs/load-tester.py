"""The load tester against nghttpd, and h2load against the same."""
import pathlib
import re
import sys
import tempfile

from free_ports import free_port
from peers import peer, run

with tempfile.TemporaryDirectory() as folder:
    (pathlib.Path(folder) / "index.html").write_text("hello\n")
    port = free_port()
    with peer(["nghttpd", "-a", "127.0.0.1", "--no-tls", "-d", folder, port], port):
        url = f"http://127.0.0.1:{port}/"
        ours = run(sys.argv[1], url, 5000, 4, 10)
        theirs = run("h2load", "-n", 5000, "-c", 4, "-m", 10, url)
        print(ours.splitlines()[0])
        print(re.search(r"\d+ succeeded", theirs).group())
        print("a rate:", int(re.search(r"per second (\d+)", ours).group(1)) > 0)
        print("all in the histogram:", sum(map(int, re.findall(r"us\s+(\d+) #*$", ours, re.M))))
