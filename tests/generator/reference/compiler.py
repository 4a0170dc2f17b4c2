"""Data to closures: what each form does, as steps of the machine."""

from syntax import Kw, Seq, Str, Sym

from .machine import Handler, Restore, Then, keep_env, new_frame
from .sharing import FORMS, LET_BIND, Sharing
from .tasks import start
from .values import Block, Closure, Continuation, Err, Unsupported, equal, truth, unblock


class Compiler:
    """Turns data into closures (env, k) → step."""

    def __init__(self, machine):
        self.machine = machine
        self.depth = 0  # of frames around; at 0, `=` is `def`

    def top_level(self, node):
        return self.expr(node)

    def in_frame(self, node):
        outer = self.depth
        self.depth = outer + 1
        try:
            return self.body(node)
        finally:
            self.depth = outer

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
        if node.is_block is True:
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
            for table in (machine.globals, machine.builtins):
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
                outer, self.depth = self.depth, depth
                compiled.append(self.block_code(node))
                self.depth = outer
            return k.ret, Block(items, compiled[0], env), env

        return run

    def block_code(self, node):
        """Data that is no code is an error only if it is evaluated, and then one that is not modelled."""
        try:
            return self.body(node)
        except Exception as problem:
            text = str(problem)

        def refuse(env, k):
            raise Unsupported(text)

        return refuse

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
        codes = [self.expr(p) for p in pairs]
        self.depth -= 1
        codes.append(self.in_frame(second))
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
            value = self.body(clause.items[1])
            if clause.items[0] == "otherwise":
                after = value
            else:
                after = self.test(self.body(clause.items[0]), truth, value, after)
        return after

    def test(self, code, is_true, yes, no):
        def branch(v, env, k):
            return yes if is_true(v) else no, env, k

        return lambda env, k: (code, env, Then(branch, k))

    def form_case(self, subject, *clauses):
        machine = self.machine
        code = self.expr(subject)
        keys = [None if c.items[0] == "otherwise" else self.body(c.items[0]) for c in clauses]
        values = [self.body(c.items[1]) for c in clauses]

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
        code = self.expr(node)  # an expression, not a body: {…} would be a list

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

    def form_shift(self, name, first, *more):
        nodes = (first, *more)
        machine = self.machine
        name = name.items[0] if isinstance(name, Seq) else name
        code = self.several(nodes)

        def run(env, k):
            c = Continuation(Restore(env, k), machine.segments is None)
            return code, env.bind(name, c), machine.bottom

        return run

    def form_async(self, body, *more):
        if more:
            raise Unsupported("options of tasks")
        shared = Sharing([], [body]).shared()
        code = self.in_frame(body)
        machine = self.machine
        return lambda env, k: start(machine, code, new_frame(shared, env), env, k)

    def form_unsupported(self, *nodes):
        raise Unsupported("async-reset")


FORM_NAMES = {"def": "def", "=": "bind", "set!": "set", "fun": "fun", "\\": "lambda", "let": "let", "if": "if",
              "do": "do", "select": "select", "case": "case", "and": "and", "or": "or", "quote": "quote",
              "quasiquote": "quasi", "try": "try", "error?": "is_error", "reset": "reset", "shift": "shift",
              "async-reset": "unsupported", "async-shift": "unsupported", "async": "async"}


def paren_assign(name, value):
    return Seq(False, (LET_BIND, Seq(True, (name,)), value))


def datum_value(node):
    if isinstance(node, Seq):
        return tuple(datum_value(i) for i in node.items)
    return node
