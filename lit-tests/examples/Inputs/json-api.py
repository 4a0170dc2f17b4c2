"""The JSON API, as curl sees it."""
import json
import sys

from peers import curl, listening

with listening(sys.argv[1]) as port:
    base = f"http://127.0.0.1:{port}"
    note = json.loads(curl(base + "/notes", "-d", '{"title": "milk"}'))
    print(note)
    print(curl(base + "/notes", "-d", '{"titel": "milk"}', "-w", "%{http_code} %{http_version}"))
    print(json.loads(curl(base + "/notes"))["notes"] == [note])
    print(curl(base + "/notes/1", "-X", "DELETE", "-w", "%{http_code}"))
