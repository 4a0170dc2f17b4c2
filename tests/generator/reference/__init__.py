"""A second reading of LANGUAGE: programs run by a machine that shares nothing with valkc.

It is what the evaluator, the interpreter of the IR and compiled programs are compared with, so it is
written from the text of the language alone: data straight to closures, one step a time. Control follows
cps/machine.md: frames are objects in a chain, RESET is the bottom of a delimiter, the delimiters around
are a list; tasks are modelled as far as tasks.py says. Library functions that take functions are read from runtime/lib, as
their order of calls can be seen.
"""

import pathlib

from syntax import read

from . import vectors  # noqa: F401  (adds to PRIMS)
from .builtins import PRIMS
from .compiler import Compiler
from .machine import Env, Machine, Then
from .tasks import Scheduler

LIBRARY = ["lists.valk", "functions.valk", "generators.valk"]


class Reference:
    """Runs one program after the other."""

    def __init__(self, library):
        """`library`: the folder of the library's sources."""
        self.machine = Machine()
        self.machine.builtins = PRIMS
        self.machine.scheduler = Scheduler(self.machine)
        self.compiler = Compiler(self.machine)
        self.machine.compile_data = lambda node: Compiler(self.machine).expr(node)
        for name in LIBRARY:
            for form in read(pathlib.Path(library, name).read_text()):
                if form.items[0] == "fun":
                    self.run_form(form)
        self.library = dict(self.machine.globals)

    def run_form(self, form):
        """False if it did not come to its end: an error, or a shift that took the rest."""
        has_ended = []

        def done(v, env, k):
            has_ended.append(True)
            return None

        self.compiler.depth = 0
        code = self.compiler.expr(form)
        machine = self.machine
        machine.step_all((code, Env({}, {}, None), Then(done, machine.bottom)))
        machine.scheduler.run_until(lambda: has_ended or machine.error)
        return bool(has_ended)

    def run(self, forms, max_steps=30000):
        """Gives (output, error or None); raises TooLong or Unsupported."""
        machine = self.machine
        machine.globals = dict(self.library)
        machine.output, machine.segments, machine.error = [], None, None
        machine.steps, machine.max_steps = 0, max_steps
        machine.scheduler.reset()
        for form in forms:
            if not self.run_form(form):
                break
        if not machine.error:
            machine.scheduler.check_all_ended()
        return "".join(machine.output), machine.error
