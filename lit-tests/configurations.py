"""The matrix: every way in which the same tests are run. The one table that lit.cfg.py,
scripts/run-programs and scripts/test read.

A configuration is a build of valkc and the runtime (a preset of CMakePresets.json), flags for valkc,
and an environment for compiled programs. Its features are its name and what it implies; tests ask for
them (`; REQUIRES: clang`, `;requires clang`) or exclude them (`; UNSUPPORTED:`, `;skip-config`).
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Configuration:
    name: str
    about: str
    preset: str = "release"
    flags: tuple = ()  # for valkc, after --cxx=
    cxx: str = "g++"
    env: dict = field(default_factory=dict)  # for compiled programs
    features: tuple = ()
    slowness: int = 1  # time-outs are multiplied by it
    is_evaluated: bool = False  # programs are loaded at run time instead of compiled: see run-programs
    in_default: bool = False  # part of a plain `scripts/test`; the rest needs --all

    @property
    def valkc_flags(self):
        return (f"--cxx={self.cxx}",) + self.flags

    @property
    def all_features(self):
        compiler = "clang" if "clang" in self.cxx else "gcc"
        return {self.name, compiler} | set(self.features)


_SANITIZER_ENV = {
    # The leak checker sees what malloc gave; the Lisp heap is mapped memory, which it does not look at.
    "ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=0:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
}

CONFIGURATIONS = (
    Configuration("gcc", "g++ -O2, sibling calls: the default of a user", in_default=True),
    Configuration(
        "suspend-all",
        "clang -O2, musttail, every function suspending, every continuation a closure",
        cxx="clang++",
        flags=("--suspend=all",),
        features=("slow-calls",),
        slowness=3,
        in_default=True,
    ),
    Configuration(
        "gc-stress",
        "every object moves at every 7th allocation",
        env={"VALK_GC_STRESS": "7"},
        features=("slow", "stress"),
        slowness=20,
        in_default=True,
    ),
    Configuration("clang", "clang -O2, musttail", cxx="clang++"),
    Configuration("gcc-O0", "g++ -O0: the trampoline", flags=("-O0",), features=("slow-calls",), slowness=5),
    Configuration("clang-O0", "clang -O0, musttail", cxx="clang++", flags=("-O0",), slowness=5),
    Configuration(
        "trampoline",
        "g++ -O2, the trampoline",
        flags=("--tail=trampoline",),
        features=("slow-calls",),
        slowness=2,
    ),
    Configuration(
        "small-functions",
        "g++ -O2, functions of more than 20 terms cut into several, and few moved into others",
        flags=("--function-size=20",),
        features=("slow-calls",),
        slowness=3,
    ),
    Configuration(
        "fiber",
        "g++ -O2, tasks that wait keep their machine stack",
        flags=("--async=fiber",),
        features=("slow-calls",),
        slowness=3,
    ),
    Configuration(
        "evaluated",
        "programs are not compiled: the evaluator of a compiled program loads them",
        features=("slow-calls",),
        slowness=20,
        is_evaluated=True,
    ),
    Configuration(
        "suspend-all-gcc",
        "g++ -O2, sibling calls, every function suspending",
        flags=("--suspend=all",),
        features=("slow-calls",),
        slowness=3,
    ),
    Configuration(
        "suspend-all-stress",
        "every function suspending, every object moving at every 13th allocation",
        cxx="clang++",
        flags=("--suspend=all",),
        env={"VALK_GC_STRESS": "13"},
        features=("slow", "stress", "slow-calls"),
        slowness=40,
    ),
    Configuration(
        "asan",
        "ASan and UBSan in the runtime and the program",
        preset="asan",
        cxx="clang++",
        flags=("-O1", "-g", "--sanitize=address,undefined"),
        env=_SANITIZER_ENV,
        features=("slow", "sanitized"),
        slowness=10,
    ),
)

BY_NAME = {configuration.name: configuration for configuration in CONFIGURATIONS}
DEFAULT = CONFIGURATIONS[0].name
