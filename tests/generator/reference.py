"""A second reading of LANGUAGE: programs run by a machine that shares nothing with valkc.

It is what the evaluator, the interpreter of the IR and compiled programs are compared with, so it is
written from the text of the language alone: data straight to closures, one step a time. Control follows
cps/machine.md: frames are objects in a chain, RESET is the bottom of a delimiter, the delimiters around
are a list. Tasks are not modelled. Library functions that take functions are read from runtime/lib, as
their order of calls can be seen.
"""

import math
import pathlib

from syntax import Kw, Seq, Str, Sym, float_text, quoted, read

LIBRARY = ["lists.valk", "functions.valk", "generators.valk"]


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


# ---- values ----------------------------------------------------------------------------------------


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
        return len(a.items) == len(b.items) and all(map(equal, a.items, b.items))
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


def text_of(v, readable=False):
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
         (Ref, ":ref"), (Vec, ":vector"), (Table, ":table"), (Continuation, ":continuation")]


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
        self.library = {}
        self.segments = None
        self.bottom = Bottom(self)
        self.error = None
        self.steps = 0

    # Delimiters.
    def leave_delimiter(self, v):
        if self.segments is None:
            return None
        k, self.segments = self.segments
        return k.ret, v, None

    def raise_error(self, error, k):
        while True:
            while not isinstance(k, (Handler, Bottom)):
                k = k.parent
            if isinstance(k, Handler):
                return k.on_error(error, k.env, k.parent)
            if self.segments is None:
                self.error = error
                return None
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

    def run(self, forms):
        """Runs a program's top-level forms. Gives (output, error or None)."""
        compiler = Compiler(self)
        seen = {}

        def done(v, env, k):
            seen["end"] = True
            return None

        for form in forms:
            code = compiler.top_level(form)
            seen.clear()
            self.step_all((code, Env({}, {}, None), Then(done, self.bottom)))
            if "end" not in seen:  # an error, or a shift that took the rest
                break
        return "".join(self.output), self.error

    def load_library(self, folder):
        compiler = Compiler(self)
        for name in LIBRARY:
            for form in read(pathlib.Path(folder, name).read_text()):
                if form.items[0] == "fun":
                    self.step_all((compiler.top_level(form), Env({}, {}, None), Then(lambda v, e, k: None, self.bottom)))
        self.library = dict(self.globals)


# ---- which variables a frame shares ------------------------------------------------------------------

FORMS = set("def = set! fun \\ let if do select case and or quote quasiquote try error? reset shift "
            "async-reset async-shift async".split())
MULTIPLE = {"reset", "do", "catch", "finally"}


class Use:
    """What is known of one variable of a frame."""

    def __init__(self):
        self.assignments = 0
        self.is_mentioned = False
        self.is_early = False  # mentioned before its assignment
        self.region = None
        self.is_outside = False  # mentioned outside of its region


