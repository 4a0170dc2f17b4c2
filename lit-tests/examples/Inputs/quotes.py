"""Looks for each Lisp block of a page of docs/examples in the example of that name, spaces apart."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
pages = quotes = lost = 0
for page in sorted((root / "docs" / "examples").glob("*.md")):
    if page.name == "README.md":
        continue
    pages += 1
    source = " ".join(" ".join(f.read_text() for f in (root / "examples" / page.stem).glob("*.valk")).split())
    for block in re.findall(r"^```lisp\n(.*?)^```", page.read_text(), re.M | re.S):
        quotes += 1
        if " ".join(block.split()) not in source:
            lost += 1
            print(f"{page.name}: not in the sources:\n{block}")
print(f"{pages} pages, {quotes} quotes, {lost} of them not in the sources")
