"""The values of the language: what programs compute with, how it is printed and compared."""

import math

from syntax import Kw, Str, Sym, float_text, quoted


class Raised(Exception):
    """An error on its way."""

    def __init__(self, error):
        self.error = error


class Unsupported(Exception):
    """Reached what is not modelled."""


class TooLong(Exception):
    """Too many steps."""


def fail(kind, message=""):
    raise Raised(Err(Kw(kind), Str(message), ()))


class Err:
    def __init__(self, kind, message, data):
        self.kind, self.message, self.data, self.attached = kind, message, data, ()


class Ref:
    def __init__(self, value):
        self.value = value


class Vec:
    def __init__(self, items):
        self.items = list(items)


class Table:
    def __init__(self):
        self.items = {}


class Closure:
    def __init__(self, name, params, rest, shared, body, env):
        self.name, self.params, self.rest, self.shared = name, params, rest, shared
        self.body, self.env = body, env


class Partial:
    def __init__(self, callee, given):
        self.callee, self.given = callee, given


class Prim:
    def __init__(self, name, least, most, function):
        self.name, self.least, self.most, self.function = name, least, most, function


class Control:
    """A builtin that transfers control: function(machine, args, k) gives the next step."""

    def __init__(self, name, count, function):
        self.name, self.count, self.function = name, count, function


class Continuation:
    def __init__(self, k, is_root):
        self.k, self.is_root = k, is_root


class Thunk:
    """A built-in operation that is not started and will give `value`."""

    def __init__(self, value):
        self.value = value


class Block:
    """A literal { … }: its data, and its code in the scope where it was written."""

    def __init__(self, items, code, env):
        self.items, self.code, self.env = items, code, env


def is_function(v):
    return isinstance(v, (Closure, Partial, Prim, Control, Continuation))


def is_number(v):
    return isinstance(v, (int, float))


def unblock(v):
    return v.items if isinstance(v, Block) else v


def truth(v):
    return not ((isinstance(v, int) and v == 0) or unblock(v) == ())


def equal(a, b):
    a, b = unblock(a), unblock(b)
    if is_number(a) and is_number(b):
        return a == b
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, Vec) and isinstance(b, Vec):
        return a is b or (len(a.items) == len(b.items) and all(map(equal, a.items, b.items)))
    if isinstance(a, Str) and isinstance(b, Str):
        return a.text == b.text
    return a is b


def key_of(v):
    """What finds a value in a table: equal for values that are ==."""
    v = unblock(v)
    if isinstance(v, float) and v == v and abs(v) != math.inf and v == int(v):
        return int(v)
    if isinstance(v, tuple):
        return ("list",) + tuple(map(key_of, v))
    if isinstance(v, (Ref, Vec, Table)):
        fail(":type")
    if isinstance(v, (int, float, Str, Sym)):
        return (type(v), v) if not is_number(v) else v
    return id(v)


MAX_TEXT = 100_000  # a list that holds another twice, thirty times over, prints as a gigabyte


def text_of(v, readable=False):
    text = text_of_any(v, readable)
    if len(text) > MAX_TEXT:
        raise TooLong
    return text


def text_of_any(v, readable):
    v = unblock(v)
    if isinstance(v, float):
        return float_text(v)
    if isinstance(v, (int, Sym)):
        return str(v)
    if isinstance(v, Str):
        return quoted(v.text) if readable else v.text
    if isinstance(v, tuple):
        return "{" + " ".join(text_of(x, True) for x in v) + "}" if v else "()"
    if isinstance(v, Vec):
        return "[" + " ".join(text_of(x, True) for x in v.items) + "]"
    if isinstance(v, Err):
        return "Error: " + v.message.text
    if isinstance(v, Continuation):
        return "<continuation>"
    if is_function(v):
        name = getattr(v, "name", "") or (v.callee.name if isinstance(v, Partial) else "")
        return f"<function {name}>" if name else "<function>"
    return f"<{type(v).__name__.lower()}>"


TYPES = [(float, ":float"), (int, ":integer"), (Kw, ":keyword"), (Sym, ":symbol"), (Str, ":string"), (Err, ":error"),
         (Ref, ":ref"), (Vec, ":vector"), (Table, ":table"), (Continuation, ":continuation"), (Thunk, ":thunk")]


def type_of(v):
    v = unblock(v)
    if v == ():
        return Kw(":nil")
    if isinstance(v, tuple):
        return Kw(":list")
    for kind, name in TYPES:
        if isinstance(v, kind):
            return Kw(name)
    return Kw(":function")
