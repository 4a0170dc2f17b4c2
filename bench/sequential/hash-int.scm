; A table with integers as keys: n are put in or counted up, then all are looked up, then half are taken out.
(load "tables.scm")
(define (fill t n key)
  (if (= n 0)
      t
      (begin
        (table-put! t key (+ 1 (table-find t key 0)))
        (fill t (- n 1) (remainder (+ (* key 16807) 7) 1048583)))))
(define (look t key last sum)
  (if (= key last) sum (look t (+ key 1) last (+ sum (table-find t key 0)))))
(define (thin t key last) (if (>= key last) t (begin (table-drop! t key) (thin t (+ key 2) last))))
(define (main n)
  (let* ((t (fill (make-number-table) n 1))
         (found (look t 0 1048583 0)))
    (thin t 0 1048583)
    (+ (* 1000 found) (remainder (table-count t) 1000))))
