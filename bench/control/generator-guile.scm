; (generate body): a procedure of one argument. Each call of it gives the next value that (body yield)
; yields, and what it was called with is what that yield gives; #f when the body has ended. By prompts.
(define (generate body)
  (define tag (make-prompt-tag))
  (define (yield value) (abort-to-prompt tag value))
  (define resume (lambda (ignored) (body yield) #f))
  (lambda (sent)
    (call-with-prompt tag (lambda () (resume sent)) (lambda (rest value) (set! resume rest) value))))
