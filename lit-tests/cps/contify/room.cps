; Functions known to the whole program move only as long as there is room: `a` takes `b` and `c`; `d`, which
; comes too many, stays, and is where `e` moves, which it calls in tail position.
; RUN: %valkc -x cps --passes=contify --function-size=20 --emit=cps %s -o - | %filecheck --match-full-lines %s
; RUN: %valkc -x cps --passes=contify --function-size=0 --emit=cps %s -o - | %filecheck --check-prefix=ALL %s
(program
  (fun a (n) -> return
    (bind k (x)
      (if n ((call &b (n) k)) ((call &b (1) k))))
    (bind k2 (y)
      (if n ((call &c (x) k2)) ((call &c (1) k2))))
    (bind k3 (z)
      (if n ((call &d (y) k3)) ((call &d (1) k3))))
    (jump return z))
  (fun b (n) -> return
    (let x (print n))
    (jump return x))
  (fun c (n) -> return
    (let x (print n))
    (jump return x))
  (fun d (n) -> return
    (let x (print n))
    (let y (print x))
    (let z (print y))
    (if x ((call &e (z) return)) ((call &e (1) return))))
  (fun e (n) -> return
    (let x (print n))
    (jump return x))
  (main () -> return
    (let l (list &a))
    (jump return l)))

; CHECK:   (fun a (n) -> return
; CHECK-NEXT:     (letcont
; CHECK-NEXT:       (k (x)
; CHECK-NEXT:         (letcont
; CHECK-NEXT:           (k2 (y)
; CHECK-NEXT:             (bind k3 (z)
; CHECK-NEXT:               (if n
; CHECK-NEXT:                 ((call &d (y) k3))
; CHECK-NEXT:                 ((call &d (1) k3))))
; CHECK-NEXT:             (jump return z))
; CHECK-NEXT:           (c (n.2)
; CHECK-NEXT:             (let x.1 (print n.2))
; CHECK-NEXT:             (jump k2 x.1)))
; CHECK-NEXT:         (if n
; CHECK-NEXT:           ((jump c x))
; CHECK-NEXT:           ((jump c 1))))
; CHECK-NEXT:       (b (n.1)
; CHECK-NEXT:         (let x.2 (print n.1))
; CHECK-NEXT:         (jump k x.2)))
; CHECK-NEXT:     (if n
; CHECK-NEXT:       ((jump b n))
; CHECK-NEXT:       ((jump b 1))))
; CHECK-NEXT:   (fun d (n) -> return
; CHECK-NEXT:     (bind e (n.1)
; CHECK-NEXT:       (let x (print n))
; CHECK-NEXT:       (let y (print x))
; CHECK-NEXT:       (let z (print y))
; CHECK-NEXT:       (if x
; CHECK-NEXT:         ((jump e z))
; CHECK-NEXT:         ((jump e 1))))
; CHECK-NEXT:     (let x.1 (print n.1))
; CHECK-NEXT:     (jump return x.1))
; CHECK-NEXT:   (main () -> return
; CHECK-NEXT:     (let l (list &a))
; CHECK-NEXT:     (jump return l)))

; ALL-NOT: call
