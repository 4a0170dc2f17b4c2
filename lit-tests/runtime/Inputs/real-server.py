"""Runs commands beside a real HTTP/2 server over TLS, whose certificate a CA made here has signed.

  real-server.py nghttpd|nginx|node COMMAND [ARG …] [-- COMMAND [ARG …]]…

The commands run one after another with HOST, PORT and SSL_CERT_FILE in their environment, and
{HOST} and {PORT} in their arguments; each one's output follows a line with its name. A command that
begins with `untrusted` runs without the CA. The exit status is not 0 if the server did not start; the commands' own are printed when they are not 0.
"""

import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

from free_ports import free_port

NGINX = """daemon off; pid {work}/nginx.pid; error_log {work}/error.log; user root; worker_processes 1;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {work}/b; proxy_temp_path {work}/p;
  fastcgi_temp_path {work}/f; uwsgi_temp_path {work}/u; scgi_temp_path {work}/s;
  server {{
    listen 127.0.0.1:{port} ssl http2; root {work}/www;
    ssl_certificate {work}/server.pem; ssl_certificate_key {work}/server.key;
  }}
}}
"""
NODE = """const fs = require('fs');
require('http2').createSecureServer({{key: fs.readFileSync('{work}/server.key'),
  cert: fs.readFileSync('{work}/server.pem')}}, (request, response) => response.end('hello from node\\n'))
  .listen({port}, '127.0.0.1');
"""


def openssl(work, *arguments):
    subprocess.run(["openssl", *arguments], cwd=work, check=True, capture_output=True)


def make_certificates(work):
    openssl(work, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test CA",
            "-keyout", "ca.key", "-out", "ca.pem")
    openssl(work, "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
            "-keyout", "server.key", "-out", "server.csr")
    (work / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1")
    openssl(work, "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "2", "-out", "server.pem", "-extfile", "names")


def server_command(kind, work, port):
    if kind == "nghttpd":
        return ["nghttpd", "--address=127.0.0.1", "-d", work / "www", str(port), work / "server.key",
                work / "server.pem"]
    if kind == "nginx":
        (work / "nginx.conf").write_text(NGINX.format(work=work, port=port))
        return ["nginx", "-c", work / "nginx.conf", "-p", work]
    (work / "server.js").write_text(NODE.format(work=work, port=port))
    return ["node", work / "server.js"]


def wait_for(port, server):
    for _ in range(200):
        if server.poll() is not None:
            sys.exit(f"the server ended with {server.returncode}")
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
    sys.exit("the server does not listen")


def run(command, work, port):
    environment = {**os.environ, "HOST": "localhost", "PORT": str(port), "SSL_CERT_FILE": str(work / "ca.pem")}
    if command[0] == "untrusted":
        command = command[1:]
        del environment["SSL_CERT_FILE"]
    print(f"-- {pathlib.Path(command[0]).name}", flush=True)
    command = [word.format(**environment) for word in command]
    done = subprocess.run(command, env=environment, timeout=60, capture_output=True,
                          stdin=subprocess.DEVNULL, text=True)
    print(done.stdout, end="")
    if done.returncode != 0:
        print(f"exit status {done.returncode}\n{done.stderr}")


def main():
    kind, commands = sys.argv[1], [[]]
    for word in sys.argv[2:]:
        commands.append([]) if word == "--" else commands[-1].append(word)
    os.environ["PATH"] += ":/usr/sbin"
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        work.chmod(0o755)
        make_certificates(work)
        (work / "www").mkdir()
        (work / "www" / "index.html").write_text(f"hello from {kind}\n")
        port = free_port()
        server = subprocess.Popen(server_command(kind, work, port), stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        try:
            wait_for(port, server)
            for command in commands:
                run(command, work, port)
        finally:
            server.terminate()
            server.wait(10)


main()
