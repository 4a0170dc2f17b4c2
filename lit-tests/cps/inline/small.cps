; Small functions are copied to their calls, each copy under names of its own; recursive ones only into
; themselves (recursive.cps). The name of a function's own closure becomes the function.
; RUN: %valkc -x cps --passes=inline --emit=cps %s -o - | %filecheck --match-full-lines %s
(program
  (fun square (x) -> return
    (let y (%mul x x))
    (jump return y))
  (fun pair (x & more) -> return
    (let y (list x more ^pair))
    (jump return y))
  (fun fact (n) -> return
    (if n
      ((let m (%sub n 1)) (bind k (r) (call &fact (m) k)) (let p (%mul n r)) (jump return p))
      ((jump return 1))))
  (fun wrong () -> return
    (call &square (1 2) return))
  (main () -> return
    (bind k (a) (call &square (3) k))
    (bind j (b) (call &square (a) j))
    (bind i (c) (call &pair (a b 3) i))
    (call &fact (c) return)))

; CHECK:   (fun square (x) -> return
; CHECK-NEXT:     (let y (%mul x x))
; CHECK-NEXT:     (jump return y))
; CHECK-NEXT:   (fun pair (x & more) -> return
; CHECK-NEXT:     (let y (list x more ^pair))
; CHECK-NEXT:     (jump return y))
; CHECK-NEXT:   (fun fact (n) -> return
; CHECK-NEXT:     (if n
; CHECK-NEXT:       ((let m (%sub n 1))
; CHECK-NEXT:        (bind k (r)
; CHECK-NEXT:          (if m
; CHECK-NEXT:            ((let m.1 (%sub m 1))
; CHECK-NEXT:             (bind k.1 (r.1)
; CHECK-NEXT:               (if m.1
; CHECK-NEXT:                 ((let m.2 (%sub m.1 1))
; CHECK-NEXT:                  (bind k.2 (r.2)
; CHECK-NEXT:                    (call &fact (m.2) k.2))
; CHECK-NEXT:                  (let p (%mul m.1 r.2))
; CHECK-NEXT:                  (jump k.1 p))
; CHECK-NEXT:                 ((jump k.1 1))))
; CHECK-NEXT:             (let p.1 (%mul m r.1))
; CHECK-NEXT:             (jump k p.1))
; CHECK-NEXT:            ((jump k 1))))
; CHECK-NEXT:        (let p.2 (%mul n r))
; CHECK-NEXT:        (jump return p.2))
; CHECK-NEXT:       ((jump return 1))))
; CHECK-NEXT:   (fun wrong () -> return
; CHECK-NEXT:     (call &square (1 2) return))
; CHECK-NEXT:   (main () -> return
; CHECK-NEXT:     (bind k (a)
; CHECK-NEXT:       (let y (%mul 3 3))
; CHECK-NEXT:       (jump k y))
; CHECK-NEXT:     (bind j (b)
; CHECK-NEXT:       (let y.1 (%mul a a))
; CHECK-NEXT:       (jump j y.1))
; CHECK-NEXT:     (bind i (c)
; CHECK-NEXT:       (let more (list b 3))
; CHECK-NEXT:       (let y.2 (list a more &pair))
; CHECK-NEXT:       (jump i y.2))
; CHECK-NEXT:     (call &fact (c) return)))
