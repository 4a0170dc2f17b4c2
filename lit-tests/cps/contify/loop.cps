; A self tail call is a loop, in a local function as in one known to the whole program.
; RUN: %valkc -x cps --passes=contify --emit=cps %s -o - | %filecheck --match-full-lines %s
(program
  (fun count (n) -> return
    (let t (%lt n 10))
    (if t ((let m (%add n 1)) (call &count (m) return)) ((jump return n))))
  (main () -> return
    (letfun (fun spin (n f) -> r (let p (print n)) (call &spin (n f) r)))
    (let l (list &spin &count))
    (jump return l)))

; CHECK:   (fun count (n) -> return
; CHECK-NEXT:     (letcont
; CHECK-NEXT:       (count (n.1)
; CHECK-NEXT:         (let t (%lt n.1 10))
; CHECK-NEXT:         (if t
; CHECK-NEXT:           ((let m (%add n.1 1))
; CHECK-NEXT:            (jump count m))
; CHECK-NEXT:           ((jump return n.1)))))
; CHECK-NEXT:     (jump count n))
; CHECK-NEXT:   (main () -> return
; CHECK-NEXT:     (letfun
; CHECK-NEXT:       (fun spin (n f) -> r
; CHECK-NEXT:         (letcont
; CHECK-NEXT:           (spin (n.1 f.1)
; CHECK-NEXT:             (let p (print n.1))
; CHECK-NEXT:             (jump spin n.1 f.1)))
; CHECK-NEXT:         (jump spin n f)))
; CHECK-NEXT:     (let l (list &spin &count))
; CHECK-NEXT:     (jump return l)))
