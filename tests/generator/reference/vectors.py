"""The builtins on vectors. Here there is one way to keep elements."""

from .builtins import as_list, integer, prim, want
from .values import Vec, fail


def vector(v):
    want(lambda v: isinstance(v, Vec), v)


def index(v, i):
    vector(v)
    integer(i)
    if not 0 <= i < len(v.items):
        fail(":range")


@prim("vec", 0, -1)
def _(m, *xs):
    return Vec(xs)


@prim("vec/make", 2)
def _(m, n, x):
    integer(n)
    if n < 0:
        fail(":range")
    return Vec([x] * n)


@prim("vec/len", 1)
def _(m, v):
    vector(v)
    return len(v.items)


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
    vector(v)
    v.items.append(x)
    return x


@prim("vec/pop!", 1)
def _(m, v):
    vector(v)
    if not v.items:
        fail(":range")
    return v.items.pop()


@prim("vec/slice", 3)
def _(m, v, first, end):
    vector(v)
    integer(first)
    integer(end)
    if not 0 <= first <= end <= len(v.items):
        fail(":range")
    return Vec(v.items[first:end])


@prim("vec->list", 1)
def _(m, v):
    vector(v)
    return tuple(v.items)


@prim("list->vec", 1)
def _(m, items):
    return Vec(as_list(items))
