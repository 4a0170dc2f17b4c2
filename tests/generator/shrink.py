"""Makes a failing program small: delta debugging on its tree.

A step removes a run of elements of some list, or puts one of a node's own parts, or a constant, in its
place; it is kept if the program still fails in the same way. Large cuts are tried before small ones, again
and again until nothing can be taken away.
"""

from syntax import Seq


def size(node):
    return 1 + sum(map(size, node.items)) if isinstance(node, Seq) else 1


def paths(node, here=()):
    """The places of all nodes, larger before smaller."""
    found = []

    def walk(n, at):
        found.append((size(n), at))
        if isinstance(n, Seq):
            for i, item in enumerate(n.items):
                walk(item, at + (i,))

    walk(node, here)
    found.sort(key=lambda p: -p[0])
    return [at for _, at in found]


def at(node, path):
    for i in path:
        if not isinstance(node, Seq) or i >= len(node.items):
            return None
        node = node.items[i]
    return node


def replaced(node, path, new):
    """The tree with another node at a path; `new` None: without it."""
    if not path:
        return new
    i = path[0]
    inner = replaced(node.items[i], path[1:], new)
    middle = () if inner is None else (inner,)
    return Seq(node.is_block, node.items[:i] + middle + node.items[i + 1 :])


def without_runs(node):
    """The node without a run of its elements: halves, quarters, … single ones."""
    n = len(node.items)
    length = n // 2
    while length >= 1:
        for start in range(0, n, length):
            yield Seq(node.is_block, node.items[:start] + node.items[start + length :])
        length //= 2


def candidates(node):
    """What may stand in a node's place, the smallest first."""
    if not isinstance(node, Seq):
        if node not in (0, 1) and not isinstance(node, str):
            yield from (0, 1)
        elif isinstance(node, str):
            yield 1
        return
    yield 1
    yield Seq(True, ())
    inner = sorted(node.items, key=size)
    yield from inner
    for item in inner:
        if isinstance(item, Seq):
            yield from sorted(item.items, key=size)
    yield from without_runs(node)


def shrink(forms, fails, budget=4000):
    """The smallest program found for which fails(forms) holds; at most `budget` attempts."""
    root = Seq(True, forms)
    left = [budget]

    def attempt(new):
        if left[0] <= 0 or size(new) >= size(root) and new is not root:
            return False
        left[0] -= 1
        return fails(list(new.items))

    changed = True
    while changed and left[0] > 0:
        changed = False
        for smaller in without_runs(root):
            if smaller.items != root.items and attempt(smaller):
                root, changed = smaller, True
                break
        else:
            for path in paths(root):
                node = at(root, path)
                if node is None or not path:
                    continue
                for new in candidates(node):
                    whole = replaced(root, path, new)
                    if attempt(whole):
                        root, changed = whole, True
                        break
                if left[0] <= 0:
                    break
    return list(root.items)
