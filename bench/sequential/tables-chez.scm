; Hash tables of Chez Scheme.
(define (make-number-table) (make-eqv-hashtable))
(define (make-string-table) (make-hashtable string-hash string=?))
(define (table-put! t k v) (hashtable-set! t k v))
(define (table-find t k default) (hashtable-ref t k default))
(define (table-drop! t k) (hashtable-delete! t k))
(define (table-count t) (hashtable-size t))
