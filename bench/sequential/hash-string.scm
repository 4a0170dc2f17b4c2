; A table with strings as keys: counts n made-up words, then looks each up again by a word made anew.
(load "tables.scm")
(define (word n) (string-append "word-" (number->string (remainder (* n 7919) 100003))))
(define (count t n)
  (if (= n 0)
      t
      (let ((w (word n)))
        (table-put! t w (+ 1 (table-find t w 0)))
        (count t (- n 1)))))
(define (look t n sum) (if (= n 0) sum (look t (- n 1) (+ sum (table-find t (word n) 0)))))
(define (main n) (let ((t (count (make-string-table) n))) (+ (look t n 0) (table-count t))))
