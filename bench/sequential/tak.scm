; Calls with three arguments (Takeuchi).
(define (tak x y z)
  (if (not (< y x)) z (tak (tak (- x 1) y z) (tak (- y 1) z x) (tak (- z 1) x y))))
(define (repeat-tak n last) (if (= n 0) last (repeat-tak (- n 1) (tak 24 16 8))))
(define (main n) (repeat-tak n 0))
