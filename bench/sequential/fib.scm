; Calls and small integers: the naive Fibonacci function.
(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))
(define (main n) (fib n))
