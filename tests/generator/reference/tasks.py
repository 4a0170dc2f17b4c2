"""Tasks, as far as deterministic programs need them: async, await of a task, of async/yield and of async/pure.

After cps/machine.md. What needs cancelling, or a failure that nobody has awaited, is Unsupported.
"""

from collections import deque

from syntax import Kw, Str

from .machine import keep_env
from .values import Err, Thunk, Unsupported


class Task:
    def __init__(self, parent):
        self.parent = parent
        self.children = 0  # that have not ended
        self.has_body = True  # it has not ended
        self.has_ended = False
        self.is_awaited = False
        self.value = self.error = None
        self.waiters = []
        self.saved = None  # (k, segments), while it waits


class Boundary:
    """Where control goes when the body inside of an `async` ends or waits."""

    def __init__(self, k, segments, outer, task, result):
        self.k, self.segments, self.outer, self.task, self.result = k, segments, outer, task, result


class Scheduler:
    """The queue of ready tasks of a machine."""

    def __init__(self, machine):
        self.machine = machine
        self.reset()

    def reset(self):
        self.ready = deque()
        self.root = Task(None)
        self.unawaited = []
        self.machine.task, self.machine.boundary = self.root, None

    # Boundaries.
    def enter(self, code, env, k):
        """async: code runs at once, as a new task."""
        m = self.machine
        task = Task(m.task)
        m.task.children += 1
        m.boundary = Boundary(k, m.segments, m.boundary, m.task, task)
        m.segments, m.task = None, task
        return code, env, m.bottom

    def leave(self):
        m = self.machine
        b = m.boundary
        if b is None:
            return None
        m.segments, m.boundary, m.task = b.segments, b.outer, b.task
        return (b.k.ret, b.result, None) if b.k else None

    def body_ended(self, value, error):
        """The value or error of the running task's body; the next step."""
        task = self.machine.task
        if task is self.root:
            self.machine.error = error
            return None
        task.value, task.error, task.has_body = value, error, False
        if error and task.children:
            raise Unsupported("cancelling")
        self.check_end(task)
        return self.leave()

    def check_end(self, task):
        if task.has_body or task.children or task.has_ended:
            return
        task.has_ended = True
        for waiter in task.waiters:
            self.ready.append((waiter, task.value, task.error))
        if task.error and not task.waiters:
            if not task.parent.has_body:
                raise Unsupported("a failure that nobody awaits")
            self.unawaited.append(task)
        task.parent.children -= 1
        if not task.parent.has_body:
            if any(t.parent is task.parent and not t.is_awaited for t in self.unawaited):
                raise Unsupported("a failure that nobody awaits")
            self.check_end(task.parent)

    # Awaiting.
    def wait(self, x, k):
        m = self.machine
        task = m.task
        if isinstance(x, Task):
            x.is_awaited = True
            if x.has_ended:
                self.ready.append((task, x.value, x.error))
            else:
                x.waiters.append(task)
        elif isinstance(x, Thunk):
            self.ready.append((task, x.value, None))
        elif isinstance(x, (tuple, int, float, Str, Err)):
            return m.raise_error(Err(Kw(":type"), Str(""), ()), k)
        else:
            raise Unsupported("an await of a function")
        task.saved = (k, m.segments)
        return self.leave()

    def run_until(self, has_ended):
        """Runs ready tasks until has_ended() or none is left."""
        m = self.machine
        while self.ready and not has_ended():
            task, value, error = self.ready.popleft()
            k, m.segments = task.saved
            m.boundary, m.task = Boundary(None, None, None, None, ()), task
            m.step_all(m.raise_error(error, k) if error else (k.ret, value, None))
        m.segments, m.boundary, m.task = None, None, self.root

    def check_all_ended(self):
        self.run_until(lambda: False)
        if self.root.children or any(not t.is_awaited for t in self.unawaited):
            raise Unsupported("tasks that are parked for ever, or failed unseen")


def await_(machine, args, k):
    return machine.scheduler.wait(args[0], k)


def start(machine, code, inner, env, k):
    """`async` at k, in env: code runs in the frame `inner`."""
    return machine.scheduler.enter(code, inner, keep_env(env, k))

