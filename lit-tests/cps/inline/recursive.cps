; A small recursive function takes the place of its own calls, two levels deep; one that makes closures
; does not.
; RUN: %valkc -x cps --passes=inline --emit=cps %s -o - | %filecheck --match-full-lines %s
(program
  (fun sum (l) -> return
    (let n (nil? l))
    (if n
      ((jump return 0))
      ((let t (tail l))
       (bind k (s) (call &sum (t) k))
       (let h (head l))
       (let r (%add h s))
       (jump return r))))
  (fun closes (l) -> return
    (letfun (fun f (x) -> r (call &closes (l) r)))
    (bind k (s) (call &closes (&f) k))
    (let p (print s))
    (jump return p))
  (main () -> return
    (call &sum ('(1 2 3)) return)))

; CHECK:   (fun sum (l) -> return
; CHECK-NEXT:     (let n (nil? l))
; CHECK-NEXT:     (if n
; CHECK-NEXT:       ((jump return 0))
; CHECK-NEXT:       ((let t (tail l))
; CHECK-NEXT:        (bind k (s)
; CHECK-NEXT:          (let n.1 (nil? t))
; CHECK-NEXT:          (if n.1
; CHECK-NEXT:            ((jump k 0))
; CHECK-NEXT:            ((let t.1 (tail t))
; CHECK-NEXT:             (bind k.1 (s.1)
; CHECK-NEXT:               (let n.2 (nil? t.1))
; CHECK-NEXT:               (if n.2
; CHECK-NEXT:                 ((jump k.1 0))
; CHECK-NEXT:                 ((let t.2 (tail t.1))
; CHECK-NEXT:                  (bind k.2 (s.2)
; CHECK-NEXT:                    (call &sum (t.2) k.2))
; CHECK-NEXT:                  (let h (head t.1))
; CHECK-NEXT:                  (let r (%add h s.2))
; CHECK-NEXT:                  (jump k.1 r))))
; CHECK-NEXT:             (let h.1 (head t))
; CHECK-NEXT:             (let r.1 (%add h.1 s.1))
; CHECK-NEXT:             (jump k r.1))))
; CHECK-NEXT:        (let h.2 (head l))
; CHECK-NEXT:        (let r.2 (%add h.2 s))
; CHECK-NEXT:        (jump return r.2))))
; CHECK-NEXT:   (fun closes (l) -> return
; CHECK-NEXT:     (letfun
; CHECK-NEXT:       (fun f (x) -> r
; CHECK-NEXT:         (call &closes (l) r)))
; CHECK-NEXT:     (bind k (s)
; CHECK-NEXT:       (call &closes (&f) k))
; CHECK-NEXT:     (let p (print s))
; CHECK-NEXT:     (jump return p))
; CHECK-NEXT:   (main () -> return
; CHECK-NEXT:     (call &sum ('(1 2 3)) return)))
