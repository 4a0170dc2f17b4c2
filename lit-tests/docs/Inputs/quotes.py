"""Turns the C++ that a document quotes into checks for FileCheck.

  quotes.py FILE.md              the checks
  quotes.py FILE.md --program    the Lisp program that it speaks of: the first block

The lines of each ```cpp block stand in the output one after the other; a line of three dots skips some.
Numbers that only tell names apart (positions, continuations) may be any.
"""

import re
import sys


def pattern(line):
    """A line of C++ as FileCheck sees it: what it would take for a pattern is quoted."""
    line = line.replace("{{", "{{[{][{]}}").replace("[[", "{{[[][[]}}")
    return re.sub(r"\b(site_|line_\d+_|\w+_s)\d+\b", r"\1{{[0-9]+}}", line)


def checks(lines):
    quoting, first = False, True
    for line in lines:
        if line.startswith("```"):
            quoting, first = line == "```cpp", True
        elif quoting and line.strip() == "…":
            first = True
        elif quoting and line.strip():
            print(("CHECK: " if first else "CHECK-NEXT: ") + pattern(line))
            first = False


def main():
    lines = open(sys.argv[1], encoding="utf-8").read().splitlines()
    if "--program" not in sys.argv:
        checks(lines)
        return
    start = lines.index("```lisp") + 1
    print("\n".join(lines[start : lines.index("```", start)]))


main()
