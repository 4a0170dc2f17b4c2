"""The dashboard in headless Chromium, by the WebDriver protocol: waits for live values, checks them, takes a
picture. dashboard.py PROGRAM PAGE PICTURE"""
import base64
import json
import pathlib
import sys
import time
import urllib.request

from free_ports import free_port
from peers import listening, peer

program, page, picture = sys.argv[1:]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--ignore-certificate-errors", "--window-size=1000,640"]


class Browser:
    """One session of a driver."""

    def __init__(self, port):
        self.base = f"http://127.0.0.1:{port}"
        session = self.ask("/session", {"capabilities": {"alwaysMatch": {
            "acceptInsecureCerts": True, "goog:chromeOptions": {"args": FLAGS}}}})
        self.base += "/session/" + session["sessionId"]

    def ask(self, path, body=None, method=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"content-type": "application/json"},
                                         method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def script(self, text):
        return self.ask("/execute/sync", {"script": text, "args": []})

    def wait(self, text):
        until = time.monotonic() + 30
        while time.monotonic() < until:
            if value := self.script("return " + text):
                return value
            time.sleep(0.1)
        sys.exit(f"the page never had {text}: {self.script('return document.body.innerText')}")


driver_port = free_port()
with listening(program, PAGE=page) as port, peer(["chromedriver", f"--port={driver_port}"], driver_port):
    browser = Browser(driver_port)
    try:
        browser.ask("/url", {"url": f"https://localhost:{port}/"})
        number = "Number.parseFloat(document.getElementById('%s').textContent)"
        browser.wait("document.getElementById('state').textContent == 'live'")
        print("protocol", browser.script("return performance.getEntriesByType('navigation')[0].nextHopProtocol"))
        print("tasks at least", 20 if browser.wait(number % "tasks" + " >= 20") else 0)
        first = browser.wait(number % "collections" + " > 0 && " + number % "collections")
        print("it is live:", browser.wait(number % "collections" + f" > {first}"))
        print("points drawn:", browser.wait("document.querySelector('polyline').getAttribute('points')"
                                            ".split(' ').length > 8"))
        pathlib.Path(picture).write_bytes(base64.b64decode(browser.ask("/screenshot")))
    finally:
        browser.ask("", method="DELETE")
