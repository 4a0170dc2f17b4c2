"""How a benchmark is built and started in each language: ours and its peers', in their safe modes.

A builder gives (peer, command, problem): the command takes the size as one more argument, and a problem
is what the peer's compiler said. Scheme programs are portable: they define (main size), and each
implementation has a frame that reads the size, calls main and reports. What is not portable they name
by a line `(load "NAME.scm")`, replaced by NAME-PEER.scm, or NAME.scm if the peer has none of its own.
"""

import os
import pathlib
import re
import shutil
import subprocess

OURS = "valkyria"
BUILD_TIMEOUT = 600
GO_REPORT = pathlib.Path(__file__).resolve().parent / "elapsed.go"

REPORT = """(display result) (newline)
(display "cpu-us ") (display cpu) (newline)
(display "wall-us ") (display wall) (newline)"""

CHEZ_FRAME = """(let ()
(define (micros-since t)
  (let ([now (current-time (time-type t))])
    (+ (* 1000000 (- (time-second now) (time-second t)))
       (quotient (- (time-nanosecond now) (time-nanosecond t)) 1000))))
{program}
(let* ([size (string->number (car (command-line-arguments)))]
       [cpu-start (current-time 'time-process)] [wall-start (current-time 'time-monotonic)]
       [result (main size)]
       [cpu (micros-since cpu-start)] [wall (micros-since wall-start)])
  {report}))
"""
GAMBIT_FRAME = """(declare (standard-bindings) (extended-bindings) (block))
(define (micros seconds) (inexact->exact (round (* 1e6 seconds))))
{program}
(let* ((size (string->number (cadr (command-line))))
       (cpu-start (cpu-time)) (wall-start (real-time))
       (result (main size))
       (cpu (micros (- (cpu-time) cpu-start))) (wall (micros (- (real-time) wall-start))))
  {report})
"""
CHICKEN_FRAME = """(import (chicken base) (chicken time) (chicken process-context) (chicken sort)
  (chicken string) (chicken bitwise))
{program}
(let* ((size (string->number (car (command-line-arguments))))
       (cpu-start (current-process-milliseconds)) (wall-start (current-milliseconds))
       (result (main size))
       (cpu (* 1000 (- (current-process-milliseconds) cpu-start)))
       (wall (* 1000 (- (current-milliseconds) wall-start))))
  {report})
"""
GUILE_FRAME = """(let ()
(define (micros from to) (quotient (* 1000000 (- to from)) internal-time-units-per-second))
{program}
(let* ((size (string->number (cadr (command-line))))
       (cpu-start (get-internal-run-time)) (wall-start (get-internal-real-time))
       (result (main size))
       (cpu (micros cpu-start (get-internal-run-time)))
       (wall (micros wall-start (get-internal-real-time))))
  {report}))
"""
RACKET_FRAME = """(module {module} racket/base
(require racket/control)
{program}
(let* ((size (string->number (vector-ref (current-command-line-arguments) 0)))
       (cpu-start (current-process-milliseconds)) (wall-start (current-inexact-milliseconds))
       (result (main size))
       (cpu (* 1000 (- (current-process-milliseconds) cpu-start)))
       (wall (inexact->exact (round (* 1000 (- (current-inexact-milliseconds) wall-start))))))
  {report}))
"""


def run_compiler(command, text=None):
    """What a compiler said, or "" if it succeeded."""
    done = subprocess.run(list(map(str, command)), input=text, capture_output=True, text=True,
                          timeout=BUILD_TIMEOUT, stdin=None if text else subprocess.DEVNULL)
    said = (done.stderr + done.stdout).strip()[:600]
    return said if done.returncode != 0 or (text and "xception" in said) else ""


def build_chez(framed, folder):
    chez = shutil.which("chezscheme") or shutil.which("scheme")
    compiled = framed.with_suffix(".so")
    script = f'(optimize-level 2) (compile-file "{framed}" "{compiled}")'
    return [chez, "--script", compiled], run_compiler([chez, "-q"], script)


def build_gambit(framed, folder):
    app = framed.with_suffix(".exe")
    return [app], run_compiler(["gsc", "-exe", "-o", app, framed])


def build_chicken(framed, folder):
    app = framed.with_suffix(".exe")
    return [app], run_compiler(["csc", "-O3", "-block", "-o", app, framed])


