; Backtracking by continuations that are called many times: Pythagorean triples up to n.
(define pending '()) ; what to try when something fails: procedures
(define (fail) (let ((next (car pending))) (set! pending (cdr pending)) (next)))
(define (amb choices)
  (call-with-current-continuation
    (lambda (k)
      (define (try choices)
        (if (null? choices)
            (fail)
            (begin
              (set! pending (cons (lambda () (try (cdr choices))) pending))
              (k (car choices)))))
      (try choices))))
(define (require-true c) (if c #t (fail)))
(define (amb-sum thunk)
  (let ((sum 0))
    (call-with-current-continuation
      (lambda (done)
        (set! pending (list (lambda () (done #f))))
        (let ((value (thunk))) (set! sum (+ sum value)))
        (fail)))
    sum))
(define (numbers a b) (if (> a b) '() (cons a (numbers (+ a 1) b))))
(define (square x) (* x x))
(define (main n)
  (amb-sum
    (lambda ()
      (let* ((a (amb (numbers 1 n))) (b (amb (numbers a n))) (c (amb (numbers b n))))
        (require-true (= (+ (square a) (square b)) (square c)))
        (+ (* 10000 a) (* 100 b) c)))))
