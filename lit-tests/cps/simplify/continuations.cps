; A continuation with one jump moves there; one that only jumps on is passed over, which makes calls
; tail calls; parameters that are unused or always the same go.
; RUN: %valkc -x cps --passes=simplify --emit=cps %s -o - | %filecheck --match-full-lines %s
(program
  (fun once (x) -> return
    (bind k (y)
      (jump k x))
    (let z (%add y 1))
    (jump return z))
  (fun eta (f x) -> return
    (bind k (y)
      (call f (x) k))
    (jump return y))
  (fun phi (c x) -> return
    (bind k (same unused kept)
      (if c ((jump k x 1 2)) ((jump k x 3 4))))
    (let z (list same kept))
    (jump return z))
  (fun loop (n invariant) -> return
    (letcont
      (again (i inv)
        (let t (%lt i inv))
        (if t ((let j (%add i 1)) (jump again j inv)) ((jump return i)))))
    (jump again n invariant))
  (main () -> return
    (jump return ())))

; CHECK:   (fun once (x) -> return
; CHECK-NEXT:     (let z (%add x 1))
; CHECK-NEXT:     (jump return z))
; CHECK-NEXT:   (fun eta (f x) -> return
; CHECK-NEXT:     (call f (x) return))
; CHECK-NEXT:   (fun phi (c x) -> return
; CHECK-NEXT:     (bind k (kept)
; CHECK-NEXT:       (if c
; CHECK-NEXT:         ((jump k 2))
; CHECK-NEXT:         ((jump k 4))))
; CHECK-NEXT:     (let z (list x kept))
; CHECK-NEXT:     (jump return z))
; CHECK-NEXT:   (fun loop (n invariant) -> return
; CHECK-NEXT:     (letcont
; CHECK-NEXT:       (again (i)
; CHECK-NEXT:         (let t (%lt i invariant))
; CHECK-NEXT:         (if t
; CHECK-NEXT:           ((let j (%add i 1))
; CHECK-NEXT:            (jump again j))
; CHECK-NEXT:           ((jump return i)))))
; CHECK-NEXT:     (jump again n))
; CHECK-NEXT:   (main () -> return
; CHECK-NEXT:     (jump return ())))
