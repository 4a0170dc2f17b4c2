"""Programs as trees: what generate.py builds, reference.py runs and shrink.py cuts.

Numbers are int and float, strings str, everything else a class of this file. A tree is never changed.
"""


class Sym(str):
    """A symbol; equal symbols are one object."""

    __slots__ = ()
    _all = {}

    def __new__(cls, name):
        found = cls._all.get(name)
        if found is None:
            found = cls._all[name] = str.__new__(cls, name)
        return found


class Kw(Sym):
    """A keyword, with its colon."""

    __slots__ = ()
    _all = {}


class Str:
    """A string literal or value: the text as latin-1, so that one character is one byte."""

    __slots__ = ("text",)

    def __init__(self, text):
        self.text = text

    def __eq__(self, other):
        return isinstance(other, Str) and self.text == other.text

    def __hash__(self):
        return hash(self.text)


class Seq:
    """( … ) or { … }."""

    __slots__ = ("is_block", "items")

    def __init__(self, is_block, items):
        self.is_block = is_block
        self.items = tuple(items)


def paren(*items):
    return Seq(False, [Sym(i) if type(i) is str else i for i in items])


def block(*items):
    return Seq(True, [Sym(i) if type(i) is str else i for i in items])


ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\", "\0": "\\0"}


def quoted(text):
    """A string literal that reads as `text`."""
    parts = []
    for c in text:
        if c in ESCAPES:
            parts.append(ESCAPES[c])
        elif " " <= c < "\x7f":
            parts.append(c)
        else:
            parts.append(f"\\x{ord(c):02x}")
    return '"' + "".join(parts) + '"'


def float_text(d):
    """The shortest decimal that reads back as d, as the runtime writes it."""
    if d != d:
        return "nan"
    if d in (float("inf"), float("-inf")):
        return "inf" if d > 0 else "-inf"
    return repr(d)


def show(node):
    """The text of a tree, on one line."""
    if isinstance(node, Seq):
        inside = " ".join(map(show, node.items))
        return "{" + inside + "}" if node.is_block else "(" + inside + ")"
    if isinstance(node, float):
        return float_text(node)
    if isinstance(node, Str):
        return quoted(node.text)
    return str(node)


def show_lines(node, width=100, indent=0):
    """The text of a tree, broken into lines where it is long."""
    text = show(node)
    if len(text) + indent <= width or not isinstance(node, Seq) or not node.items:
        return " " * indent + text
    first = node.items[0]
    lines = [" " * indent + ("{" if node.is_block else "(")]
    rest = node.items
    if not isinstance(first, Seq):
        lines[0] += show(first)
        rest = node.items[1:]
    lines += [show_lines(item, width, indent + 2) for item in rest]
    return "\n".join(lines) + ("}" if node.is_block else ")")


class ReadError(Exception):
    pass


BREAKS = set(" \t\r\n()[]{}\";',`")
QUOTES = {"'": "quote", "`": "quasiquote", ",": "unquote", ",@": "unquote-splicing"}
SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", '"': '"', "\\": "\\", "'": "'", "a": "\a", "b": "\b",
          "f": "\f", "v": "\v"}


def read(text):
    """The data of a program's text."""
    reader = _Reader(text)
    items = []
    while reader.skip():
        items.append(reader.datum())
    return items


class _Reader:
    def __init__(self, text):
        self.text = text
        self.at = 0

    def skip(self):
        """Over space and comments; False at the end."""
        while self.at < len(self.text):
            c = self.text[self.at]
            if c == ";":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            elif c in " \t\r\n":
                self.at += 1
            else:
                return True
        return False

    def datum(self):
        if not self.skip():
            raise ReadError("unexpected end")
        c = self.text[self.at]
        self.at += 1
        if c in "({":
            return self.sequence(")" if c == "(" else "}")
        if c == '"':
            return self.string()
        if c in QUOTES:
            if c == "," and self.text[self.at : self.at + 1] == "@":
                self.at += 1
                c = ",@"
            return Seq(False, [Sym(QUOTES[c]), self.datum()])
        if c in BREAKS:
            raise ReadError(f"unexpected {c}")
        start = self.at - 1
        while self.at < len(self.text) and self.text[self.at] not in BREAKS:
            self.at += 1
        return atom(self.text[start : self.at])

    def sequence(self, close):
        items = []
        while self.skip() and self.text[self.at] != close:
            items.append(self.datum())
        if self.at >= len(self.text):
            raise ReadError("unclosed")
        self.at += 1
        return Seq(close == "}", items)

    def string(self):
        out = []
        while self.text[self.at] != '"':
            c = self.text[self.at]
            self.at += 1
            if c == "\\":
                c = self.text[self.at]
                self.at += 1
                if c == "x":
                    c = chr(int(self.text[self.at : self.at + 2], 16))
                    self.at += 2
                else:
                    c = SIMPLE[c]
            out.append(c)
        self.at += 1
        return Str("".join(out))


def atom(word):
    """A number, keyword or symbol."""
    body = word[1:] if word[0] == "-" else word
    if body.isascii() and body.isdigit():
        return int(word)
    if body[:1].isdigit() and set(body) <= set("0123456789.eE+-"):
        return float(word)
    return Kw(word) if word[0] == ":" else Sym(word)
