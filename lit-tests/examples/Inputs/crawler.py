"""The crawler on a site of 40 pages with one broken link."""
import pathlib
import sys
import tempfile

from free_ports import free_port
from peers import peer, run

with tempfile.TemporaryDirectory() as folder:
    site = pathlib.Path(folder)
    for i in range(40):
        links = [f"/{2 * i + 1}.html", f"/{2 * i + 2}.html"] if i < 19 else ["/index.html#top"]
        if i == 7:
            links.append("/gone.html")
        text = "".join(f'<a href="{link}">x</a>\n' for link in links if link != "/39.html")
        (site / ("index.html" if i == 0 else f"{i}.html")).write_text(text)
    port = free_port()
    with peer(["nghttpd", "-a", "127.0.0.1", "--no-tls", "-d", folder, port], port):
        lines = run(sys.argv[1], f"http://127.0.0.1:{port}/index.html", 4).splitlines()
        print(lines[0])
        print("\n".join(lines[-2:]))
