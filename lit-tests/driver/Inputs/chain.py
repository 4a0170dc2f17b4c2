"""Prints a program of N functions, each of which calls the one before and can fail in several ways."""
import sys

count = int(sys.argv[1])
print("(fun {f0 x} {+ x 1})")
for n in range(1, count + 1):
    print(f'(fun {{f{n} x}} {{\n  (= {{y}} (f{n - 1} x))\n  (if (> y 1000000) {{error "too much"}} {{+ y 1}})\n}})')
print(f"(print (f{count} (len (args))))")
