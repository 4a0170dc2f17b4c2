; Floating-point arithmetic in a loop.
(define (escapes cr ci zr zi n)
  (if (= n 100)
      n
      (let ((zr2 (* zr zr)) (zi2 (* zi zi)))
        (if (> (+ zr2 zi2) 4.0)
            n
            (escapes cr ci (+ (- zr2 zi2) cr) (+ (* 2.0 (* zr zi)) ci) (+ n 1))))))
(define (row y x total size)
  (if (= x size)
      total
      (row y (+ x 1)
           (+ total (escapes (- (/ (exact->inexact x) 200.0) 2.0) (- (/ (exact->inexact y) 200.0) 1.5)
                             0.0 0.0 0))
           size)))
(define (rows y total size) (if (= y size) total (rows (+ y 1) (row y 0 total size) size)))
(define (main n) (rows 0 0 n))