def build_guile(framed, folder):
    compiled = framed.with_suffix(".go")
    script = ('(use-modules (system base compile)) '
              f'(compile-file "{framed}" #:output-file "{compiled}" #:optimization-level 2)')
    problem = run_compiler(["guile", "--no-auto-compile", "-c", script])
    return ["guile", "--no-auto-compile", "-c", f'(load-compiled "{compiled}")'], problem


def build_racket(framed, folder):
    return ["racket", framed], run_compiler(["raco", "make", framed])


# Peer: the command that shows it is there, the frame, the builder, the suffix of framed programs.
SCHEMES = {
    "chez": ("chezscheme", CHEZ_FRAME, build_chez, ".ss"),
    "chez-1cc": ("chezscheme", CHEZ_FRAME, build_chez, ".ss"),
    "gambit": ("gsc", GAMBIT_FRAME, build_gambit, ".scm"),
    "chicken": ("csc", CHICKEN_FRAME, build_chicken, ".scm"),
    "guile": ("guile", GUILE_FRAME, build_guile, ".scm"),
    "racket": ("raco", RACKET_FRAME, build_racket, ".rkt"),
}


def source_for(directory, name, peer):
    """NAME-PEER.scm, or NAME.scm, or None."""
    for stem in (f"{name}-{peer.partition('-')[0]}", name):
        if (directory / f"{stem}.scm").is_file():
            return directory / f"{stem}.scm"
    return None


def scheme_text(directory, name, peer):
    """The program for this peer with what it loads, or None if something has no form for the peer."""
    source = source_for(directory, name, peer)
    if source is None:
        return None
    pieces = re.split(r'^\(load "(.*)\.scm"\)\n', source.read_text(), flags=re.M)
    for i in range(1, len(pieces), 2):
        pieces[i] = scheme_text(directory, pieces[i], peer)
    if None in pieces:
        return None
    text = "".join(pieces)
    return text.replace("call-with-current-continuation", "call/1cc") if peer == "chez-1cc" else text


def build_schemes(directory, benchmark, folder, options):
    for peer, (tool, frame, builder, suffix) in SCHEMES.items():
        if not shutil.which(tool) or (peer == "chez-1cc" and not benchmark.one_shot):
            continue
        if not options.wants(peer):
            continue
        text = scheme_text(directory, benchmark.sources, peer)
        if text is None:
            continue
        framed = folder / f"{benchmark.sources}-{peer}{suffix}"
        framed.write_text(frame.format(program=text, report=REPORT, module=framed.stem))
        yield (peer, *builder(framed, folder))


def build_ours(directory, benchmark, folder, options):
    source = directory / f"{benchmark.sources}.valk"
    for peer, flags in options.variants:
        if not options.wants(peer):
            continue
        app = folder / f"{benchmark.sources}-{peer}"
        yield peer, [app], run_compiler([options.valkc, source, "-o", app, *flags])


def build_cpp(source, peer, folder):
    app = folder / f"{source.stem}.cxx"
    command = ["g++", "-std=c++20", "-O2", source, "-o", app, "-lboost_context", "-luv", "-pthread"]
    return [app], run_compiler(command)


def build_node(source, peer, folder):
    return ["node", source], ""


def build_go(source, peer, folder):
    # Go wants all files of a program in one folder.
    sources = [folder / source.name, folder / GO_REPORT.name]
    for copy, original in zip(sources, (source, GO_REPORT)):
        shutil.copyfile(original, copy)
    app = folder / f"{source.stem}.exe"
    return [app], run_compiler(["go", "build", "-o", app, *sources])


# Suffix: the peer's name where the file has none, the command that shows it is there, the builder.
OTHERS = {".cpp": ("C++", "g++", build_cpp), ".js": ("node", "node", build_node),
          ".go": ("go", "go", build_go)}


def build_others(directory, benchmark, folder, options):
    for source in sorted(directory.iterdir()):
        if source.suffix not in OTHERS:
            continue
        name, tool, builder = OTHERS[source.suffix]
        if source.stem == benchmark.sources:
            peer = name
        elif source.stem.startswith(benchmark.sources + "-"):
            peer = source.stem.removeprefix(benchmark.sources + "-")
        else:
            continue
        if "-" in peer or not shutil.which(tool) or not options.wants(peer):
            continue
        yield (peer, *builder(source, peer, folder))


def build_all(directory, benchmark, folder, options):
    """Every (peer, command, problem) that there is for a benchmark's program."""
    if os.access(options.valkc, os.X_OK):
        yield from build_ours(directory, benchmark, folder, options)
    yield from build_schemes(directory, benchmark, folder, options)
    yield from build_others(directory, benchmark, folder, options)
