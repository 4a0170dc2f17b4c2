; Local functions that know each other through cells, each written once before anything runs, become one
; group.
; RUN: %valkc -x cps --passes=convert_assigned,simplify --emit=cps %s -o - | %filecheck --match-full-lines %s
(program
  (fun parity (n) -> return
    (let u (unset))
    (let odd (%cell u))
    (letfun
      (fun even (i) -> r
        (if i
          ((let o (%cell-get odd))
           (let m (is-unset o))
           (bind j (f) (if m ((let t (%unbound 'odd)) (jump j t)) ((jump j o))))
           (let k (%sub i 1))
           (call f (k) r))
          ((jump r 1)))))
    (letfun
      (fun odd (i2) -> r2
        (if i2
          ((let k2 (%sub i2 1)) (let l (list &even &odd)) (let p (print l)) (call &even (k2) r2))
          ((jump r2 0)))))
    (let s (%cell-set odd &odd))
    (call &even (n) return))
  (main () -> return
    (jump return ())))

; CHECK:   (fun parity (n) -> return
; CHECK-NEXT:     (letfun
; CHECK-NEXT:       (fun even (i) -> r
; CHECK-NEXT:         (if i
; CHECK-NEXT:           ((let k (%sub i 1))
; CHECK-NEXT:            (call &odd (k) r))
; CHECK-NEXT:           ((jump r 1))))
; CHECK-NEXT:       (fun odd (i2) -> r2
; CHECK-NEXT:         (if i2
; CHECK-NEXT:           ((let k2 (%sub i2 1))
; CHECK-NEXT:            (let l (list &even &odd))
; CHECK-NEXT:            (let p (print l))
; CHECK-NEXT:            (call &even (k2) r2))
; CHECK-NEXT:           ((jump r2 0)))))
; CHECK-NEXT:     (call &even (n) return))
; CHECK-NEXT:   (main () -> return
; CHECK-NEXT:     (jump return ())))
