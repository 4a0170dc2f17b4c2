; Allocation and nothing else: n short-lived lists of ten elements.
(define (go n sum) (if (= n 0) sum (go (- n 1) (+ sum (length (list n n n n n n n n n n))))))
(define (main n) (go n 0))
