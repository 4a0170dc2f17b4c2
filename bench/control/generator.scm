; (generate body): a procedure of one argument. Each call of it gives the next value that (body yield)
; yields, and what it was called with is what that yield gives; #f when the body has ended. By call/cc,
; whose continuations are all called once.
(define (generate body)
  (define return #f)
  (define (yield value)
    (call-with-current-continuation (lambda (rest) (set! resume rest) (return value))))
  (define resume (lambda (ignored) (body yield) (return #f)))
  (lambda (sent)
    (call-with-current-continuation (lambda (k) (set! return k) (resume sent)))))
