; Numbers in order, by the library's stable sort.
(define (sorted-list l) (sort < l))
