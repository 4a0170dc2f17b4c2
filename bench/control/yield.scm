; Yield and resume: a producer that is suspended at each element, by one-shot use of call/cc.
(define count 3000000)
(define return #f)
(define resume #f)
(define (yield value)
  (call-with-current-continuation
    (lambda (rest) (set! resume rest) (return value))))
(define (produce n) (if (= n 0) (return #f) (begin (yield n) (produce (- n 1)))))
(define (next)
  (call-with-current-continuation
    (lambda (k) (set! return k) (if resume (resume #f) (produce count)))))
(define (consume total)
  (let ((value (next))) (if value (consume (+ total value)) total)))
(define (main) (display "operations ") (display count) (newline) (consume 0))
