; Hash tables of Gambit.
(define (make-number-table) (make-table test: eqv?))
(define (make-string-table) (make-table test: string=?))
(define (table-put! t k v) (table-set! t k v))
(define (table-find t k default) (table-ref t k default))
(define (table-drop! t k) (table-set! t k))
(define (table-count t) (table-length t))
