; Recursion two million deep that allocates on the way down and on the way up.
(define (build n) (if (= n 0) '() (cons (length (list n n n)) (build (- n 1)))))
(define (go n total) (if (= n 0) total (go (- n 1) (+ total (length (build 2000000))))))
(define (main n) (go n 0))
