"""Random programs: well formed, deterministic, ending soon for the most part, and full of what passes and
back ends may get wrong: closures and frames, blocks, captured continuations that are called several
times, handlers around and inside them, integers at the border of bignums.

Most values are numbers, so that few operations fail; where one does, an error is raised, caught and
printed like any other value. Functions call those made before them; recursion and loops count to a small
number. What is left (a continuation in a loop may multiply) is cut off by the limit of reference.py.
"""

import random

from generate_control import ControlGenerator, Scope
from generate_vectors import FLOATS, VectorGenerator
from syntax import Kw, Seq, Str, Sym, block, paren

FIX_MAX = 2**62 - 1
EDGES = [0, 1, -1, 2, 7, 10, 255, 2**31 - 1, -(2**31), 2**53 + 1, 2**61, -(2**61), FIX_MAX, FIX_MAX - 1, -FIX_MAX,
         -FIX_MAX - 1, FIX_MAX + 1, -FIX_MAX - 2, 2**63, -(2**63), 2**64, 10**25, -(10**25), 3037000500]
STRINGS = ["", "a", "abc", "a b\n", "x\"y", "tab\there", "hello world"]
KINDS = [":bad", ":odd", ":custom"]


class Generator(ControlGenerator, VectorGenerator):
    def __init__(self, seed, evaluates_data=False, is_small=False, uses_tasks=False):
        self.random = random.Random(seed)
        self.prefix = f"p{seed}-"
        self.local_prefix = ""  # of names that `=` binds: globals at top level
        self.size = self.pick([0, 0, 0, 1, 1, 2])  # more depth for some
        if is_small:
            self.size = self.pick([-1, -1, 0])
        self.scope = Scope()
        self.count = 0
        self.evaluates_data = evaluates_data
        self.uses_tasks = uses_tasks
        self.nesting = 0
        self.labels = 0

    # ---- choices ----

    def likely(self, percent):
        return self.random.random() * 100 < percent

    def pick(self, items):
        return self.random.choice(items)

    def number_to(self, n):
        return self.random.randrange(n)

    def fresh(self, stem):
        self.count += 1
        return Sym(f"{self.local_prefix}{stem}{self.count}")

    def inside(self, build, scope=None):
        """Builds something whose bindings end with it."""
        outer = self.scope
        self.scope = scope or Scope(outer)
        result = build()
        self.scope = outer
        return result

    # ---- numbers ----

    def literal(self):
        kind = self.number_to(10)
        if kind < 6:
            return self.number_to(12) - 3
        if kind < 9:
            return self.pick(EDGES)
        return self.pick(FLOATS)

    def small(self):
        return self.number_to(6)

    def simple(self):
        if self.scope.numbers and self.likely(75):
            return self.pick(self.scope.numbers[-6:] if self.likely(70) else self.scope.numbers)
        return self.literal()

    def number(self, depth):
        if depth <= 0:
            return self.simple()
        return self.pick(NUMBERS)(self, depth - 1)

    def arithmetic(self, d):
        name = self.pick(["+", "-", "*", "+", "-", "*", "quotient", "%", "/", "min", "max", "bit/and", "bit/or",
                          "bit/xor"])
        n = 2
        if name in ("+", "-", "*", "min", "max") and self.likely(20):
            n = self.pick([1, 3, 4])
        return paren(name, *[self.number(d) for _ in range(n)])

    def unary(self, d):
        name = self.pick(["abs", "floor", "int", "float", "-", "not", "round"])
        return paren(name, self.number(d))

    def shifted(self, d):
        return paren(self.pick(["bit/shl", "bit/shr"]), self.number(d), self.pick([0, 1, 2, 30, 61, 62, 63, 64]))

    def condition(self, d):
        kind = self.number_to(8)
        if kind < 5:
            return paren(self.pick(["<", ">", "<=", ">=", "==", "!="]), self.number(d), self.number(d))
        if kind == 5:
            return paren("==", self.value(d), self.value(d))
        if kind == 6:
            return paren(self.pick(["nil?", "list?", "number?", "function?", "not"]), self.value(d))
        return self.number(d)

    def branch(self, d):
        c = self.condition(d)
        return paren("if", c, *[self.inside(lambda: self.body(d)) for _ in range(2)])

    def select(self, d):
        clauses = [block(self.condition(d), self.inside(lambda: self.number(d))) for _ in range(1 + self.number_to(2))]
        if self.likely(90):
            clauses.append(block("otherwise", self.number(d)))
        return paren("select", *clauses)

    def case(self, d):
        subject = self.value(d) if self.likely(30) else self.number(d)
        clauses = [block(self.number_to(4) if self.likely(80) else self.number(d), self.number(d))
                   for _ in range(1 + self.number_to(3))]
        if self.likely(90):
            clauses.append(block("otherwise", self.number(d)))
        return paren("case", subject, *clauses)

    def logical(self, d):
        return paren(self.pick(["and", "or"]), *[self.condition(d) for _ in range(2 + self.number_to(2))])

    def let(self, d):
        outer = self.scope
        self.scope = Scope(outer)
        bindings = []
        for _ in range(self.number_to(3)):
            e = self.number(d)
            name = self.name_for_number()
            bindings += [name, e]
            self.bind_number(name)
        body = self.body(d, statements=2)
        self.scope = outer
        return paren("let", block(*bindings), body) if bindings else paren("let", body)

    def name_for_number(self):
        """A new name, or one that hides what can be seen."""
        if self.scope.numbers and self.likely(15):
            name = self.pick(self.scope.numbers)
            if not name.startswith("p"):
                return name
        return self.fresh("v")

    def bind_number(self, name):
        self.scope.numbers.append(name)
        self.scope.assignable.append(name)

    def sequence(self, d):
        return paren("do", *[self.statement(d) for _ in range(1 + self.number_to(2))], self.number(d))

    def note(self, d):
        self.labels += 1
        return paren(self.prefix + "note", self.labels, self.number(d))

    def call(self, d):
        if not self.scope.functions:
            return self.arithmetic(d)
        name, arity = self.pick(self.scope.functions[-5:] if self.likely(60) else self.scope.functions)
        args = [self.number(d) for _ in range(arity)]
        if arity > 1 and self.likely(15):
            cut = 1 + self.number_to(arity - 1)
            return Seq(False, [paren(name, *args[:cut]), *args[cut:]])
        if self.likely(4):
            return Seq(False, [paren("id", name), *args[1:], *([1] if self.likely(50) else [])])
        return paren(name, *args)

    def apply_lambda(self, d):
        arity = 1 + self.number_to(2)
        return Seq(False, [self.function(arity, d), *[self.number(d) for _ in range(arity)]])

    def variadic(self, d):
        def build():
            x, rest = self.fresh("v"), self.fresh("r")
            self.bind_number(x)
            self.scope.lists.append(rest)
            return paren("\\", block(x, "&", rest), self.body(d))

        return Seq(False, [self.inside(build), *[self.number(d) for _ in range(1 + self.number_to(3))]])

    def of_list(self, d):
        kind = self.number_to(9)
        if kind == 0:
            return paren("len", self.list(d))
        if kind == 1:
            return paren(self.pick(["head", "last", "fst", "snd"]), self.list(d))
        if kind == 2:
            return paren("nth", 1 + self.number_to(3), self.list(d))
        if kind == 3:
            return paren("sum", self.list(d))
        if kind == 4:
            return paren(self.pick(["any?", "every?", "find"]), self.function_value(1, d), self.list(d))
        if kind == 5:
            return paren("exists", self.number(d), self.list(d))
        if kind == 6:
            return paren("unpack", self.function_value(2, d), paren("list", self.number(d), self.number(d)))
        return paren(self.pick(["foldl", "foldr"]), self.function_value(2, d), self.number(d), self.list(d))

    def of_string(self, d):
        kind = self.number_to(4)
        if kind == 0:
            return paren("len", self.string(d))
        if kind == 1:
            return paren("str/find", self.string(d), self.string(0))
        if kind == 2:
            return paren("==", self.string(d), self.string(d))
        return paren("len", paren("repr", self.value(d)))

    # ---- cells, errors ----

    def cell(self, d):
        if not self.scope.cells:
            return self.arithmetic(d)
        c = self.pick(self.scope.cells)
        kind = self.number_to(3)
        if kind == 0:
            return paren("ref/set!", c, self.number(d))
        if kind == 1:
            return paren("ref/update!", c, self.function_value(1, d))
        return paren("ref/get", c)

    def raising(self, d):
        kind = self.number_to(4)
        if kind == 0:
            return paren("error", Str(self.pick(STRINGS)))
        if kind == 1 and self.scope.errors:
            return paren("throw", self.pick(self.scope.errors))
        return paren("error", Kw(self.pick(KINDS)), Str(self.pick(STRINGS)), self.number(d))

    def perhaps_raising(self, d):
        return paren("if", self.condition(d), block(self.raising(d)), block(self.number(d)))

    def try_(self, d):
        parts = [self.inside(lambda: self.body(d, statements=2))]
        if self.likely(80):
            parts.append(self.inside(lambda: self.catch(d)))
        if self.likely(30):
            parts.append(self.inside(lambda: paren("finally", self.statement(d))))
        return paren("try", *parts)

    def catch(self, d):
        e = self.fresh("e")
        self.scope.errors.append(e)
        kind = self.number_to(5)
        if kind == 0:
            body = paren("do", paren("print", Str("caught"), paren("error/kind", e)), self.number(d))
        elif kind == 1:
            body = paren("if", paren("==", paren("error/kind", e), Kw(self.pick(KINDS))),
                         block(paren("error/data", e)), block(self.number(d)))
        elif kind == 2:
            body = paren("throw", e)
        else:
            body = self.body(d)
        return paren("catch", block(e), body)

    def is_error(self, d):
        return paren("error?", self.inside(lambda: self.number(d)))

    # ---- functions ----

    def function(self, arity, d):
        def build():
            names = [self.name_for_number() for _ in range(arity)]
            if len(set(names)) < arity:
                names = [self.fresh("v") for _ in range(arity)]
            for name in names:
                self.bind_number(name)
            return paren("\\", block(*names), self.body(d, statements=1 if self.likely(40) else 0))

        self.nesting += 1
        result = self.inside(build)
        self.nesting -= 1
        return result

    def function_value(self, arity, d):
        known = [name for name, n in self.scope.functions if n == arity]
        if known and self.likely(40):
            return self.pick(known)
        if arity == 2 and self.likely(30):
            return Sym(self.pick(["+", "-", "*", "max", "min"]))
        more = [name for name, n in self.scope.functions if n == arity + 1]
        if more and self.likely(25):
            return paren(self.pick(more), self.simple())
        return self.function(arity, d - 1)

    # ---- other kinds ----

    def list(self, depth):
        if depth <= 0:
            if self.scope.lists and self.likely(60):
                return self.pick(self.scope.lists)
            return block(*[self.number_to(7) for _ in range(self.number_to(4))])
        d = depth - 1
        kind = self.number_to(12)
        if kind == 0:
            return paren("cons", self.number(d), self.list(d))
        if kind == 1:
            return paren("join", self.list(d), self.list(d))
        if kind in (2, 3):
            return paren("map", self.function_value(1, d), self.list(d))
        if kind == 4:
            return paren("filter", self.function_value(1, d), self.list(d))
        if kind == 5:
            return paren("sort", self.less(d), self.list(d))
        if kind == 6:
            return paren(self.pick(["take", "drop"]), self.small(), self.list(d))
        if kind == 7:
            return paren("reverse", self.list(d))
        if kind == 8:
            return paren("quasiquote", block(paren("unquote", self.number(d)), "sym",
                                             paren("unquote-splicing", self.list(d))))
        if kind == 9:
            return paren("repeat", self.function_value(1, d), self.number_to(4))
        if kind == 10:
            return paren("tail", self.list(d))
        return paren("list", *[self.number(d) for _ in range(self.number_to(4))])

    def less(self, d):
        if self.likely(50):
            return Sym(self.pick(["<", ">"]))

        def build():
            a, b = self.fresh("v"), self.fresh("v")
            self.scope.numbers += [a, b]
            return paren("\\", block(a, b), block(paren("<", paren("+", a, self.number(d)), b)))

        return self.inside(build)

    def string(self, depth):
        if depth <= 0:
            return Str(self.pick(STRINGS))
        kind = self.number_to(4)
        if kind == 0:
            return paren("str", self.value(depth - 1), self.value(depth - 1))
        if kind == 1:
            return paren("str/slice", self.string(depth - 1), self.number_to(2), self.number_to(4))
        if kind == 2:
            return paren("str/join", Str(", "), self.list(depth - 1))
        return paren("str/upper", self.string(depth - 1))

    def value(self, depth):
        kind = self.number_to(10)
        if kind < 4:
            return self.number(depth)
        if kind < 6:
            return self.list(depth)
        if kind == 6:
            return self.string(depth)
        if kind == 7 and self.scope.vectors and self.likely(50):
            return self.pick(self.scope.vectors)
        if kind == 7:
            return self.pick([Kw(":key"), paren("quote", Sym("sym")), Sym("nil"), Sym("true"), 1.0, block()])
        if kind == 8 and depth > 0:
            return paren("list", self.value(depth - 1), self.value(depth - 1))
        return paren("type", self.function_value(1, depth - 1)) if depth > 0 else 0

    # ---- bodies ----

    def body(self, d, statements=0):
        """A body that gives a number; its bindings are in the frame around it."""
        items = []
        while statements > 0 and self.likely(60):
            items.append(self.statement(d))
            statements -= 1
        last = self.number(d)
        if not items:
            if isinstance(last, Seq) and not last.is_block and self.likely(60) and last.items and \
                    not isinstance(last.items[0], Seq):
                return Seq(True, last.items) if len(last.items) > 1 else Seq(True, [last])
            return Seq(True, [last])
        return Seq(True, [*items, last if isinstance(last, Seq) else paren("do", last)])

    def statement(self, d):
        kind = self.number_to(15)
        d = max(d - 1, 0)
        if kind == 14:
            name = self.fresh("x")
            e = self.vector(d)
            self.scope.vectors.append(name)
            return paren("=", block(name), e)
        if kind < 3:
            e = self.number(d)
            name = self.name_for_number()
            self.bind_number(name)
            return paren("=", block(name), e)
        if kind == 3 and self.scope.assignable:
            return paren("set!", block(self.pick(self.scope.assignable[-4:])), self.number(d))
        if kind == 4:
            name, arity = self.fresh("f"), 1 + self.number_to(2)
            f = self.function(arity, d)
            self.scope.functions.append((name, arity))
            return paren("=", block(name), f)
        if kind == 5:
            name = self.fresh("l")
            e = self.list(d)
            self.scope.lists.append(name)
            return paren("=", block(name), e)
        if kind == 6:
            name = self.fresh("c")
            e = self.number(d)
            self.scope.cells.append(name)
            return paren("=", block(name), paren("ref", e))
        if kind == 7:
            name = self.fresh("b")
            e = self.code(d)
            self.scope.blocks.append(name)
            return paren("=", block(name), e)
        if kind == 8:
            return paren("if", self.condition(d), self.inside(lambda: block(self.statement(d))))
        # Code made at run time cannot: if nothing else assigns it, it is a constant of the program.
        if kind == 9 and self.local_prefix != self.prefix:
            return paren("set!", block(self.prefix + "g"), self.number(d))
        if kind == 10 and d > 0:
            return paren("try", self.inside(lambda: self.statement(d)), self.inside(lambda: self.catch(d)))
        self.labels += 1
        return paren("print", self.labels, self.value(d))

    # ---- the program ----

    def helpers(self):
        p = self.prefix
        g = Sym(p + "g")
        yield paren("def", block(g), self.literal())
        self.scope.numbers.append(g)
        yield paren("fun", block(p + "note", "label", "x"),
                    block(paren("print", Str("note"), "label", "x"), paren("do", "x")))
        yield paren("fun", block(p + "unless", "c", "body"), block("if", "c", block(0), block("eval", "body")))
        yield paren("fun", block(p + "twice", "body"), block("+", paren("eval", "body"), paren("eval", "body")))
        yield paren("fun", block(p + "while", "test", "body"),
                    block("if", paren("eval", "test"),
                          block(paren("eval", "body"), paren(p + "while", "test", "body")), block(0)))
        yield paren("fun", block(p + "guard", "body", "f"),
                    block("try", paren("eval", "body"), paren("catch", block("e"), paren("f", paren("error/data", "e")))))

    def global_function(self):
        name, arity = self.fresh(self.prefix + "f"), 1 + self.number_to(3)
        kind = self.number_to(8)
        if kind < 2:
            form = self.counting(name)
            arity = 2
        elif kind == 2:
            form = self.loop(name)
            arity = 3
        elif kind == 3:
            form = self.walk(name)
            arity = 2
        elif kind == 4 and self.likely(50):
            form = self.sweep(name)
            arity = 2
        else:
            f = self.function(arity, 2 + self.size)
            form = paren("fun", block(name, *f.items[1].items), f.items[2])
        self.scope.functions.append((name, arity))
        self.global_functions.append((name, arity))
        return form

    def counting(self, name):
        """A function that calls itself, counting down from at most 4."""
        def build():
            n, x = self.fresh("n"), self.fresh("x")
            self.scope.numbers.append(n)
            self.bind_number(x)
            down = paren("-", paren("min", n, 4), 1)
            step = paren(name, down, self.number(2))
            if self.likely(60):
                step = paren(self.pick(["+", "*", "-"]), self.number(2), step)
            return paren("fun", block(name, n, x), block(paren("if", paren("<=", n, 0), self.body(2), block(step))))

        return self.inside(build)

    def loop(self, name):
        """A loop over two numbers, with nothing but arithmetic in it."""
        n, a, b = self.fresh("n"), self.fresh("a"), self.fresh("b")

        def term(depth):
            if depth == 0:
                return self.pick([a, b, n, a, b, self.literal()])
            if self.likely(15):
                return paren("if", paren(self.pick(["<", ">=", "=="]), term(0), term(0)), block(term(depth - 1)),
                             block(term(0)))
            return paren(self.pick(["+", "-", "*", "+", "-", "*", "quotient", "%", "bit/and", "max"]), term(depth - 1),
                         term(0))

        step = paren(name, paren("-", paren("min", n, 5), 1), term(1 + self.number_to(2)), term(self.number_to(2)))
        if self.likely(25):
            step = paren("+", term(0), step)
        end = paren("let", block(paren("do", paren("print", Str("loop"), a, b), term(1))))
        return paren("fun", block(name, n, a, b), block(paren("if", paren("<", n, 1), block(end), block(step))))

    def walk(self, name):
        """A loop over a list that it makes, which may hold what is no number."""
        items, total, inner = self.fresh("l"), self.fresh("a"), self.fresh("f")
        odd = self.pick([Str("s"), Sym("nil"), 0.5, 2**62, 1, 2, block(1)])
        step = paren(inner, paren("tail", items), paren(self.pick(["+", "*", "-", "max"]), total, paren("head", items)))
        if self.likely(40):
            step = paren("if", paren("number?", paren("head", items)), block(step),
                         block(paren(inner, paren("tail", items), total)))
        x, y = self.fresh("v"), self.fresh("v")
        body = [paren("=", block(inner), paren("\\", block(items, total), block(
                    paren("if", paren("nil?", items), block(total), block(step))))),
                paren(inner, paren("list", x, 1, odd, self.literal()), y)]
        return paren("fun", block(name, x, y), Seq(True, body))

    def main(self):
        """One thing that a program prints."""
        is_top_level = self.likely(15)
        self.local_prefix = self.prefix if is_top_level else ""
        d = 4 + self.size
        e = self.inside(lambda: self.value(d - 1) if self.likely(20) else self.number(d))
        self.local_prefix = ""
        if not is_top_level:
            e = paren("let", block(e if isinstance(e, Seq) else paren("do", e)))
        guarded = paren("try", paren("reset", e) if self.likely(70) else paren("do", paren("reset", e)),
                        paren("catch", block("e"), paren("list", Kw(":caught"), paren("error/kind", "e"),
                                                         paren("error/data", "e"))))
        if self.likely(20):
            guarded = paren("reset", guarded)
        if self.uses_tasks:  # what it starts ends with it
            guarded = paren("await-async", paren("async", block(guarded)))
        return paren("print", Str("result"), guarded)

    def program(self):
        """The top-level forms."""
        forms = list(self.helpers())
        self.global_functions = []
        for _ in range(1 + self.number_to(4)):
            forms.append(self.global_function())
        mains = [self.main() for _ in range(1 + self.number_to(3))]
        if self.likely(30):
            name = self.prefix + "main"
            forms.append(paren("fun", block(name), Seq(True, mains)))
            mains = [paren(name)]
        return forms + mains


G = Generator
NUMBERS = ([G.arithmetic] * 8 + [G.unary, G.shifted] + [G.condition] + [G.branch] * 3 + [G.select, G.case, G.logical]
           + [G.let] * 3 + [G.sequence] * 2 + [G.note, G.note] + [G.waiting] * 2 + [G.call] * 6 + [G.apply_lambda, G.variadic]
           + [G.of_list] * 3 + [G.of_vector] * 2 + [G.of_string] + [G.cell] + [G.perhaps_raising] + [G.try_] * 3 + [G.is_error]
           + [G.evaluated] * 4 + [G.reset] * 2 + [G.shift] * 5 + [G.resumed_later] * 2 + [G.choices, G.recursive]
           + [lambda g, d: g.simple()] * 4)


def generate(seed, is_small=False, uses_tasks=False):
    """The forms of the program of a seed."""
    return Generator(seed, seed % 5 == 0, is_small, uses_tasks).program()
