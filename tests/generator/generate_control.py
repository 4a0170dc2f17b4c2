"""Random blocks, continuations and recursion: the part of generate.py whose code runs more than once, later
or somewhere else."""

from syntax import Kw, Seq, Str, Sym, block, paren


class Scope:
    """What can be mentioned at a point: names by kind, innermost last."""

    def __init__(self, other=None):
        self.numbers = list(other.numbers) if other else []
        self.lists = list(other.lists) if other else []
        self.functions = list(other.functions) if other else []  # (name, arity)
        self.vectors = list(other.vectors) if other else []
        self.cells = list(other.cells) if other else []  # refs that hold a number
        self.blocks = list(other.blocks) if other else []
        self.assignable = list(other.assignable) if other else []  # numbers that set! may change
        self.errors = list(other.errors) if other else []
        self.tasks = list(other.tasks) if other else []


class ControlGenerator:
    """The base of Generator, which has the rest."""

    # ---- blocks ----

    def code(self, d):
        """A literal that is evaluated in the scope where it stands."""
        body = self.inside(lambda: self.body(d, statements=1))
        return body if isinstance(body, Seq) and body.is_block else block(body)

    def evaluated(self, d):
        kind = self.number_to(6)
        if kind == 0:
            return paren("eval", self.code(d))
        if kind == 1 and self.scope.blocks:
            return paren("eval", self.pick(self.scope.blocks))
        if kind == 2:
            return paren(self.prefix + "unless", self.condition(d), self.code(d))
        if kind == 3:
            return paren(self.prefix + "twice", self.code(d))
        if kind == 4:
            return paren(self.prefix + "guard", self.code(d), self.function_value(1, d))
        if self.evaluates_data and self.likely(60):
            return self.computed(d)
        return self.counted(d)

    def computed(self, d):
        """eval of a list made at run time, which sees globals only."""
        def build():
            self.scope.functions = list(self.global_functions)
            return self.number(min(d, 2))

        outer, self.local_prefix = self.local_prefix, self.prefix  # what it binds are globals
        code = self.inside(build, Scope())
        self.local_prefix = outer
        if not isinstance(code, Seq) or self.likely(30):
            return paren("eval", paren("list", paren("quote", Sym(self.pick(["+", "-", "*"]))), self.number(d), 1))
        return paren("eval", paren("quote", code))

    def counted(self, d):
        """A loop by a control structure that is a function."""
        i = self.fresh("i")

        def build():
            self.scope.numbers.append(i)
            step = self.statement(d)
            body = block(step, paren("set!", block(i), paren("+", i, 1)))
            result = self.number(d)
            return paren("let", block(i, 0),
                         block(paren(self.prefix + "while", block(Sym("<"), i, 1 + self.number_to(3)), body), result))

        return self.inside(build)

    # ---- control ----

    def reset(self, d):
        return paren("reset", self.inside(lambda: self.body(d, statements=1)))

    def shift(self, d):
        def build():
            k = self.fresh("k")
            kind = self.number_to(8)
            if kind == 0:
                return paren("shift", k, self.number(d))
            if kind == 1:
                return paren("shift", k, paren(k, paren(k, self.number(d))))
            if kind == 2:
                return paren("shift", k, paren("+", paren(k, self.number(d)), paren(k, self.number(d))))
            if kind == 3:
                return paren("shift", block(k), paren("try", paren(k, self.number(d)),
                                                      self.inside(lambda: self.catch(d))))
            if kind == 4:
                return paren("shift", k, paren("async-throw", k, paren("try", paren("error", Kw(":thrown"), Str("t"),
                                                                                    self.number(d)),
                                                                       paren("catch", block("e"), "e"))))
            self.scope.functions.append((k, 1))
            if kind == 5:
                return paren("shift", k, paren("sum", paren("map", k, self.list(d))))
            return paren("shift", k, self.body(d, statements=1))

        return self.inside(build)

    def resumed_later(self, d):
        """A continuation that is called after its reset has returned."""
        def build():
            kk = self.fresh("kk")
            inner = self.inside(lambda: self.number_with_hole(paren("shift", "k", "k"), d))
            self.scope.functions.append((kk, 1))
            calls = paren(self.pick(["+", "list", "-"]), paren(kk, self.number(d)), paren(kk, self.number(d)))
            if calls.items[0] == "list":
                calls = paren("len", paren("str", calls))
            return paren("let", block(kk, paren("reset", inner)), block(calls))

        return self.inside(build)

    def number_with_hole(self, hole, d):
        """A number expression that holds `hole` where it is evaluated first or in the middle."""
        kind = self.number_to(6)
        if kind == 0:
            return paren("+", self.number(d), hole, self.number(d))
        if kind == 1:
            v = self.fresh("v")
            return paren("let", block(v, hole), self.bound_body(v, d))
        if kind == 2:
            return paren("try", paren("+", 1, hole), self.inside(lambda: self.catch(d)))
        if kind == 3:
            return paren("foldl", paren("\\", block("a", "b"), block(paren("+", "a", paren("if", paren("==", "b", 2),
                                                                                    block(hole), block(Sym("b")))))),
                         0, block(1, 2, 3))
        if kind == 4:
            v = self.fresh("v")
            return paren("let", self.frame_with(v, hole, d))
        return paren("*", paren("eval", block(hole) if isinstance(hole, Seq) else hole), self.number(d))

    def bound_body(self, v, d):
        def build():
            self.bind_number(v)
            return self.body(d, statements=1)

        return self.inside(build)

    def frame_with(self, v, e, d):
        """A body that assigns v, once or twice, and lets closures see it."""
        def build():
            items = []
            if self.likely(40):
                items.append(paren("=", block(v), self.simple()))
                self.bind_number(v)
            f = self.fresh("f")
            if self.likely(40):
                items.append(paren("=", block(f), paren("\\", block(), block(paren("+", v, 1)))))
                self.scope.functions.append((f, 0))
            items.append(paren("=", block(v), e))
            self.bind_number(v)
            if self.likely(40):
                items.append(paren("set!", block(v), paren("+", v, 1)))
            items.append(self.statement(d))
            items.append(self.number(d))
            return Seq(True, items)

        return self.inside(build)

    def choices(self, d):
        """amb, and generators."""
        if self.likely(50):
            def build():
                a = self.fresh("v")
                self.bind_number(a)
                return paren("sum", paren("amb/all", block(paren("let", block(a, paren("amb", self.list(0))), block(
                    paren("require", self.condition(d)), self.number(d))))))

            return self.inside(build)
        y = self.fresh("y")

        def produce():
            self.scope.functions.append((y, 1))
            return paren("\\", block(y), block(paren("do", paren(y, self.number(d)), self.number(d)), 
                                               paren(y, self.number(d))))

        g = self.fresh("g")
        return paren("let", block(g, paren("generator", self.inside(produce))),
                     block(paren("+", paren("gen/next", g), paren("gen/next", g))))

    # ---- tasks ----

    def task(self, d):
        """A task whose continuations stay inside of it."""
        e = self.inside(lambda: self.body(d, statements=1))
        return paren("async", block(paren("reset", e) if self.likely(80) else paren("do", self.simple())))

    def waiting(self, d):
        """An await of something that surely ends."""
        if not self.uses_tasks:
            return self.note(d)
        kind = self.number_to(6)
        if kind == 0:
            return paren("do", paren("await-async", paren("async/yield")), self.number(d))
        if kind == 1:
            return paren("await-async", paren("async/pure", self.number(d)))
        if kind == 2:
            return paren("await-async", self.task(d))
        if kind == 3 and self.scope.tasks:
            return paren("await-async", self.pick(self.scope.tasks))
        return self.two_tasks(d)

    def two_tasks(self, d):
        def build():
            t, u = self.fresh("t"), self.fresh("t")
            bindings = block(t, self.task(d), u, self.task(d))
            self.scope.tasks += [t, u]
            total = paren("+", paren("await-async", t), paren("await-async", u))
            if self.likely(50):
                total = paren("+", paren("await-async", u), self.number(d), paren("await-async", t))
            return paren("let", bindings, block(total))

        return self.inside(build)

    def recursive(self, d):
        """Local functions that call each other, counting down."""
        def build():
            f, g, n, x = (self.fresh(s) for s in ("f", "g", "n", "x"))
            both = self.likely(50)

            def body(callee):
                def inner():
                    self.scope.numbers += [n]
                    self.bind_number(x)
                    step = paren(callee, paren("-", n, 1), self.number(d))
                    if self.likely(50):
                        step = paren(self.pick(["+", "-", "max"]), self.number(d), step)
                    return block(paren("if", paren("<=", n, 0), block(self.number(d)), block(step)))

                return self.inside(inner)

            items = [paren("=", block(f), paren("\\", block(n, x), body(g if both else f)))]
            if both:
                items.append(paren("=", block(g), paren("\\", block(n, x), body(f))))
            items.append(paren(f, 1 + self.number_to(4), self.number(d)))
            return paren("let", Seq(True, items))

        return self.inside(build)
