"""Environments, continuations and the machine that steps through them."""

from syntax import Kw, Str

from .values import (Closure, Continuation, Control, Err, Partial, Prim, Raised, TooLong, Unsupported, fail)

# ---- environments ----------------------------------------------------------------------------------

UNSET = object()


class Env:
    """What a point of the program sees of one frame, and the point that encloses the frame.

    `lets` maps names to cells and is replaced, never changed, when a variable is bound; `cells` holds the
    variables that the whole frame shares."""

    __slots__ = ("lets", "cells", "parent")

    def __init__(self, lets, cells, parent):
        self.lets, self.cells, self.parent = lets, cells, parent

    def bind(self, name, value):
        return Env({**self.lets, name: [value]}, self.cells, self.parent)

    def find(self, name):
        """The cell of the nearest binding that has been assigned, or None."""
        env = self
        while env is not None:
            cell = env.lets.get(name)
            if cell is not None:
                return cell
            cell = env.cells.get(name)
            if cell is not None and cell[0] is not UNSET:
                return cell
            env = env.parent
        return None


def new_frame(shared, parent):
    return Env({}, {name: [UNSET] for name in shared}, parent)


# ---- continuations ---------------------------------------------------------------------------------
# Every frame has ret(value, env): env is that of the same activation after the inner code has run.
# A step is (callable, a, b): the machine calls callable(a, b), which gives the next step.


class Bottom:
    """RESET, and the end of the program."""

    parent = None

    def __init__(self, machine):
        self.machine = machine

    def ret(self, v, env):
        return self.machine.leave_delimiter(v)


class Restore:
    """Goes back to the environment of another activation, or drops what a region bound."""

    __slots__ = ("env", "parent")

    def __init__(self, env, parent):
        self.env, self.parent = env, parent

    def ret(self, v, env):
        return self.parent.ret, v, self.env


class Then:
    """Goes on with function(v, env, parent)."""

    __slots__ = ("function", "parent")

    def __init__(self, function, parent):
        self.function, self.parent = function, parent

    def ret(self, v, env):
        return self.function(v, env, self.parent)


class Handler:
    """Stands below the body of a try; on_error(error, env, parent) where a raise meets it."""

    __slots__ = ("on_value", "on_error", "env", "parent")

    def __init__(self, on_value, on_error, env, parent):
        self.on_value, self.on_error, self.env, self.parent = on_value, on_error, env, parent

    def ret(self, v, env):
        if self.on_value:
            return self.on_value(v, self.env, self.parent)
        return self.parent.ret, v, self.env


def keep_env(env, k):
    return k if isinstance(k, (Restore, Bottom)) else Restore(env, k)


# ---- the machine -----------------------------------------------------------------------------------


class Machine:
    def __init__(self, max_steps=200000):
        self.max_steps = max_steps
        self.output = []
        self.globals = {}
        self.builtins = {}
        self.scheduler = None  # tasks.Scheduler
        self.task = self.boundary = None
        self.compile_data = None  # (data) → code, for eval
        self.segments = None
        self.bottom = Bottom(self)
        self.error = None
        self.steps = 0

    # Delimiters.
    def leave_delimiter(self, v):
        if self.segments is None:
            return self.scheduler.body_ended(v, None)
        k, self.segments = self.segments
        return k.ret, v, None

    def raise_error(self, error, k):
        while True:
            while not isinstance(k, (Handler, Bottom)):
                k = k.parent
            if isinstance(k, Handler):
                return k.on_error(error, k.env, k.parent)
            if self.segments is None:
                return self.scheduler.body_ended((), error)
            k, self.segments = self.segments

    def resume(self, c, k):
        """Prepares a call of a continuation at k."""
        in_place = isinstance(k, Bottom) or (isinstance(k, Restore) and isinstance(k.parent, Bottom))
        if c.is_root:
            raise Unsupported("the rest of the program as a task")
        if not in_place:
            self.segments = (k, self.segments)

    def apply(self, f, args, env, k):
        """The step that calls f; k goes on with env."""
        if isinstance(f, Closure):
            return self.apply_closure(f, args, env, k)
        if isinstance(f, Prim):
            return self.apply_prim(f, args, env, k)
        if isinstance(f, Partial):
            return self.apply(f.callee, f.given + args, env, k)
        if isinstance(f, Continuation):
            if len(args) > 1:
                return self.raise_error(Err(Kw(":arity"), Str(""), ()), k)
            self.resume(f, keep_env(env, k))
            return f.k.ret, args[0] if args else (), None
        if isinstance(f, Control):
            if len(args) != f.count:
                return self.raise_error(Err(Kw(":arity"), Str(""), ()), k)
            return f.function(self, args, keep_env(env, k))
        if not args:
            return k.ret, f, env
        return self.raise_error(Err(Kw(":type"), Str(""), ()), k)

    def apply_prim(self, f, args, env, k):
        try:
            if len(args) < f.least or (f.most >= 0 and len(args) > f.most):
                fail(":arity")
            v = f.function(self, *args)
        except Raised as raised:
            return self.raise_error(raised.error, k)
        return k.ret, v, env

    def apply_closure(self, f, args, env, k):
        n = len(f.params)
        if 0 < len(args) < n:
            return k.ret, Partial(f, args), env
        if len(args) < n or (len(args) > n and f.rest is None):
            return self.raise_error(Err(Kw(":arity"), Str(""), ()), k)
        inner = new_frame(f.shared, f.env)
        given = list(zip(f.params, args))
        if f.rest is not None:
            given.append((f.rest, tuple(args[n:])))
        for name, v in given:
            if name in inner.cells:
                inner.cells[name][0] = v
            else:
                inner.lets[name] = [v]
        return f.body, inner, keep_env(env, k)

    # Running.
    def step_all(self, step):
        while step is not None:
            self.steps += 1
            if self.steps > self.max_steps:
                raise TooLong()
            step = step[0](step[1], step[2])
