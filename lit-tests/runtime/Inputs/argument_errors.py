"""Writes a program that calls every builtin and library function with something wrong in each position and looks
at the error: argument_errors.py VALKC RUNTIME MODE [FIRST LAST]

What a parameter takes stands in runtime/prims/arguments.def. The error's message must name the function that was
called, as it was called, the argument, and what it must be. A function with a parameter that the table does not
know, and a kind without a sample here, are errors of this test.

MODE is `call` (compiled calls), `eval` (a program that reads calls from the file that it is given and evaluates
them) or `rows` (that file). FIRST and LAST, percent of the calls, cut the program into pieces.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

# A form and a macro.
LEFT_OUT = {"load", "gen/for"}

# An expression of each kind, and of what else it is one.
SAMPLES = {
    "integer": ("7", "number size duration count bytes exit_status port amount offset awaited"),
    "string": ('"text"', "measurable response json body url_path signal url"),
    "list": ("'(1 two)", "measurable response json"),
    "function": ("one", "awaitable body options"),
    "vector": ("(vec 1)", "measurable"),
    "symbol": ("'sym", ""),
    "number": ("2.5", "duration"),
}
# Of other kinds: what stands in the positions that are not tried.
OTHERS = {
    "any": "1", "function": "many", "block": "{1}", "options": "nil", "strings": "nil", "functions": "nil", "fields": "nil", "routes": "nil",
    "tests": "nil", "awaitables": "nil", "awaitable": "done", "count": "1", "size": "1", "duration": "1",
    "bytes": "10", "amount": "1", "offset": "0", "port": "1", "exit_status": "1", "failure_status": "404",
    "response_status": "200", "url_path": '"/"', "measurable": "nil", "response": '"text"', "json": "1",
    "body": '"text"', "key": "1", "keyword": ":kind", "signal": '"SIGUSR2"', "sent": "1", "ref": "(ref 1)", "table": "(table)", "sem": "(sem 1)",
    "generator": "(generator one)", "error": "failure", "digest": "(sha256/start)", "task": "done",
    "chan": "(chan 1)", "future": "(future)", "file": "a-file", "process": "a-process",
    "signal_handle": "a-signal", "tcp_connection": "a-connection", "tcp_server": "a-tcp-server",
    "client": "a-client", "server": "a-server", "request": "a-request", "sent_request": "a-sent-request",
    "received": "a-response", "url": '"http://127.0.0.1/"', "writer": "a-writer",
}
# Of the right type, but not in range.
OUT_OF_RANGE = {
    "count": "0", "size": "-1", "duration": "-1", "bytes": "-1", "amount": "0", "offset": "-1", "port": "70000",
    "exit_status": "256", "failure_status": "200", "response_status": "600", "url_path": '"a"',
    "options": "'(:nonsense 1)", "signal": '"SIGNONSENSE"',
}
# Where nearly anything will do.
ALL_THAT_IS_WRONG = {"key": "(table)", "sent": "nil", "json": "one"}

PRELUDE = """
(fun {one x} {x})
(def {failure} (try (error "kept") (catch {e} e)))
(def {done} (async {1}))
(await done)
(def {tried} (ref 0))
(def {wrong} (ref 0))
(fun {count r} {ref/set! r (+ 1 (ref/get r))})
(fun {many & xs} {nil})
(fun {finish v} {if (or (function? v) (== (type v) :future)) {await v} {v}})
(fun {attempt text start f} {
  (count tried)
  (= {end} (try {list 1 (await (async/timeout 1000 {finish (f)}))} (catch {e} (list 0 e))))
  (= {message} (if (fst end) {"no error"} {error/message (snd end)}))
  (if (str/starts? message start) {nil} {do (count wrong) (print "WRONG" text "=>" message)})})
(def {a-file a-process a-signal a-connection a-tcp-server a-client a-server a-request a-sent-request a-response
      a-writer} nil nil nil nil nil nil nil nil nil nil nil)
"""

# The calls are made while the body of a response is written, where there are a request and a writer.
RUN = """
(def {complete} (chan 1))
(fun {try-writing writer} {do
  (def {a-writer} writer)
  (await (chan/recv complete))
  (try-all)
  (print "tried" (ref/get tried) "wrong" (ref/get wrong))
  (exit 0)})
(def {a-server} (http2/listen {:port 0 :tls 0} (\\ {request} {do
  (def {a-request} request)
  (list :body try-writing)})))
