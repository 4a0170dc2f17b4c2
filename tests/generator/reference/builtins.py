"""The builtins that generated programs call."""

import math

from syntax import Kw, Seq, Str, Sym

from .machine import Env
from .tasks import await_
from .values import (Block, Continuation, Control, Err, Prim, Raised, Ref, Table, Thunk, Unsupported, Vec, equal, fail,
                     is_function, is_number, key_of, text_of, truth, type_of, unblock)



PRIMS = {"true": 1, "false": 0, "nil": ()}


def prim(name, least, most=None):
    def add(function):
        PRIMS[Sym(name)] = Prim(name, least, least if most is None else most, function)
        return function

    return add


def want(test, *values):
    for v in values:
        if not test(v):
            fail(":type")


def number(*values):
    want(is_number, *values)


def integer(*values):
    want(lambda v: isinstance(v, int), *values)


def string(*values):
    want(lambda v: isinstance(v, Str), *values)


def as_list(v):
    v = unblock(v)
    want(lambda v: isinstance(v, tuple), v)
    return v


def to_float(i):
    """Of integers beyond the range of floats: infinite."""
    try:
        return float(i)
    except OverflowError:
        return math.inf if i > 0 else -math.inf


def arithmetic(a, b, operation):
    number(a, b)
    if isinstance(a, float) or isinstance(b, float):
        a, b = to_float(a), to_float(b)
    try:
        return operation(a, b)
    except OverflowError:
        return math.inf


def divide(a, b):
    if isinstance(a, float):
        if b == 0:
            if a == 0 or a != a:
                return math.nan
            return math.copysign(math.inf, a) * math.copysign(1.0, b)
        return a / b
    if b == 0:
        fail(":div0")
    q = abs(a) // abs(b)
    return q if (a < 0) == (b < 0) else -q


def remainder(a, b):
    if isinstance(a, float):
        return math.nan if b == 0 or abs(a) == math.inf or b != b or a != a else math.fmod(a, b)
    if b == 0:
        fail(":div0")
    return a - b * divide(a, b)


def folded(name, unit, operation):
    def run(machine, *xs):
        number(*xs)
        if not xs:
            return unit
        if len(xs) == 1 and name in "-/":
            return (-xs[0] if name == "-" else arithmetic(1, xs[0], operation))
        total = xs[0]
        for x in xs[1:]:
            total = arithmetic(total, x, operation)
        return total

    PRIMS[Sym(name)] = Prim(name, 0 if unit is not None else 1, -1, run)


folded("+", 0, lambda a, b: a + b)
folded("*", 1, lambda a, b: a * b)
folded("-", None, lambda a, b: a - b)
folded("/", None, divide)


def compared(name, operation):
    def run(machine, *xs):
        number(*xs)
        return int(all(operation(a, b) for a, b in zip(xs, xs[1:])))

    PRIMS[Sym(name)] = Prim(name, 1, -1, run)


compared("<", lambda a, b: a < b)
compared(">", lambda a, b: a > b)
compared("<=", lambda a, b: a <= b)
compared(">=", lambda a, b: a >= b)


@prim("==", 1, -1)
def _(m, *xs):
    return int(all(equal(a, b) for a, b in zip(xs, xs[1:])))


@prim("!=", 1, -1)
def _(m, *xs):
    return int(not all(equal(a, b) for a, b in zip(xs, xs[1:])))


@prim("%", 2)
def _(m, a, b):
    return arithmetic(a, b, remainder)


@prim("quotient", 2)
def _(m, a, b):
    integer(a, b)
    return divide(a, b)


def chosen(name, better):
    def run(machine, *xs):
        number(*xs)
        best = xs[0]
        for x in xs[1:]:
            if better(x, best):
                best = x
        return best

    PRIMS[Sym(name)] = Prim(name, 1, -1, run)


chosen("min", lambda a, b: a < b)
chosen("max", lambda a, b: a > b)


@prim("abs", 1)
def _(m, x):
    number(x)
    return abs(x)


def rounding(name, function):
    def run(machine, x):
        number(x)
        if isinstance(x, int):
            return x
        if x != x or abs(x) == math.inf:
            fail(":range")
        return function(x)

    PRIMS[Sym(name)] = Prim(name, 1, 1, run)


