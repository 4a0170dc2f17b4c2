; Choices on constants, on negations and on what is already decided; a continuation that only tests its
; parameter becomes a choice at each jump, as `and` and `or` in conditions need it.
; RUN: %valkc -x cps --passes=simplify --emit=cps %s -o - | %filecheck --match-full-lines %s
(program
  (fun constant () -> return
    (if 0 ((jump return 1)) ((if "" ((jump return 2)) ((jump return 3))))))
  (fun negation (c) -> return
    (let n (not c))
    (if n ((jump return 1)) ((jump return 2))))
  (fun decided (c) -> return
    (if c ((if c ((jump return 1)) ((jump return 2)))) ((if c ((jump return 3)) ((jump return 4))))))
  (fun and-condition (a b) -> return
    (bind j (t)
      (if a ((jump j b)) ((jump j a))))
    (if t ((let p (print "yes")) (jump return p)) ((let q (print "no")) (jump return q))))
  (main () -> return
    (jump return ())))

; CHECK:   (fun constant () -> return
; CHECK-NEXT:     (jump return 2))
; CHECK-NEXT:   (fun negation (c) -> return
; CHECK-NEXT:     (if c
; CHECK-NEXT:       ((jump return 2))
; CHECK-NEXT:       ((jump return 1))))
; CHECK-NEXT:   (fun decided (c) -> return
; CHECK-NEXT:     (if c
; CHECK-NEXT:       ((jump return 1))
; CHECK-NEXT:       ((jump return 4))))
; CHECK-NEXT:   (fun and-condition (a b) -> return
; CHECK-NEXT:     (bind else ()
; CHECK-NEXT:       (if a
; CHECK-NEXT:         ((if b
; CHECK-NEXT:            ((let p (print "yes"))
; CHECK-NEXT:             (jump return p))
; CHECK-NEXT:            ((jump else))))
; CHECK-NEXT:         ((jump else))))
; CHECK-NEXT:     (let q (print "no"))
; CHECK-NEXT:     (jump return q))
; CHECK-NEXT:   (main () -> return
; CHECK-NEXT:     (jump return ())))
