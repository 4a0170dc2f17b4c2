; A generator over a balanced tree of n nodes: each yield comes from as deep as the node is.
(load "generator.scm")
(define (build from to)
  (if (> from to)
      '()
      (let ((middle (quotient (+ from to) 2)))
        (list (build from (- middle 1)) middle (build (+ middle 1) to)))))
(define (walk tree yield)
  (if (null? tree)
      #f
      (begin
        (walk (car tree) yield)
        (yield (cadr tree))
        (walk (caddr tree) yield))))
(define (consume next total)
  (let ((value (next #f)))
    (if value (consume next (remainder (+ (* 3 total) value) 1000003)) total)))
(define (main n)
  (let ((tree (build 1 n))) (consume (generate (lambda (yield) (walk tree yield))) 0)))