rounding("floor", math.floor)
rounding("ceil", math.ceil)
rounding("int", math.trunc)
rounding("round", lambda x: int(math.copysign(math.floor(abs(x) + 0.5), x)) if abs(x) < 2**52 else int(x))


@prim("float", 1)
def _(m, x):
    number(x)
    return to_float(x)


@prim("bit/and", 2)
def _(m, a, b):
    integer(a, b)
    return a & b


@prim("bit/or", 2)
def _(m, a, b):
    integer(a, b)
    return a | b


@prim("bit/xor", 2)
def _(m, a, b):
    integer(a, b)
    return a ^ b


@prim("bit/shl", 2)
def _(m, a, n):
    integer(a, n)
    if n < 0:
        fail(":range")
    return a << n


@prim("bit/shr", 2)
def _(m, a, n):
    integer(a, n)
    if n < 0:
        fail(":range")
    return a >> n


@prim("list", 0, -1)
def _(m, *xs):
    return xs


@prim("cons", 2)
def _(m, x, xs):
    return (x,) + as_list(xs)


def element(name, i):
    def run(machine, xs):
        xs = as_list(xs)
        if len(xs) <= (i if i >= 0 else 0):
            fail(":range")
        return xs[i]

    PRIMS[Sym(name)] = Prim(name, 1, 1, run)


element("head", 0)
element("fst", 0)
element("snd", 1)
element("trd", 2)
element("last", -1)


@prim("tail", 1)
def _(m, xs):
    xs = as_list(xs)
    if not xs:
        fail(":range")
    return xs[1:]


@prim("nth", 2)
def _(m, n, xs):
    integer(n)
    xs = as_list(xs)
    if not 1 <= n <= len(xs):
        fail(":range")
    return xs[n - 1]


@prim("len", 1)
def _(m, x):
    x = unblock(x)
    if isinstance(x, Str):
        return len(x.text)
    if isinstance(x, Table):
        return len(x.items)
    return len(x.items) if isinstance(x, Vec) else len(as_list(x))


@prim("join", 0, -1)
def _(m, *xs):
    out = ()
    for x in map(unblock, xs):
        out += x if isinstance(x, tuple) else (x,)
    return out


@prim("reverse", 1)
def _(m, xs):
    return as_list(xs)[::-1]


@prim("%reverse-onto", 2)
def _(m, xs, rest):
    return as_list(xs)[::-1] + as_list(rest)


@prim("take", 2)
def _(m, n, xs):
    integer(n)
    if n < 0:
        fail(":range")
    return as_list(xs)[:n]


@prim("drop", 2)
def _(m, n, xs):
    integer(n)
    if n < 0:
        fail(":range")
    return as_list(xs)[n:]


@prim("exists", 2)
def _(m, x, xs):
    return int(any(equal(x, y) for y in as_list(xs)))


@prim("range", 2)
def _(m, a, b):
    integer(a, b)
    return tuple(range(a, b))


@prim("zip", 2)
def _(m, a, b):
    return tuple(zip(as_list(a), as_list(b)))


@prim("sum", 1)
def _(m, xs):
    return PRIMS["+"].function(m, 0, *as_list(xs))


@prim("not", 1)
def _(m, x):
    return int(not truth(x))


def predicate(name, test):
    PRIMS[Sym(name)] = Prim(name, 1, 1, lambda machine, x: int(test(unblock(x))))


predicate("nil?", lambda x: x == ())
predicate("list?", lambda x: isinstance(x, tuple))
predicate("number?", is_number)
predicate("string?", lambda x: isinstance(x, Str))
predicate("symbol?", lambda x: isinstance(x, Sym) and not isinstance(x, Kw))
predicate("function?", is_function)
predicate("continuation?", lambda x: isinstance(x, Continuation))


@prim("type", 1)
def _(m, x):
    return type_of(x)


@prim("str", 0, -1)
def _(m, *xs):
    return Str("".join(map(text_of, xs)))


@prim("repr", 1)
def _(m, x):
    return Str(text_of(x, True))


@prim("str/slice", 3)
def _(m, s, a, b):
    string(s)
    integer(a, b)
    if not 0 <= a <= b <= len(s.text):
        fail(":range")
    return Str(s.text[a:b])


@prim("str/find", 2)
def _(m, s, sub):
    string(s, sub)
    return s.text.find(sub.text)


