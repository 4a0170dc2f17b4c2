; Closures and unknown calls in tail position: tak in continuation-passing style.
(define (cpstak x y z k)
  (if (not (< y x))
      (k z)
      (cpstak (- x 1) y z
              (lambda (v1)
                (cpstak (- y 1) z x
                        (lambda (v2) (cpstak (- z 1) x y (lambda (v3) (cpstak v1 v2 v3 k)))))))))
(define (again n last) (if (= n 0) last (again (- n 1) (cpstak 18 12 6 (lambda (v) v)))))
(define (main n) (again n 0))
