"""The one table of benchmarks: their families, sizes, and what each gives for a small size.

A benchmark is a program in several languages, PROGRAM.valk, PROGRAM.scm, PROGRAM.cpp, PROGRAM-PEER.cpp …
in the family's folder. Each takes its size as its argument, so that no compiler knows it, and prints its
result and the time of what counts. `small` and `result` are how tests run it.
"""

from dataclasses import dataclass

CHEZ_AND_GAMBIT = ("chez", "gambit")
SCHEMES = ("chez", "chez-1cc", "gambit", "chicken", "guile", "racket")
MILLION = 1000000


@dataclass(frozen=True)
class Family:
    name: str
    about: str
    references: tuple = ()  # our ratio is to the best of these
    clock: str = "cpu"  # or wall, where waiting is what is compared


@dataclass(frozen=True)
class Benchmark:
    family: str
    name: str
    size: int
    small: int
    result: str  # for the small size
    program: str = ""  # the sources' name, if it is not the benchmark's
    operations: float = 0  # in each unit of size: the figure is nanoseconds per operation, else ms
    one_shot: bool = False  # also in Chez with call/1cc
    shows_bytes: bool = False  # peak memory over that of size 1, per unit of size
    shows_pauses: bool = False  # the collector's pauses
    without: tuple = ()  # peers that cannot do this size
    fractions: tuple = ()  # (peer, divisor): slow peers do so much less

    @property
    def sources(self):
        return self.program or self.name


FAMILIES = (
    Family("sequential", "calls, integers, floats, strings, lists, tables, closures, an interpreter",
           CHEZ_AND_GAMBIT),
    Family("control", "generators, backtracking, effects, capture and throw at any depth", SCHEMES),
    Family("await", "one await, one hand-over, a chain, timers", ("coroutine", "libuv")),
    Family("tasks", "parked tasks: time from spawn to end, and memory", ("coroutine",)),
    Family("futures", "operations over loopback sockets, against a thread that waits for a future",
           ("future",), clock="wall"),
    Family("collector", "allocation, long-lived data, large and odd sizes, deep stacks", CHEZ_AND_GAMBIT),
)

BENCHMARKS = (
    Benchmark("sequential", "fib", 40, 20, "6765"),
    Benchmark("sequential", "tak", 100, 1, "9"),
    Benchmark("sequential", "ack", 11, 4, "125"),
    Benchmark("sequential", "nqueens", 12, 6, "4"),
    Benchmark("sequential", "deriv", MILLION, 10, "610"),
    Benchmark("sequential", "lists", 100, 1, "1666683333"),
    Benchmark("sequential", "million", MILLION, 1000, "363812748401"),
    Benchmark("sequential", "mandelbrot", 600, 300, "1204627"),
    Benchmark("sequential", "nbody", 300000, 100, "-169050762"),
    Benchmark("sequential", "strings", MILLION, 1000, "849910"),
    Benchmark("sequential", "hash-int", MILLION, 1000, "1000490"),
    Benchmark("sequential", "hash-string", 300000, 1000, "2000"),
    Benchmark("sequential", "interpreter", 200, 1, "122309"),
    Benchmark("sequential", "cpstak", 600, 1, "7"),
    Benchmark("sequential", "mutual", 100 * MILLION, 1000, "1310"),
    Benchmark("sequential", "unknown", 30 * MILLION, 1000, "98114"),
    Benchmark("control", "yield", 3 * MILLION, 1000, "500500", operations=1, one_shot=True),
    Benchmark("control", "tree", MILLION, 1000, "304412", operations=1, one_shot=True),
    Benchmark("control", "fringe", MILLION, 1000, "1000", operations=2, one_shot=True),
    Benchmark("control", "amb", 100, 20, "436780"),
    Benchmark("control", "handler", MILLION, 1000, "912805", operations=2, one_shot=True),
    Benchmark("control", "deep-10", 10 * MILLION, 1000, "500510", operations=1, one_shot=True),
    Benchmark("control", "deep-1000", 10 * MILLION, 1000, "501500", operations=1, one_shot=True,
              without=("guile",)),
    Benchmark("control", "deep-100000", 10 * MILLION, 1000, "600500", operations=1, one_shot=True,
              without=("guile",)),
    Benchmark("control", "deep-1000000", 10 * MILLION, 1000, "1500500", operations=1, one_shot=True,
              without=("guile",)),
    Benchmark("control", "ctak", 40, 1, "7"),
    Benchmark("await", "await", 5 * MILLION, 1000, "3", operations=1, fractions=(("future", 10),)),
    Benchmark("await", "handover", 2 * MILLION, 1000, "0", operations=1, fractions=(("future", 10),)),
    Benchmark("await", "chain", 30000, 10, "101", operations=100),
    Benchmark("await", "timers", 100000, 100, "450", operations=1, fractions=(("valkyria-fiber", 4),)),
    Benchmark("tasks", "parked-10^4", 10000, 100, "100", program="parked", operations=1, shows_bytes=True),
    Benchmark("tasks", "parked-10^5", 100000, 100, "100", program="parked", operations=1, shows_bytes=True,
              without=("future", "valkyria-fiber")),
    Benchmark("tasks", "parked-10^6", MILLION, 100, "100", program="parked", operations=1, shows_bytes=True,
              without=("future", "fiber", "valkyria-fiber")),
    Benchmark("futures", "sequential", 20000, 100, "100", operations=1),
    Benchmark("futures", "concurrent-10^3", 1000, 100, "100", program="concurrent", operations=1,
              shows_bytes=True),
    Benchmark("futures", "concurrent-10^4", 10000, 100, "100", program="concurrent", operations=1,
              shows_bytes=True),
    Benchmark("futures", "concurrent-3·10^4", 30000, 100, "100", program="concurrent", operations=1,
              shows_bytes=True),
    Benchmark("futures", "concurrent-10^5", 100000, 100, "100", program="concurrent", operations=1,
              shows_bytes=True, without=("future",)),
    Benchmark("futures", "concurrent-10^6", MILLION, 100, "100", program="concurrent", operations=1,
              shows_bytes=True, without=("future",)),
    Benchmark("await", "thunk", 5 * MILLION, 1000, "3", operations=1),
    Benchmark("await", "channel", 500000, 100, "100", operations=4),
    Benchmark("await", "task-chain", 1000, 2, "2000", operations=1000),
    Benchmark("collector", "rate", 10 * MILLION, 1000, "10000", shows_pauses=True),
    Benchmark("collector", "trees", 1500, 2, "532480", shows_pauses=True),
    Benchmark("collector", "mutation", 5 * MILLION, 1000, "500500", shows_pauses=True),
    Benchmark("collector", "live-16", 10 * MILLION, 1000, "404000", shows_pauses=True),
    Benchmark("collector", "live-256", 10 * MILLION, 1000, "6404000", shows_pauses=True),
    Benchmark("collector", "continuations", MILLION, 1000, "501500", shows_bytes=True, shows_pauses=True),
    Benchmark("collector", "vectors", 1000, 10, "55", shows_pauses=True),
    Benchmark("collector", "sizes", 200000, 100, "101050", shows_pauses=True),
    Benchmark("collector", "deep", 3, 1, "2000000", shows_pauses=True),
)
