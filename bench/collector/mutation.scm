; A large vector that keeps getting young objects, at places all over it.
(define size 1000000)
(define (fill v i at)
  (if (= i 0) at
      (begin
        (vector-set! v at (list i at))
        (fill v (- i 1) (remainder (+ (* at 7919) 104729) size)))))
(define (sum v i total)
  (if (= i size) total
      (let ((x (vector-ref v i)))
        (sum v (+ i 1) (if (null? x) total (+ total (car x)))))))
(define (main n)
  (let ((v (make-vector size '()))) (fill v n 1) (sum v 0 0)))
