; A tree that lives on, and many beside it that do not.
(define (make d) (if (= d 0) '() (list (make (- d 1)) (make (- d 1)))))
(define (check t) (if (null? t) 1 (+ (check (car t)) (check (cadr t)))))
(define (churn n total) (if (= n 0) total (churn (- n 1) (+ total (check (make 12))))))
(define (main n)
  (let* ((long-lived (make 19)) (total (churn n 0))) (+ total (check long-lived))))
