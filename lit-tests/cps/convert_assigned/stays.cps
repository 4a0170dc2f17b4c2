; Cells whose variable the program can see change stay: written twice, written where it may not run or in
; another function, handed out, or written after a call that may be captured.
; RUN: %valkc -x cps --passes=convert_assigned --emit=cps %s -o - | %filecheck --match-full-lines %s
(program
  (fun twice (f) -> return
    (let c (%cell 1))
    (letfun (fun g () -> r (let v (%cell-get c)) (jump r v)))
    (let s (%cell-set c 2))
    (let t (%cell-set c 3))
    (call f (&g) return))
  (fun elsewhere (f) -> return
    (let c (%cell 1))
    (letfun (fun g () -> r (let s (%cell-set c 2)) (jump r s)))
    (bind k (t) (call f (&g) k))
    (let v (%cell-get c))
    (jump return v))
  (fun captured (f) -> return
    (let u (unset))
    (let c (%cell u))
    (bind k (t) (call f () k))
    (letfun (fun g () -> r (let v (%cell-get c)) (jump r v)))
    (let s (%cell-set c t))
    (jump return &g))
  (fun shifts () -> return
    (shift return k bottom (jump bottom k)))
  (main () -> return
    (jump return ())))

; CHECK:   (fun twice (f) -> return
; CHECK-NEXT:     (let c (%cell 1))
; CHECK-NEXT:     (letfun
; CHECK-NEXT:       (fun g () -> r
; CHECK-NEXT:         (let v (%cell-get c))
; CHECK-NEXT:         (jump r v)))
; CHECK-NEXT:     (let s (%cell-set c 2))
; CHECK-NEXT:     (let t (%cell-set c 3))
; CHECK-NEXT:     (call f (&g) return))
; CHECK-NEXT:   (fun elsewhere (f) -> return
; CHECK-NEXT:     (let c (%cell 1))
; CHECK-NEXT:     (letfun
; CHECK-NEXT:       (fun g () -> r
; CHECK-NEXT:         (let s (%cell-set c 2))
; CHECK-NEXT:         (jump r s)))
; CHECK-NEXT:     (bind k (t)
; CHECK-NEXT:       (call f (&g) k))
; CHECK-NEXT:     (let v (%cell-get c))
; CHECK-NEXT:     (jump return v))
; CHECK-NEXT:   (fun captured (f) -> return
; CHECK-NEXT:     (let u (unset))
; CHECK-NEXT:     (let c (%cell u))
; CHECK-NEXT:     (bind k (t)
; CHECK-NEXT:       (call f () k))
; CHECK-NEXT:     (letfun
; CHECK-NEXT:       (fun g () -> r
; CHECK-NEXT:         (let v (%cell-get c))
; CHECK-NEXT:         (jump r v)))
; CHECK-NEXT:     (let s (%cell-set c t))
; CHECK-NEXT:     (jump return &g))
; CHECK-NEXT:   (fun shifts () -> return
; CHECK-NEXT:     (shift return k bottom
; CHECK-NEXT:       (jump bottom k)))
; CHECK-NEXT:   (main () -> return
; CHECK-NEXT:     (jump return ())))
