"""Random vectors and loops over them. Many hold nothing but floats, and the runtime keeps those in a way of their own
until something else is put in."""

from syntax import Kw, Str, Seq, Sym, block, paren

FLOATS = [0.0, -0.0, 0.5, 1.0, -1.5, 2.0**53, 4611686018427387904.0, 1e300, 0.1]


class VectorGenerator:
    """A base of Generator, which has the rest."""

    def vector(self, depth):
        """Often one of floats alone, which keeps its elements in a way of its own."""
        if self.scope.vectors and self.likely(60):
            return self.pick(self.scope.vectors)
        kind = self.number_to(8)
        if kind == 0:
            return paren("list->vec", self.list(depth - 1))
        if kind == 1:
            return paren("vec/make", self.number_to(4), self.pick(FLOATS) if self.likely(60) else self.simple())
        if kind == 2 and depth > 0:
            return paren("vec/slice", self.vector(depth - 1), self.number_to(2), self.number_to(4))
        is_float = self.likely(70)
        return paren("vec", *[self.pick(FLOATS) if is_float else self.simple() for _ in range(self.number_to(4))])

    def odd(self):
        """What is no number, and no vector, which might come to hold itself."""
        return self.pick([Str("s"), Sym("nil"), 2**62, block(1), Kw(":key")])

    def of_vector(self, d):
        kind = self.number_to(8)
        v = self.vector(d)
        if kind == 0:
            return paren("vec/len", v)
        if kind == 1:
            return paren("vec/push!", v, self.odd() if self.likely(20) else self.simple())
        if kind == 2:
            return paren("vec/pop!", v)
        if kind == 3:
            return paren("==", v, self.vector(d))
        if kind == 4:
            return paren("vec/set!", v, self.number_to(3), self.odd() if self.likely(10) else self.number(d))
        if kind == 5:
            return paren("*", 0.5, paren("vec/get", v, self.number_to(3)))
        return paren("vec/get", v, self.number_to(3) if self.likely(90) else self.number(0))

    def sweep(self, name):
        """A loop over the elements of a vector, which it changes: mostly floats, and what is computed with them."""
        v, i, total, inner, x, y = (self.fresh(stem) for stem in ("x", "i", "a", "f", "v", "v"))
        element = paren("vec/get", v, i)
        changed = paren(self.pick(["*", "+", "-"]), element, self.pick([0.5, 2.0, 1.5, total, x]))
        if self.likely(15):
            changed = self.pick([Str("s"), i, paren("list", element)])
        step = paren("do", paren("vec/set!", v, i, changed),
                     paren(inner, paren("+", i, 1), paren(self.pick(["+", "-", "max"]), total, element)))
        if self.likely(30):
            step = paren("if", paren("<", element, x), block(step), block(paren(inner, paren("+", i, 1), total)))
        first = [self.pick(FLOATS) if self.likely(85) else self.literal() for _ in range(1 + self.number_to(4))]
        body = [paren("=", block(v), paren("vec", *first)),
                paren("=", block(inner), paren("\\", block(i, total), block(
                    paren("if", paren("<", i, paren("vec/len", v)), block(step), block(total))))),
                paren("list", paren(inner, 0, self.pick([0.0, 0, y])), v)]
        body[2] = paren("do", paren("print", Str("sweep"), body[2]), y)
        return paren("fun", block(name, x, y), Seq(True, body))
