"""The gateway with upstreams that are quick, slow and absent."""
import json
import sys
import time

from free_ports import free_port
from peers import curl, listening

gateway, upstream = sys.argv[1:]
with listening(upstream, DELAY_MS=1) as quick, listening(upstream, DELAY_MS=60000) as slow:
    upstreams = " ".join(f"http://127.0.0.1:{port}" for port in (quick, slow, free_port()))
    with listening(gateway, UPSTREAMS=upstreams, DEADLINE_MS=400) as port:
        begun = time.monotonic()
        answer = json.loads(curl(f"http://127.0.0.1:{port}/price/tea"))
        took = time.monotonic() - begun
        print("arrived", answer["arrived"], "waited for the deadline only:", 0.4 <= took < 10)
        print(answer["answers"][0]["value"])
        for part in answer["answers"][1:]:
            print("missing:", part["missing"].split(":")[-1].strip())
