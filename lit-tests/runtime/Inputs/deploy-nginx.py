"""docs/deploy.md: nginx in front of two instances, which are replaced one after the other under load, and no
request fails. Usage: deploy-nginx.py PROGRAM docs/deploy.md"""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from free_ports import free_ports
from serving import curl, say, until

folder = pathlib.Path(tempfile.mkdtemp())
BAD = re.compile(r"(\d+) failed, (\d+) errored, (\d+) timeout")


def is_open(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
        return True
    except OSError:
        return False


def start(port, admin):
    more = {"PORT": str(port), "ADMIN_PORT": str(admin), "WORKERS": "2"}
    log = open(folder / f"access-{port}", "a")
    process = subprocess.Popen([sys.argv[1]], stdout=log, stderr=log, env=os.environ | more)
    assert until(lambda: is_open(port)), "an instance does not start"
    return process


def start_nginx(text, port, first, second):
    """nginx with the configuration of the page, on other ports and with other files."""
    for old, new in (("8443", port), ("8081", first), ("8082", second), ("/etc/service", folder)):
        assert str(old) in text, old
        text = text.replace(str(old), str(new))
    paths = "".join(f"{kind}_temp_path {folder}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; "
        # h2load does not connect again when nginx ends a connection after so many requests.
        f"events {{}} http {{ access_log off; keepalive_requests 1000000; {paths}\n{text}}}"
    )
    process = subprocess.Popen(["nginx", "-p", folder, "-c", folder / "nginx.conf"], stderr=subprocess.DEVNULL)
    assert until(lambda: is_open(port)), "nginx does not start"
    return process


def make_certificate():
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        + ["-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True,
        capture_output=True,
    )


def load(url, *options):
    """Requests for six seconds, on connections that stay: h2load, to be read when it ends."""
    command = ["h2load", "-D", "6", "-c", "8", "-m", "4", "--rps", "60", *options, url]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def verdict(process):
    output = process.communicate(timeout=60)[0]
    failed = sum(map(int, BAD.search(output).groups()))
    statuses = list(map(int, re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", output).groups()))
    return failed + sum(statuses[1:]), statuses[0]


make_certificate()
page = pathlib.Path(sys.argv[2]).read_text()
front, first, second, *admin = free_ports(5)
instances = [start(first, admin[0]), start(second, admin[1])]
nginx = start_nginx(re.search(r"```nginx\n(.*?)```", page, re.S).group(1), front, first, second)
try:
    url = f"https://127.0.0.1:{front}"
    say(curl(url + "/hello/you"))
    say(curl(url + "/sum", "-d", "[1, 2, 3.5]"))
    say(curl(url + "/sum", "-d", "{}", "-o", "/dev/null", "-w", "%{http_code}"))
    say(curl(url + "/readyz").strip())
    say(curl(url + "/countdown/1").replace("\n", "|"))
    (folder / "body").write_text("[1, 2, 3]")
    under_load = [load(url + "/hello/you"), load(url + "/sum", "-d", str(folder / "body"))]
    for i, port in enumerate((first, second)):
        time.sleep(1)
        instances[i].send_signal(signal.SIGTERM)
        say("an instance ends with", instances[i].wait(30))
        instances[i] = start(port, admin[i])
    bad, good = map(sum, zip(*map(verdict, under_load)))
    say("requests that failed:", bad, "- others:", "many" if good > 500 else good)
    lines = sum(len((folder / f"access-{p}").read_text().splitlines()) for p in (first, second))
    say("the log has them:", lines >= good)
    metrics = curl(f"http://127.0.0.1:{admin[0]}/", "--http2-prior-knowledge")
    say("metrics:", int(re.search(r'http2_requests_total{status="2xx"} (\d+)', metrics).group(1)) > 100)
finally:
    nginx.terminate()
    for instance in instances:
        instance.terminate()
    say("nginx ends with", nginx.wait(30), "instances with", *[i.wait(30) for i in instances])
    shutil.rmtree(folder)
