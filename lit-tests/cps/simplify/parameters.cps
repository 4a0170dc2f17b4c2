; Of a function of which all calls are known, parameters that are unused or always the same constant,
; builtin or function go. Those that it would have to capture instead stay.
; RUN: %valkc -x cps --passes=simplify --emit=cps %s -o - | %filecheck --match-full-lines %s
(program
  (fun each (f unused l) -> return
    (let n (nil? l))
    (if n
      ((jump return ()))
      ((let h (head l))
       (bind k (v) (call f (h) k))
       (let t (tail l))
       (bind j (w) (call &each (f 1 t) j))
       (let p (cons v w))
       (jump return p))))
  (fun inner (a b) -> return
    (letfun
      (fun f (x y) -> r
        (if x ((bind k (z) (call &f (y y) k)) (let t (%sub z y)) (jump r t)) ((jump r y)))))
    (bind j (v) (call &f (a b) j))
    (call &f (v b) return))
  (main () -> return
    (call &each (#head 2 '(1 2 3)) return)))

; CHECK:   (fun each (l) -> return
; CHECK-NEXT:     (let n (nil? l))
; CHECK-NEXT:     (if n
; CHECK-NEXT:       ((jump return ()))
; CHECK-NEXT:       ((let h (head l))
; CHECK-NEXT:        (let t (head h))
; CHECK-NEXT:        (let t.1 (tail l))
; CHECK-NEXT:        (bind j (w)
; CHECK-NEXT:          (call &each (t.1) j))
; CHECK-NEXT:        (let p (cons t w))
; CHECK-NEXT:        (jump return p))))
; CHECK-NEXT:   (fun inner (a b) -> return
; CHECK-NEXT:     (letfun
; CHECK-NEXT:       (fun f (x y) -> r
; CHECK-NEXT:         (if x
; CHECK-NEXT:           ((bind k (z)
; CHECK-NEXT:              (call &f (y y) k))
; CHECK-NEXT:            (let t (%sub z y))
; CHECK-NEXT:            (jump r t))
; CHECK-NEXT:           ((jump r y)))))
; CHECK-NEXT:     (bind j (v)
; CHECK-NEXT:       (call &f (a b) j))
; CHECK-NEXT:     (call &f (v b) return))
; CHECK-NEXT:   (main () -> return
; CHECK-NEXT:     (call &each ('(1 2 3)) return)))