class Sharing:
    """LANGUAGE 3.4, "let or shared", of the variables of one frame: a walk in evaluation order."""

    def __init__(self, params, bodies):
        self.uses = {}
        for body in bodies:
            self.collect(body, is_body=True)
        for name in params:
            if name in self.uses:
                self.uses[name].assignments += 1
        self.region = ()
        self.count = 0
        for body in bodies:
            self.walk_body(body)

    def shared(self):
        return frozenset(n for n, u in self.uses.items() if u.assignments > 1 or u.is_early or u.is_outside)

    def collect(self, node, is_body=False):
        """Finds the assignments of this frame in anything that may be code."""
        if not isinstance(node, Seq) or not node.items:
            return
        head = node.items[0]
        if head in ("\\", "fun", "async") or (head == "let" and len(node.items) == 2):
            return
        if head == "let":
            for e in node.items[1].items[1::2]:
                pass
            return
        if head == "quote":
            return
        if head == "=" and len(node.items) == 3 and isinstance(node.items[1], Seq):
            self.uses.setdefault(node.items[1].items[0], Use()).assignments += 1
        for item in node.items:
            self.collect(item)

    def mention(self, name):
        use = self.uses.get(name)
        if use is None:
            return
        use.is_mentioned = True
        if use.region is not None and self.region[: len(use.region)] != use.region:
            use.is_outside = True

    def in_region(self, nodes, walk):
        outer = self.region
        self.count += 1
        self.region = outer + (self.count,)
        for node in nodes:
            walk(node)
        self.region = outer

    def branches(self, walks):
        start = {n: u.is_mentioned for n, u in self.uses.items()}
        after = dict(start)
        for walk in walks:
            for n, u in self.uses.items():
                u.is_mentioned = start[n]
            walk()
            for n, u in self.uses.items():
                after[n] = after[n] or u.is_mentioned
        for n, u in self.uses.items():
            u.is_mentioned = after[n]

    def walk_body(self, node):
        if not (isinstance(node, Seq) and node.is_block):
            return self.walk(node)
        if not node.items:
            return
        if isinstance(node.items[0], Seq):
            for item in node.items:
                self.walk(item)
        elif len(node.items) == 1:
            self.walk(node.items[0])
        else:
            self.walk(Seq(False, node.items))

    def walk_several(self, nodes):
        if len(nodes) == 1:
            return self.walk_body(nodes[0])
        for node in nodes:
            self.walk(node)

    def walk(self, node):
        if isinstance(node, Sym):
            return None if isinstance(node, Kw) else self.mention(node)
        if not isinstance(node, Seq) or not node.items:
            return None
        if node.is_block:
            return self.in_region([node], self.walk_body)
        head = node.items[0]
        walk_form = getattr(self, "walk_" + NAMES.get(head, ""), None) if head in NAMES else None
        if walk_form:
            return walk_form(node.items)
        for item in node.items[1 if head in FORMS else 0 :]:
            self.walk(item)
        return None

    def walk_quote(self, items):
        pass

    def walk_quasi(self, items):
        self.walk_template(items[1])

    def walk_template(self, node):
        if not isinstance(node, Seq) or not node.items:
            return
        if node.items[0] in ("unquote", "unquote-splicing"):
            return self.walk(node.items[1])
        for item in node.items:
            self.walk_template(item)

    def walk_assign(self, items):
        name, e = items[1].items[0], items[2]
        use = self.uses.get(name)
        if items[0] == "set!":
            self.walk(e)
            if use:
                use.assignments += 1
            return self.mention(name)
        if items[0] not in ("=", LET_BIND) or use is None:
            return self.walk(e)
        own = isinstance(e, Seq) and e.items and e.items[0] == "\\"
        was = use.is_mentioned
        if items[0] is LET_BIND and use.region is None and not own:  # what it mentions is the enclosing one
            self.walk(e)
            use.is_mentioned = was
            return self.assigned(use, was)
        if not own:
            self.walk(e)
            was = use.is_mentioned
        self.assigned(use, was)
        if own:
            self.walk(e)
        return None

    def assigned(self, use, was_mentioned):
        if was_mentioned:
            use.is_early = True
        use.region = self.region

    def walk_lambda(self, items):
        params = items[1].items if items[0] == "\\" else items[1].items[1:]
        hidden = {n: self.uses.pop(n) for n in list(self.uses) if n in params}
        self.in_region(items[2:], self.walk_body)
        self.uses.update(hidden)

    def walk_let(self, items):
        if len(items) == 2:
            return self.walk_body(items[1])
        bindings = items[1].items
        for e in bindings[1::2]:
            self.walk(e)
        hidden = {n: self.uses.pop(n) for n in list(self.uses) if n in bindings[0::2]}
        self.walk_body(items[2])
        self.uses.update(hidden)
        return None

    def walk_if(self, items):
        self.walk(items[1])
        self.branches([lambda b=b: self.walk_body(b) for b in items[2:]] + [lambda: None])

    def walk_select(self, items):
        clauses = items[1:]
        if items[0] == "case":
            self.walk(items[1])
            clauses = items[2:]

        def go(rest):
            if not rest:
                return
            self.walk(rest[0].items[0])
            self.branches([lambda: self.walk(rest[0].items[1]), lambda: go(rest[1:])])

        go(clauses)

    def walk_and(self, items):
        if len(items) > 1:
            self.walk(items[1])
            self.branches([lambda: self.walk_and(items[1:]), lambda: None])

    def walk_region(self, items):
        rest = items[1:]
        if items[0] == "shift":
            rest = items[2:]
        self.in_region([rest], self.walk_several)

    def walk_try(self, items):
        clauses = [i for i in items[1:] if isinstance(i, Seq) and i.items and i.items[0] in ("catch", "finally")]
        body = [i for i in items[1:] if i not in clauses]
        self.in_region([body], self.walk_several)
        for c in clauses:
            self.in_region([c.items[2:] if c.items[0] == "catch" else c.items[1:]], self.walk_several)


