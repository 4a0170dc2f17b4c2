; Fragmentation: n vectors of up to 2,000 elements, of which 5,000 live, replaced in no order.
(define (go n at kept sum)
  (if (= n 0)
      sum
      (let ((v (make-vector (+ 1 (remainder (* n 7919) 2000)) n)))
        (vector-set! kept at v)
        (go (- n 1) (remainder (+ (* at 7919) 104729) 4999) kept (+ sum (vector-length v))))))
(define (main n) (go n 1 (make-vector 5000 #f) 0))
