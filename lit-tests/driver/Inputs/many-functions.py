"""Prints a program of many functions that call each other, share builtins as values and constants, and fail."""

COUNT = 260

print("(def seen (list print))")
for i in range(COUNT):
    callee = f"(step-{i - 1} (tail l) (+ acc (head l)))" if i else "acc"
    print(f"""(fun {{step-{i} l acc}} {{
  select {{(nil? l) (list acc '(a "b" 2.5) print step-{i})}}
         {{(== (head l) :fail) (error :failed "step {i}" acc)}}
         {{(> acc {1000 + i}) (step-{max(0, i - 7)} (tail l) (- acc (head l)))}}
         {{otherwise {callee}}}
}})""")
last = COUNT - 1
print(f"""(def {{done}} (step-{last} (range 0 20) 0))
(print (fst done) (snd done) (== (trd done) print (head seen)) (== (nth 4 done) step-{last - 20}))
(print (error/message (try (step-{last} (list 1 2 :fail) 0) (catch {{e}} e))))
(step-{last} (list 1 :fail) 0)""")