NAMES = {"quote": "quote", "quasiquote": "quasi", "=": "assign", "set!": "assign", "def": "assign", "\\": "lambda",
         "fun": "lambda", "let": "let", "if": "if", "select": "select", "case": "select", "and": "and", "or": "and",
         "reset": "region", "shift": "region", "async": "region", "try": "try", "error?": "region"}


# ---- data to closures --------------------------------------------------------------------------------


class Compiler:
    """Turns data into closures (env, k) → step."""

    def __init__(self, machine):
        self.machine = machine
        self.depth = 0  # of frames around; at 0, `=` is `def`

    def top_level(self, node):
        return self.expr(node)

    def in_frame(self, node):
        self.depth += 1
        code = self.body(node)
        self.depth -= 1
        return code

    # Sequences and bodies.
    def body(self, node):
        if not (isinstance(node, Seq) and node.is_block):
            return self.expr(node)
        if not node.items:
            return self.constant(())
        if isinstance(node.items[0], Seq):
            return self.sequence(node.items)
        if len(node.items) == 1:
            return self.expr(node.items[0])
        return self.expr(Seq(False, node.items))

    def several(self, nodes):
        if len(nodes) == 1:
            return self.body(nodes[0])
        return self.sequence(nodes)

    def sequence(self, nodes):
        if not nodes:
            return self.constant(())
        codes = [self.expr(n) for n in nodes]
        return codes[0] if len(codes) == 1 else self.chain(codes, 0)

    def chain(self, codes, i):
        code = codes[i]
        if i == len(codes) - 1:
            return code
        rest = self.chain(codes, i + 1)

        def go_on(v, env, k):
            return rest, env, k

        return lambda env, k: (code, env, Then(go_on, k))

    def constant(self, v):
        return lambda env, k: (k.ret, v, env)

    # Expressions.
    def expr(self, node):
        if isinstance(node, Kw):
            return self.constant(node)
        if isinstance(node, Sym):
            return self.name(node)
        if not isinstance(node, Seq):
            return self.constant(node)
        if node.is_block:
            return self.literal(node)
        if not node.items:
            return self.constant(())
        head = node.items[0]
        if isinstance(head, Sym) and head in FORMS:
            return getattr(self, "form_" + FORM_NAMES[head])(*node.items[1:])
        return self.call([self.expr(i) for i in node.items])

    def name(self, name):
        machine = self.machine

        def run(env, k):
            cell = env.find(name)
            if cell is not None:
                return k.ret, cell[0], env
            for table in (machine.globals, PRIMS):
                if name in table:
                    return k.ret, table[name], env
            return machine.raise_error(Err(Kw(":unbound"), Str(""), ()), k)

        return run

    def literal(self, node):
        items = datum_value(node)
        if items == ():
            return self.constant(())
        compiled = []
        depth = self.depth

        def run(env, k):
            if not compiled:
                self.depth = depth
                compiled.append(self.block_code(node))
            return k.ret, Block(items, compiled[0], env), env

        return run

    def block_code(self, node):
        try:
            return self.body(node)
        except Exception as problem:  # data that is no code: seen only if it is evaluated
            text = str(problem)
            return lambda env, k: self.machine.raise_error(Err(Kw(":syntax"), Str(text), ()), k)

    def call(self, codes):
        machine = self.machine

        def step(i, values):
            def got(v, env, k):
                done = values + (v,)
                if i + 1 == len(codes):
                    return machine.apply(done[0], done[1:], env, k)
                return codes[i + 1], env, Then(step(i + 1, done), k)

            return got

        return lambda env, k: (codes[0], env, Then(step(0, ()), k))

    # Definitions.
    def form_def(self, target, *values):
        machine = self.machine
        names = target.items if isinstance(target, Seq) else (target,)
        codes = [self.expr(v) for v in values]

        def store(i):
            def got(v, env, k):
                if isinstance(v, Closure) and not v.name:
                    v.name = names[i]
                machine.globals[names[i]] = v
                if i + 1 == len(names):
                    return k.ret, (), env
                return codes[i + 1], env, Then(store(i + 1), k)

            return got

        return lambda env, k: (codes[0], env, Then(store(0), k))

    def form_fun(self, header, body):
        return self.form_def(header.items[0], Seq(False, (Sym("\\"), Seq(True, header.items[1:]), body)))

    def form_bind(self, target, value):
        if self.depth == 0:
            return self.form_def(target, value)
        name = target.items[0]
        code = self.expr(value)

        def got(v, env, k):
            if isinstance(v, Closure) and not v.name:
                v.name = name
            cell = env.cells.get(name)
            if cell is None:
                after = env.bind(name, v)
                if isinstance(v, Closure) and v.env is env:  # its own lambda sees it
                    v.env = after
                return k.ret, (), after
            cell[0] = v
            return k.ret, (), env

        return lambda env, k: (code, env, Then(got, k))

    def form_set(self, target, value):
        machine = self.machine
        name = target.items[0]
        code = self.expr(value)

        def got(v, env, k):
            cell = env.find(name)
            if cell is not None:
                cell[0] = v
            elif name in machine.globals:
                machine.globals[name] = v
            else:
                return machine.raise_error(Err(Kw(":unbound"), Str(""), ()), k)
            return k.ret, (), env

        return lambda env, k: (code, env, Then(got, k))

    def form_lambda(self, params, body):
        names = list(params.items)
        rest = None
        if "&" in names:
            rest = names[-1]
            names = names[: names.index("&")]
        shared = Sharing(names + ([rest] if rest else []), [body]).shared()
        code = self.in_frame(body)
        return lambda env, k: (k.ret, Closure("", names, rest, shared, code, env), env)

    def form_let(self, first, second=None):
        if second is None:
            shared = Sharing([], [first]).shared()
            code = self.in_frame(first)
            return lambda env, k: (code, new_frame(shared, env), keep_env(env, k))
        bindings = first.items
        pairs = [paren_assign(n, e) for n, e in zip(bindings[0::2], bindings[1::2])]
        shared = Sharing([], [*pairs, second]).shared()
        self.depth += 1
        codes = [self.expr(p) for p in pairs] + [self.body(second)]
        self.depth -= 1
        code = self.chain(codes, 0)
        return lambda env, k: (code, new_frame(shared, env), keep_env(env, k))

    # Branches.
    def form_if(self, condition, then, otherwise=Seq(True, ())):
        test, yes, no = self.expr(condition), self.body(then), self.body(otherwise)

        def branch(v, env, k):
            return yes if truth(v) else no, env, k

        return lambda env, k: (test, env, Then(branch, k))

    def form_select(self, *clauses):
        machine = self.machine
        after = lambda env, k: machine.raise_error(Err(Kw(":nomatch"), Str(""), ()), k)  # noqa: E731
        for clause in reversed(clauses):
            value = self.expr(clause.items[1])
            if clause.items[0] == "otherwise":
                after = value
            else:
                after = self.test(self.expr(clause.items[0]), truth, value, after)
        return after

    def test(self, code, is_true, yes, no):
        def branch(v, env, k):
            return yes if is_true(v) else no, env, k

        return lambda env, k: (code, env, Then(branch, k))

    def form_case(self, subject, *clauses):
        machine = self.machine
        code = self.expr(subject)
        keys = [None if c.items[0] == "otherwise" else self.expr(c.items[0]) for c in clauses]
        values = [self.expr(c.items[1]) for c in clauses]

        def try_from(i, x, env, k):
            if i == len(keys):
                return machine.raise_error(Err(Kw(":nomatch"), Str(""), ()), k)
            if keys[i] is None:
                return values[i], env, k

            def compare(v, env, k):
                return (values[i], env, k) if equal(v, x) else try_from(i + 1, x, env, k)

            return keys[i], env, Then(compare, k)

        return lambda env, k: (code, env, Then(lambda x, env, k: try_from(0, x, env, k), k))

    def form_do(self, *nodes):
        return self.sequence(nodes)

    def form_and(self, *nodes):
        return self.logical(nodes, 1, lambda v: not truth(v))

    def form_or(self, *nodes):
        return self.logical(nodes, (), truth)

    def logical(self, nodes, empty, decides):
        if not nodes:
            return self.constant(empty)
        code = self.expr(nodes[-1])
        for node in reversed(nodes[:-1]):
            code = self.logical_step(self.expr(node), code, decides)
        return code

    def logical_step(self, code, rest, decides):
        def got(v, env, k):
            return (k.ret, v, env) if decides(v) else (rest, env, k)

        return lambda env, k: (code, env, Then(got, k))

    # Data.
    def form_quote(self, node):
        return self.constant(datum_value(node))

    def form_quasi(self, node):
        if not isinstance(node, Seq):
            return self.constant(datum_value(node))
        if node.items and node.items[0] == "unquote":
            return self.expr(node.items[1])
        parts = []
        for item in node.items:
            splices = isinstance(item, Seq) and item.items and item.items[0] == "unquote-splicing"
            parts.append((bool(splices), self.expr(item.items[1]) if splices else self.form_quasi(item)))
        machine = self.machine

        def build(i, done, env, k):
            if i == len(parts):
                return k.ret, done, env

            def got(v, env, k):
                v = unblock(v)
                if parts[i][0] and not isinstance(v, tuple):
                    return machine.raise_error(Err(Kw(":type"), Str(""), ()), k)
                return build(i + 1, done + (v if parts[i][0] else (v,)), env, k)

            return parts[i][1], env, Then(got, k)

        return lambda env, k: build(0, (), env, k)

    # Errors.
    def form_try(self, *nodes):
        catches = [n for n in nodes if isinstance(n, Seq) and n.items and n.items[0] == "catch"]
        finals = [n for n in nodes if isinstance(n, Seq) and n.items and n.items[0] == "finally"]
        code = self.several([n for n in nodes if n not in catches and n not in finals])
        for clause in catches:
            code = self.catching(code, clause.items[1].items[0], self.several(clause.items[2:]))
        for clause in finals:
            code = self.finishing(code, self.several(clause.items[1:]))
        return code

    def catching(self, code, name, handler):
        def on_error(error, env, k):
            return handler, env.bind(name, error), keep_env(env, k)

        return lambda env, k: (code, env, Handler(None, on_error, env, k))

    def finishing(self, code, cleanup):
        machine = self.machine

        def on_value(v, env, k):
            return cleanup, env, Then(lambda _, e, k: (k.ret, v, env), k)

        def on_error(error, env, k):
            def replaced(later, e, k):
                if isinstance(later, Err):
                    later.attached += (error,)
                return machine.raise_error(later, k)

            return cleanup, env, Handler(lambda _, e, k: machine.raise_error(error, k), replaced, env, k)

        return lambda env, k: (code, env, Handler(on_value, on_error, env, k))

    def form_is_error(self, node):
        code = self.body(node)

        def on_value(v, env, k):
            return k.ret, int(isinstance(v, Err)), env

        return lambda env, k: (code, env, Handler(on_value, lambda e, env, k: (k.ret, 1, env), env, k))

    # Control.
    def form_reset(self, *nodes):
        machine = self.machine
        code = self.several(nodes)

        def run(env, k):
            machine.segments = (Restore(env, k), machine.segments)
            return code, env, machine.bottom

        return run

    def form_shift(self, name, *nodes):
        machine = self.machine
        name = name.items[0] if isinstance(name, Seq) else name
        code = self.several(nodes)

        def run(env, k):
            c = Continuation(Restore(env, k), machine.segments is None)
            return code, env.bind(name, c), machine.bottom

        return run

    def form_async(self, *nodes):
        raise Unsupported("tasks")


