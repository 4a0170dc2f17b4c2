"""Checks a trace (runtime/control/trace.h): complete JSON, known phases, everything properly nested.

  check_trace.py FILE [TEXT ...]     each TEXT must be the name of an event
"""

import collections
import json
import sys

events = json.load(open(sys.argv[1]))
begun, runs = {}, []
opened = collections.defaultdict(list)
names = collections.Counter()
for event in (e for e in events if e):
    names[event["name"]] += 1
    if event["ph"] == "X":
        runs.append((event["ts"], event["ts"] + event["dur"], event["cat"]))
    elif event["ph"] != "M":
        opened[event["id"]].append(event)

for task, own in opened.items():
    own.sort(key=lambda e: e["ts"])  # stable: the order of writing among equals
    stack = []
    for event in own:
        if event["ph"] == "b":
            assert stack or event is own[0], f"task {task}: {event} stands outside"
            stack.append(event["name"])
        else:
            assert event["ph"] == "e" and stack, f"task {task}: {event} ends nothing"
            assert stack.pop() == event["name"], f"task {task}: {event} crosses"
    assert not stack, f"task {task} never ends: {stack}"
    assert sum(e["ph"] == "b" and not e["name"].startswith("await ") for e in own) == 1, own

# Runs do not overlap, and a pause of the collector lies inside one or between two.
spans = sorted((t for t in runs if t[2] == "run"))
for (_, end, _), (start, _, _) in zip(spans, spans[1:]):
    assert end <= start + 0.001, f"runs overlap at {start}"
for start, end, _ in (t for t in runs if t[2] == "gc"):
    for run_start, run_end, _ in spans:
        assert end <= run_start + 0.001 or start >= run_end - 0.001 or \
            (run_start <= start + 0.001 and end <= run_end + 0.001), f"a pause crosses a run at {start}"

for text in sys.argv[2:]:
    assert names[text], f"no event is called {text!r}; there are {sorted(names)}"
print(f"{len(opened)} tasks, {len(spans)} runs, trace is sound")
