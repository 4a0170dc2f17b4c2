; Hash tables of Guile.
(define (make-number-table) (make-hash-table))
(define (make-string-table) (make-hash-table))
(define (table-put! t k v) (hash-set! t k v))
(define (table-find t k default) (hash-ref t k default))
(define (table-drop! t k) (hash-remove! t k))
(define (table-count t) (hash-count (lambda (k v) #t) t))
