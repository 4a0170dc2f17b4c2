; The second computation of a value that is in scope goes: in what follows and in the branches there, but
; not in another branch, in a continuation bound before, or in a function inside. Results with an identity
; and reads of what can change stay.
; RUN: %valkc -x cps --passes=eliminate_common --emit=cps %s -o - | %filecheck --match-full-lines %s
(program
  (fun follows (l n) -> return
    (let a (head l))
    (let b (%sub n 1))
    (if n
      ((let c (head l)) (let d (%sub n 1)) (let e (%sub n 2)) (let p (print a b c d e)) (jump return p))
      ((let f (%sub n 2)) (jump return f))))
  (fun bound-before (l) -> return
    (bind k (x)
      (let a (head l))
      (jump k a))
    (let b (head l))
    (let c (list x b))
    (jump return c))
  (fun inside (l) -> return
    (let a (head l))
    (letfun (fun f () -> r (let b (head l)) (jump r b)))
    (let c (list a &f))
    (jump return c))
  (fun identity (n v) -> return
    (let a (ref n))
    (let b (ref n))
    (let c (vec/get v n))
    (let d (vec/get v n))
    (let e (%eq v n))
    (let f (%eq v n))
    (let g (%eq v 1))
    (let h (%eq v 1))
    (let p (print a b c d e f g h))
    (jump return p))
  (main () -> return
    (jump return ())))

; CHECK:   (fun follows (l n) -> return
; CHECK-NEXT:     (let a (head l))
; CHECK-NEXT:     (let b (%sub n 1))
; CHECK-NEXT:     (if n
; CHECK-NEXT:       ((let e (%sub n 2))
; CHECK-NEXT:        (let p (print a b a b e))
; CHECK-NEXT:        (jump return p))
; CHECK-NEXT:       ((let f (%sub n 2))
; CHECK-NEXT:        (jump return f))))
; CHECK-NEXT:   (fun bound-before (l) -> return
; CHECK-NEXT:     (bind k (x)
; CHECK-NEXT:       (let a (head l))
; CHECK-NEXT:       (jump k a))
; CHECK-NEXT:     (let b (head l))
; CHECK-NEXT:     (let c (list x b))
; CHECK-NEXT:     (jump return c))
; CHECK-NEXT:   (fun inside (l) -> return
; CHECK-NEXT:     (let a (head l))
; CHECK-NEXT:     (letfun
; CHECK-NEXT:       (fun f () -> r
; CHECK-NEXT:         (let b (head l))
; CHECK-NEXT:         (jump r b)))
; CHECK-NEXT:     (let c (list a &f))
; CHECK-NEXT:     (jump return c))
; CHECK-NEXT:   (fun identity (n v) -> return
; CHECK-NEXT:     (let a (ref n))
; CHECK-NEXT:     (let b (ref n))
; CHECK-NEXT:     (let c (vec/get v n))
; CHECK-NEXT:     (let d (vec/get v n))
; CHECK-NEXT:     (let e (%eq v n))
; CHECK-NEXT:     (let f (%eq v n))
; CHECK-NEXT:     (let g (%eq v 1))
; CHECK-NEXT:     (let p (print a b c d e f g g))
; CHECK-NEXT:     (jump return p))
; CHECK-NEXT:   (main () -> return
; CHECK-NEXT:     (jump return ())))
