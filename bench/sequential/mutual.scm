; Tail calls between functions that know each other: a state machine that counts n down.
(define (even n sum)
  (if (= n 0) sum (if (= 0 (remainder n 7)) (seventh (- n 1) (+ sum 2)) (odd (- n 1) (+ sum 1)))))
(define (odd n sum)
  (if (= n 0) (- sum) (if (= 0 (remainder n 5)) (seventh (- n 1) sum) (even (- n 1) (+ sum 1)))))
(define (seventh n sum)
  (if (= n 0) (* 2 sum) (if (> sum 1000000) (even (- n 1) 0) (odd (- n 1) (+ sum 3)))))
(define (main n) (even n 0))
