"""Which variables of a frame are shared, and which are bound afresh by each assignment (LANGUAGE 3.4)."""

from syntax import Kw, Seq, Sym

FORMS = set("def = set! fun \\ let if do select case and or quote quasiquote try error? reset shift "
            "async-reset async-shift async".split())
LET_BIND = Kw("=")  # the `=` of a binding of `let`: equal to the form, but another object


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
            self.walk_body(rest[0].items[0])
            self.branches([lambda: self.walk_body(rest[0].items[1]), lambda: go(rest[1:])])

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