FORM_NAMES = {"def": "def", "=": "bind", "set!": "set", "fun": "fun", "\\": "lambda", "let": "let", "if": "if",
              "do": "do", "select": "select", "case": "case", "and": "and", "or": "or", "quote": "quote",
              "quasiquote": "quasi", "try": "try", "error?": "is_error", "reset": "reset", "shift": "shift",
              "async-reset": "async", "async-shift": "async", "async": "async"}


LET_BIND = Kw("=")  # equal to the form, but another object


def paren_assign(name, value):
    return Seq(False, (LET_BIND, Seq(True, (name,)), value))


def datum_value(node):
    if isinstance(node, Seq):
        return tuple(datum_value(i) for i in node.items)
    return node


# ---- builtins ----------------------------------------------------------------------------------------

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
    return PRIMS["+"].function(m, *as_list(xs))


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


@prim("vec", 0, -1)
def _(m, *xs):
    return Vec(xs)


def index(v, i):
    want(lambda v: isinstance(v, Vec), v)
    integer(i)
    if not 0 <= i < len(v.items):
        fail(":range")


@prim("vec/get", 2)
def _(m, v, i):
    index(v, i)
    return v.items[i]


@prim("vec/set!", 3)
def _(m, v, i, x):
    index(v, i)
    v.items[i] = x
    return x


