; Short lists and backtracking: the number of ways to place n queens.
(define (safe? row distance placed)
  (cond ((null? placed) #t)
        ((= (car placed) (+ row distance)) #f)
        ((= (car placed) (- row distance)) #f)
        ((= (car placed) row) #f)
        (else (safe? row (+ distance 1) (cdr placed)))))
(define (try-rows row placed left size)
  (if (> row size)
      0
      (+ (if (safe? row 1 placed) (place (cons row placed) (- left 1) size) 0)
         (try-rows (+ row 1) placed left size))))
(define (place placed left size) (if (= left 0) 1 (try-rows 1 placed left size)))
(define (main n) (place '() n n))