(def {a-tcp-server} (tcp/listen {:port 0} (\\ {connection} {await (async/never)})))
(def {a-connection} (await (tcp/connect "127.0.0.1" (tcp/port a-tcp-server))))
(def {a-client} (await (http2/connect-async "127.0.0.1" (http2/server-port a-server) {:tls 0})))
(def {a-sent-request} (http2/request "GET" "http" "localhost" "/"))
(def {a-file} (await (fs/open "/dev/null" "r")))
(def {a-process} (await (process/spawn "cat" nil)))
(def {a-signal} (signal/on "SIGUSR2" one))
(def {a-response} (await (http2/send-stream-async a-sent-request a-client)))
(await (chan/send complete 1))
(await (http2/body-read a-response))
"""

READER = """
(def {rows} (map read (filter len (str/split (read-file (head (args))) "\\n"))))
(fun {try-row row} {attempt (nth 1 row) (nth 2 row) (\\ {} {eval (nth 3 row)})})
(fun {try-all} {map try-row rows})
"""


def read_table(runtime):
    """The words of each kind; the kind of each parameter's name; those of the exceptions."""
    text = (runtime / "prims" / "arguments.def").read_text()
    text = re.sub(r"^//.*$", "", text, flags=re.M)
    words = dict(re.findall(r'^KIND\((\w+),\s*"((?:\\.|[^"])*)"\)', text, re.M))
    words.update(re.findall(r'^WANT\((\w+),\s*"[^"]*",\s*"([^"]*)"', text, re.M))
    names = dict(re.findall(r'^PARAMETER\("([^"]+)",\s*(\w+)\)', text, re.M))
    exceptions = {(f, p): kind for f, p, kind in re.findall(r'^PARAMETER_OF\("([^"]+)",\s*"([^"]+)",\s*(\w+)\)', text, re.M)}
    for kind in {*names.values(), *exceptions.values()}:
        if kind not in words or kind not in SAMPLES and kind not in OTHERS:
            raise SystemExit(f"argument_errors: the kind {kind} has no words or no sample")
    return words, names, exceptions


def signatures(valkc, runtime):
    """Yields (name, parameters) of all that can be called; an optional parameter in brackets."""
    listed = subprocess.run([valkc, "--list-primitives=json"], capture_output=True, check=True, text=True)
    for row in json.loads(listed.stdout):
        name, *parameters = row["signature"][1:-1].split()
        yield name, parameters
    for path in sorted((runtime / "lib").glob("*.valk")):
        text = path.read_text()
        documented = re.findall(r"^;;; \((.*?)\): ", text, re.M)
        documented += re.findall(r"^;;; \((test/run) .*?\)", text, re.M)
        yield from ((name, parameters) for name, *parameters in
                    (re.sub(r"\[\{:.*?\}\]", "[opts]", s).split() for s in documented))


class Calls:
    """All calls that must fail: (text of the call, what the message begins with)."""

    def __init__(self, valkc, runtime):
        self.words, self.names, self.exceptions = read_table(runtime)
        self.functions = [(name, ps) for name, ps in signatures(valkc, runtime) if name not in LEFT_OUT]

    def kind(self, name, parameter):
        parameter = parameter.strip("[]")
        base = name.removesuffix("-async")
        for function in (name, base):
            if (function, parameter) in self.exceptions:
                return self.exceptions[function, parameter]
        if parameter not in self.names:
            raise SystemExit(f"argument_errors: runtime/prims/arguments.def does not say what {parameter} of {name} is")
        return self.names[parameter]

    def wrong_values(self, kind):
        for sample_kind, (text, others) in SAMPLES.items():
            also = {sample_kind, *others.split()}
            if sample_kind == "integer":
                also |= {"response_status", "failure_status"} - {kind}
            if kind in ALL_THAT_IS_WRONG:
                continue
            if kind not in also and not (kind == "number" and "integer" in also):
                yield text
        for table in (OUT_OF_RANGE, ALL_THAT_IS_WRONG):
            if kind in table:
                yield table[kind]

    def sample(self, name, parameter):
        kind = self.kind(name, parameter)
        return OTHERS[kind] if kind in OTHERS else SAMPLES[kind][0]

    def start(self, name, position, kind, value):
        if kind == "options":
            what = "there is no option :nonsense" if value == OUT_OF_RANGE["options"] else "the options must be"
            return f"{name}: {what}"
        return f"{name}: argument {position} must be {self.words[kind]}"

    def of_parameter(self, name, parameters, index):
        kind = self.kind(name, parameters[index])
        if self.words[kind] == "" and kind != "options":
            return
        is_optional = parameters[index].startswith("[")
        before = [self.sample(name, p) for p in parameters[:index]]
        required = [i for i, p in enumerate(parameters) if not p.startswith("[")]
        is_among_required = is_optional and index < max(required, default=0)
        after = [p for p in parameters[index + 1 :] if is_among_required or not p.startswith("[")]
        after = [self.sample(name, p) for p in after]
        for value in self.wrong_values(kind):
            yield f"({' '.join([name, *before, value, *after])})", self.start(name, index + 1, kind, value)

    def all(self, at_most=None):
        """With at_most, so many for each parameter."""
        for name, parameters in self.functions:
            parameters = [p for p in parameters if p != "&"]
            if parameters and parameters[-1] == "k":
                parameters[-1] = "[k]"
            for index in range(len(parameters)):
                yield from list(self.of_parameter(name, parameters, index))[:at_most]


def write_calls(calls):
    for number, (text, start) in enumerate(calls):
        guarded = f"try {text} (catch {{e}} (throw e))"
        print(f"(fun {{try-{number}}} {{attempt {json.dumps(text)} {json.dumps(start)} (\\ {{}} {{{guarded}}})}})")
    print("(fun {try-all} {do " + " ".join(f"(try-{number})" for number in range(len(calls))) + "})")


def main():
    valkc, runtime, mode, *cut = sys.argv[1:]
    first, last = (int(c) for c in cut) if cut else (0, 100)
    calls = list(Calls(valkc, Path(runtime)).all(2 if mode == "call" else None))
    calls = calls[len(calls) * first // 100 : len(calls) * last // 100]
    if mode == "rows":
        for text, start in calls:
            print(f"({json.dumps(text)} {json.dumps(start)} {text})")
        return
    print(PRELUDE)
    if mode == "call":
        write_calls(calls)
    else:
        print(READER)
    print(RUN)


main()
