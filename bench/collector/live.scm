; A heap of `live` long-lived lists, which whoever loads this has defined, of which n are replaced, one
; here and one there, while short-lived ones come and go: what the collector's pauses are then.
(define (fill! v i) (if (= i live) v (begin (vector-set! v i (list (- live i))) (fill! v (+ i 1)))))
(define (churn v n at sum)
  (if (= n 0)
      sum
      (begin
        (vector-set! v at (list n))
        (churn v (- n 1) (remainder (+ (* at 7919) 104729) live) (+ sum (length (list n n n n)))))))
(define (main n)
  (let ((v (fill! (make-vector live '()) 0)))
    (+ (churn v n 1 0) (car (vector-ref v 0)))))
