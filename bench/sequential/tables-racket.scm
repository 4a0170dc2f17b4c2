; Hash tables of Racket.
(define (make-number-table) (make-hasheqv))
(define (make-string-table) (make-hash))
(define (table-put! t k v) (hash-set! t k v))
(define (table-find t k default) (hash-ref t k default))
(define (table-drop! t k) (hash-remove! t k))
(define (table-count t) (hash-count t))
