; A function whose calls all return to one continuation becomes one itself: in place if that is visible
; there, else next to it. Mutual recursion goes as a group.
; RUN: %valkc -x cps --passes=contify --emit=cps %s -o - | %filecheck --match-full-lines %s
(program
  (fun in-place (n) -> return
    (letfun (fun f (x) -> r (let p (print x)) (jump r p)))
    (if n ((call &f (1) return)) ((call &f (2) return))))
  (fun next-to-it (n) -> return
    (letfun
      (fun even (x) -> r (if x ((let y (%sub x 1)) (call &odd (y) r)) ((jump r 1))))
      (fun odd (z) -> s (if z ((let w (%sub z 1)) (call &even (w) s)) ((jump s 0)))))
    (bind k (v) (call &even (n) k))
    (let p (print v))
    (jump return p))
  (fun two-returns (n) -> return
    (letfun (fun f (x) -> r (let p (print x)) (jump r p)))
    (bind k (v) (call &f (n) k))
    (call &f (v) return))
  (fun escapes (n) -> return
    (letfun (fun f (x) -> r (let p (print x)) (jump r p)))
    (let l (list &f))
    (call &f (l) return))
  (main () -> return
    (jump return ())))

; CHECK:   (fun in-place (n) -> return
; CHECK-NEXT:     (bind f (x)
; CHECK-NEXT:       (if n
; CHECK-NEXT:         ((jump f 1))
; CHECK-NEXT:         ((jump f 2))))
; CHECK-NEXT:     (let p (print x))
; CHECK-NEXT:     (jump return p))
; CHECK-NEXT:   (fun next-to-it (n) -> return
; CHECK-NEXT:     (letcont
; CHECK-NEXT:       (k (v)
; CHECK-NEXT:         (let p (print v))
; CHECK-NEXT:         (jump return p))
; CHECK-NEXT:       (even (x)
; CHECK-NEXT:         (if x
; CHECK-NEXT:           ((let y (%sub x 1))
; CHECK-NEXT:            (jump odd y))
; CHECK-NEXT:           ((jump k 1))))
; CHECK-NEXT:       (odd (z)
; CHECK-NEXT:         (if z
; CHECK-NEXT:           ((let w (%sub z 1))
; CHECK-NEXT:            (jump even w))
; CHECK-NEXT:           ((jump k 0)))))
; CHECK-NEXT:     (jump even n))
; CHECK-NEXT:   (fun two-returns (n) -> return
; CHECK-NEXT:     (letfun
; CHECK-NEXT:       (fun f (x) -> r
; CHECK-NEXT:         (let p (print x))
; CHECK-NEXT:         (jump r p)))
; CHECK-NEXT:     (bind k (v)
; CHECK-NEXT:       (call &f (n) k))
; CHECK-NEXT:     (call &f (v) return))
; CHECK-NEXT:   (fun escapes (n) -> return
; CHECK-NEXT:     (letfun
; CHECK-NEXT:       (fun f (x) -> r
; CHECK-NEXT:         (let p (print x))
; CHECK-NEXT:         (jump r p)))
; CHECK-NEXT:     (let l (list &f))
; CHECK-NEXT:     (call &f (l) return))
; CHECK-NEXT:   (main () -> return
; CHECK-NEXT:     (jump return ())))
