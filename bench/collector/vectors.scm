; Large vectors: n of 100,000 elements are made, the last ten live.
(define (go n kept sum)
  (if (= n 0)
      sum
      (let ((v (make-vector 100000 n)))
        (vector-set! kept (remainder n 10) v)
        (go (- n 1) kept (+ sum (vector-ref v (remainder (* n 7919) 100000)))))))
(define (main n) (go n (make-vector 10 #f) 0))