@prim("vec/push!", 2)
def _(m, v, x):
    want(lambda v: isinstance(v, Vec), v)
    v.items.append(x)
    return x


@prim("vec->list", 1)
def _(m, v):
    want(lambda v: isinstance(v, Vec), v)
    return tuple(v.items)


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


@prim("%want-function", 3)
def _(m, name, argument, x):
    want(is_function, x)
    return x


def control(name, count):
    def add(function):
        PRIMS[Sym(name)] = Control(name, count, function)
        return function

    return add


@control("eval", 1)
def _(m, args, k):
    x = args[0]
    if isinstance(x, Block):
        return x.code, x.env, k
    if isinstance(x, tuple) and x:
        return Compiler(m).expr(as_code(x)), Env({}, {}, None), k
    return k.ret, x, None


def as_code(v):
    v = unblock(v)
    return Seq(False, map(as_code, v)) if isinstance(v, tuple) else v


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




class Reference:
    """Runs one program after the other."""

    def __init__(self, library):
        self.machine = Machine()
        self.machine.load_library(library)

    def run(self, forms, max_steps=30000):
        """Gives (output, error or None); raises TooLong or Unsupported."""
        machine = self.machine
        machine.globals = dict(machine.library)
        machine.output, machine.segments, machine.error = [], None, None
        machine.steps, machine.max_steps = 0, max_steps
        return machine.run(forms)