@prim("str/upper", 1)
def _(m, s):
    string(s)
    return Str("".join(chr(ord(c) - 32) if "a" <= c <= "z" else c for c in s.text))


@prim("str/join", 2)
def _(m, sep, xs):
    string(sep)
    return Str(sep.text.join(map(text_of, as_list(xs))))


@prim("error", 1, 3)
def _(m, *xs):
    kind, message, data = Kw(":error"), xs[0], ()
    if isinstance(xs[0], Kw) and len(xs) > 1:
        kind, message = xs[0], xs[1]
        data = xs[2] if len(xs) > 2 else ()
    elif len(xs) > 1:
        raise Unsupported("error with data and without kind")
    string(message)
    raise Raised(Err(kind, message, data))


@prim("throw", 1)
def _(m, e):
    want(lambda v: isinstance(v, Err), e)
    raise Raised(e)


def of_error(name, part):
    def run(machine, e):
        want(lambda v: isinstance(v, Err), e)
        return getattr(e, part)

    PRIMS[Sym(name)] = Prim(name, 1, 1, run)


of_error("error/kind", "kind")
of_error("error/message", "message")
of_error("error/data", "data")
of_error("error/attached", "attached")


def is_table(v):
    return isinstance(v, Table)


@prim("table", 0)
def _(m):
    return Table()


@prim("table/get", 2, 3)
def _(m, t, key, default=()):
    want(is_table, t)
    return t.items.get(key_of(key), (None, default))[1]


@prim("table/set!", 3)
def _(m, t, key, v):
    want(is_table, t)
    k = key_of(key)
    t.items[k] = (t.items[k][0] if k in t.items else key, v)
    return v


@prim("table/has?", 2)
def _(m, t, key):
    want(is_table, t)
    return int(key_of(key) in t.items)


@prim("table/keys", 1)
def _(m, t):
    want(is_table, t)
    return tuple(k for k, _ in t.items.values())


@prim("ref", 1)
def _(m, x):
    return Ref(x)


@prim("ref/get", 1)
def _(m, r):
    want(lambda v: isinstance(v, Ref), r)
    return r.value


@prim("ref/set!", 2)
def _(m, r, x):
    want(lambda v: isinstance(v, Ref), r)
    r.value = x
    return x


@prim("print", 0, -1)
def _(m, *xs):
    m.output.append(" ".join(map(text_of, xs)) + "\n")
    return ()


@prim("%want-list", 3)
def _(m, name, argument, x):
    return as_list(x)


@prim("%want-function", 4)
def _(m, name, argument, count, x):
    want(is_function, x)
    return x


def wanted(name, test):
    @prim("%want-" + name, 3)
    def _(m, function, argument, x):
        want(test, x)
        return x


wanted("number", is_number)
wanted("ref", lambda v: isinstance(v, Ref))
wanted("table", is_table)
wanted("generator", lambda v: isinstance(v, Ref) and is_function(v.value))


def control(name, count):
    def add(function):
        PRIMS[Sym(name)] = Control(name, count, function)
        return function

    return add


control("await-async", 1)(await_)


@prim("async/yield", 0)
def _(m):
    return Thunk(())


@prim("async/pure", 1)
def _(m, x):
    return Thunk(x)


@control("eval", 1)
def _(m, args, k):
    x = args[0]
    if isinstance(x, Block):
        return x.code, x.env, k
    if isinstance(x, tuple) and x:
        return m.compile_data(as_code(x)), Env({}, {}, None), k
    return k.ret, x, None


def as_code(v):
    """A list as code: it does not say whether it was written with ( ) or { }, so it is whichever fits."""
    v = unblock(v)
    return Seq("either", map(as_code, v)) if isinstance(v, tuple) else v


@control("%apply", 2)
def _(m, args, k):
    try:
        xs = as_list(args[1])
    except Raised as raised:
        return m.raise_error(raised.error, k)
    return m.apply(args[0], xs, None, k)


@control("async-throw", 2)
def _(m, args, k):
    c, error = args
    if not isinstance(c, Continuation):
        return m.apply(c, (error,), None, k)
    if not isinstance(error, Err):
        return m.raise_error(Err(Kw(":type"), Str(""), ()), k)
    m.resume(c, k)
    return m.raise_error(error, c.k)
