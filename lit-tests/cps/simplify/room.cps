; A function known to the whole program that is called from one place moves there, as long as there is room:
; where two could move, the first that is met does.
; RUN: %valkc -x cps --passes=simplify --function-size=8 --emit=cps %s -o - | %filecheck --match-full-lines %s
(program
  (fun a (n) -> return
    (bind k (x)
      (call &b (n) k))
    (let y (print x))
    (call &c (y) return))
  (fun b (n) -> return
    (let x (print n 1))
    (let y (print x 2))
    (let z (print y n))
    (jump return z))
  (fun c (n) -> return
    (let x (print n 3))
    (let y (print x 4))
    (let z (print y n))
    (jump return z))
  (main () -> return
    (let l (list &a))
    (jump return l)))

; CHECK:   (fun a (n) -> return
; CHECK-NEXT:     (let x (print n 1))
; CHECK-NEXT:     (let y (print x 2))
; CHECK-NEXT:     (let z (print y n))
; CHECK-NEXT:     (let y.1 (print z))
; CHECK-NEXT:     (call &c (y.1) return))
; CHECK-NEXT:   (fun c (n) -> return
; CHECK-NEXT:     (let x (print n 3))
; CHECK-NEXT:     (let y (print x 4))
; CHECK-NEXT:     (let z (print y n))
; CHECK-NEXT:     (jump return z))
; CHECK-NEXT:   (main () -> return
; CHECK-NEXT:     (let l (list &a))
; CHECK-NEXT:     (jump return l)))
