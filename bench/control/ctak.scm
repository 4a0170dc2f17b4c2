; Capture and throw: tak that returns through a captured continuation at each call (Gabriel).
(define (ctak x y z) (call-with-current-continuation (lambda (k) (ctak-body k x y z))))
(define (ctak-body k x y z)
  (if (not (< y x))
      (k z)
      (ctak-body k (ctak (- x 1) y z) (ctak (- y 1) z x) (ctak (- z 1) x y))))
(define (again n last) (if (= n 0) last (again (- n 1) (ctak 18 12 6))))
(define (main n) (again n 0))
