; Operators on constants are computed, unless the result would leave the fixnums or raise.
; RUN: %valkc -x cps --passes=simplify --emit=cps %s -o - | %filecheck --match-full-lines %s
(program
  (main () -> return
    (let a (%add 40 2))
    (let b (%lt a 50))
    (let c (nil? ()))
    (let d (not "s"))
    (let e (%mul 4611686018427387903 2))
    (let f (%div 1 0))
    (let g (% -7 2))
    (let h (%eq :a :b))
    (let i (function? #head))
    (let j (- 5))
    (let l (- -4611686018427387904))
    (let p (print a b c d e f g h i j l))
    (jump return p)))

; CHECK:   (main () -> return
; CHECK-NEXT:     (let e (%mul 4611686018427387903 2))
; CHECK-NEXT:     (let f (%div 1 0))
; CHECK-NEXT:     (let l (%neg -4611686018427387904))
; CHECK-NEXT:     (let p (print 42 1 1 0 e f -1 0 1 -5 l))
; CHECK-NEXT:     (jump return p)))
