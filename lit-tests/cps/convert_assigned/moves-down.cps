; Where nothing in the program shifts, a call between the making of a cell and its only write does not
; matter. Cells that are only read, or only written, go.
; RUN: %valkc -x cps --passes=convert_assigned --emit=cps %s -o - | %filecheck --match-full-lines %s
(program
  (fun after-call (f) -> return
    (let u (unset))
    (let c (%cell u))
    (bind k (t) (call f () k))
    (letfun (fun g () -> r (let v (%cell-get c)) (jump r v)))
    (let s (%cell-set c t))
    (jump return &g))
  (fun only-read (x) -> return
    (let c (%cell x))
    (letfun (fun g () -> r (let v (%cell-get c)) (jump r v)))
    (jump return &g))
  (fun only-written (x) -> return
    (let c (%cell x))
    (letfun (fun g () -> r (let s (%cell-set c 1)) (jump r s)))
    (jump return &g))
  (main () -> return
    (jump return ())))

; CHECK:   (fun after-call (f) -> return
; CHECK-NEXT:     (let u (unset))
; CHECK-NEXT:     (bind k (t)
; CHECK-NEXT:       (call f () k))
; CHECK-NEXT:     (letfun
; CHECK-NEXT:       (fun g () -> r
; CHECK-NEXT:         (jump r t)))
; CHECK-NEXT:     (jump return &g))
; CHECK-NEXT:   (fun only-read (x) -> return
; CHECK-NEXT:     (letfun
; CHECK-NEXT:       (fun g () -> r
; CHECK-NEXT:         (jump r x)))
; CHECK-NEXT:     (jump return &g))
; CHECK-NEXT:   (fun only-written (x) -> return
; CHECK-NEXT:     (letfun
; CHECK-NEXT:       (fun g () -> r
; CHECK-NEXT:         (jump r ())))
; CHECK-NEXT:     (jump return &g))
; CHECK-NEXT:   (main () -> return
; CHECK-NEXT:     (jump return ())))
