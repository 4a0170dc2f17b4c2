; Effects: a loop that asks n times for a state and changes it, and the handler that serves it.
(load "generator.scm")
(define (get-state perform) (perform '(get)))
(define (put-state perform value) (perform (list 'put value)))
(define (count perform n)
  (if (= n 0)
      #f
      (begin
        (put-state perform (remainder (+ (* 3 (get-state perform)) n) 1000003))
        (count perform (- n 1)))))
(define (serve next request state)
  (cond ((not request) state)
        ((eq? (car request) 'get) (serve next (next state) state))
        (else (serve next (next #f) (cadr request)))))
(define (main n)
  (let ((next (generate (lambda (perform) (count perform n) #f))))
    (serve next (next #f) 1)))
