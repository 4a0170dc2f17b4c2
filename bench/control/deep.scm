; Captures and resumes n times from under `depth` frames, which whoever loads this has defined: what it
; costs must not depend on the depth.
(load "generator.scm")
(define (produce yield n) (if (= n 0) 0 (begin (yield n) (produce yield (- n 1)))))
(define (descend d yield n) (if (= d 0) (produce yield n) (+ 1 (descend (- d 1) yield n))))
(define (consume next total)
  (let ((value (next #f))) (if value (consume next (+ total value)) total)))
(define (main n)
  (consume (generate (lambda (yield) (yield (descend depth yield n)))) 0))
