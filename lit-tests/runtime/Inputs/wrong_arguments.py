"""Writes a program that calls every builtin and library function with too few, too many and wrong-typed
arguments: wrong_arguments.py VALKC LIBRARY-FOLDER MODE [FIRST LAST]

MODE is `call` (compiled calls) or `eval` (the same calls read as text and evaluated, by a program that is
given a file of them; this file is what `rows` writes). FIRST and LAST, percent of
the functions, cut the program into pieces. Each call must give a value or a clean error: a keyword as kind
and a message; with a wrong number of arguments, the kind must be :arity. The program prints what is not
so, and how much it has tried.
"""

import glob
import json
import random
import re
import subprocess
import sys

# A form; these end the program or stop for input by their contract.
LEFT_OUT = {"load", "exit", "shutdown", "test/run", "gen/for", "stdin/read-line", "stdin/read-line-async"}

VALUES = (
    "nil", "0", "1", "-1", "3.5", "123456789012345678901234567890", '""', '"s"', "'sym", ":key",
    "(list 1 2)", "'(a b)", "(list :port 0)", "{+ 1 2}", "(vec 1 2)", "(table)", "(ref 1)", "one", "two",
    "print", "kept", "failure", "done", "(chan 1)", "(sem 1)", "(async/pure 1)", "1000000000000000",
)
CALLS_OF_EACH = 4

PRELUDE = """
(fun {one x} {x})
(fun {two a b} {list a b})
(def {kept} (reset (shift k k)))
(def {failure} (try (error "kept") (catch {e} e)))
(def {done} (async {1}))
(await done)
(def {tried} (ref 0))
(def {wrong} (ref 0))
(fun {complain what e} {
  (ref/update! wrong (partial+ 1))
  (print "WRONG" what (repr e))})
(fun {partial+ n} {\\ {x} {+ x n}})
(fun {clean? e arity} {
  (and (== (type e) :error) (keyword? (error/kind e)) (string? (error/message e))
    (or (== (error/kind e) :error) (> (len (error/message e)) 0)) (or (not arity) (== (error/kind e) :arity)))})
(fun {finish v} {if (== (type v) :thunk) {await v} {v}})
(fun {attempt what arity f} {
  (ref/update! tried (partial+ 1))
  (= {end} (try {list 1 (await (async/timeout 5 {finish (f)}))} (catch {e} (list 0 e))))
  (if (not (fst end))
    {if (clean? (snd end) arity) {nil} {complain what (snd end)}}
    {if arity {complain what "no error"} {nil}})})
"""


def functions(valkc, library):
    """Yields (name, least, most) of everything that can be called; most is None if there is no bound."""
    listed = subprocess.run([valkc, "--list-primitives=json"], capture_output=True, check=True, text=True)
    for row in json.loads(listed.stdout):
        most = row["max"] if row["max"] >= 0 else None
        if most is not None and " k]" in row["signature"] or "[k]" in row["signature"]:
            most = None if most is None else most + 1
        yield row["name"], row["min"], most
    for path in sorted(glob.glob(library + "/*.valk")):
        for header in re.findall(r"^\(fun \{([^}]*)\}", open(path).read(), re.M):
            name, *parameters = header.split()
            if name.startswith("%"):
                continue
            has_rest = "&" in parameters
            count = parameters.index("&") if has_rest else len(parameters)
            yield name, count, None if has_rest else count


def argument_lists(name, least, most):
    """Yields (arguments, whether their number is wrong)."""
    chance = random.Random(name)
    # Given some arguments, a function of the library is a partial application.
    if least > 0:
        yield [], True
        yield ["1"] * (least - 1), least == 1
    if most is not None:
        yield ["1"] * (most + 1), True
        yield ["nil"] * (most + 3), True
    counts = list(range(least, (most if most is not None else least + 2) + 1))
    for value in chance.sample(VALUES, min(CALLS_OF_EACH, len(VALUES))):
        yield [value] * chance.choice(counts), False
    for _ in range(CALLS_OF_EACH):
        yield [chance.choice(VALUES) for _ in range(chance.choice(counts))], False


READER = """
(fun {try-row row} {attempt (nth 1 row) (nth 2 row) (\\ {} {eval (nth 3 row)})})
(fun {try-rows rows} {if (nil? rows) {nil} {do (try-row (head rows)) (try-rows (tail rows))}})
(try-rows (map read (filter len (str/split (read-file (head (args))) "\\n"))))
"""


def write_calls(known):
    for number, (name, least, most) in enumerate(known):
        print(f"(fun {{try-{number}}} {{")
        for arguments, is_arity in argument_lists(name, least, most):
            text = " ".join([name] + arguments)
            # In a `try` a wrong number of arguments is no error of compilation.
            guarded = f"try ({text}) (catch {{e}} (throw e))"
            print(f"  (attempt {json.dumps(text)} {int(is_arity)} (\\ {{}} {{{guarded}}}))")
        print(f"  nil}})\n(try-{number})")


def write_rows(known):
    for name, least, most in known:
        for arguments, is_arity in argument_lists(name, least, most):
            text = " ".join([name] + arguments)
            print(f"({json.dumps(text)} {int(is_arity)} ({text}))")


def main():
    valkc, library, mode, *cut = sys.argv[1:]
    first, last = (int(c) for c in cut) if cut else (0, 100)
    known = [f for f in functions(valkc, library) if f[0] not in LEFT_OUT]
    known = known[len(known) * first // 100 : len(known) * last // 100]
    if mode == "rows":
        return write_rows(known)
    print(PRELUDE)
    if mode == "call":
        write_calls(known)
    else:
        print(READER)
    print('(print "tried" (ref/get tried) "wrong" (ref/get wrong))\n(exit 0)')


main()
