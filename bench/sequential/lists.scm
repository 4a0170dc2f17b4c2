; Library functions over lists with an unknown callback: map, filter, fold, reverse.
(define (range a b)
  (let loop ((i (- b 1)) (l '())) (if (< i a) l (loop (- i 1) (cons i l)))))
(define (keep p l)
  (let loop ((l l) (kept '()))
    (cond ((null? l) (reverse kept))
          ((p (car l)) (loop (cdr l) (cons (car l) kept)))
          (else (loop (cdr l) kept)))))
(define (fold f z l) (if (null? l) z (fold f (f z (car l)) (cdr l))))
(define (pass n total)
  (if (= n 0)
      total
      (pass (- n 1)
            (+ total
               (fold + 0 (keep (lambda (x) (= 0 (remainder x 3)))
                               (map (lambda (x) (+ x n)) (range 0 100000))))))))
(define (main n) (pass n 0))
