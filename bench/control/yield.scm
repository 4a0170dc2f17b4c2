; Yield and resume: a producer that is suspended at each of n elements.
(load "generator.scm")
(define (produce yield n) (if (= n 0) #f (begin (yield n) (produce yield (- n 1)))))
(define (consume next total)
  (let ((value (next #f))) (if value (consume next (+ total value)) total)))
(define (main n) (consume (generate (lambda (yield) (produce yield n))) 0))
