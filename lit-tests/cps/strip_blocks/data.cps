; A literal that reaches only builtins that look at it is a constant list: its code goes, and with it what the code
; mentions. It is followed through builtins that make lists or take them apart.
; RUN: %valkc -x cps --passes=strip_blocks,simplify --emit=cps %s -o - | %filecheck --match-full-lines %s
(program
  (globals)
  (main () -> return
    (let n (time/now))
    (letfun
      (fun printed () -> return.1
        (let t (%add n 1))
        (jump return.1 t))
      (fun listed () -> return.2
        (let t.1 (%add n 2))
        (jump return.2 t.1))
      (fun chosen () -> return.3
        (jump return.3 n)))
    (let a (block '{+ n 1} &printed))
    (let b (block '{+ n 2} &listed))
    (let c (block '{n} &chosen))
    (let t.2 (print a))
    (let l (list b c))
    (let first (head l))
    (let t.3 (print first))
    (let t.4 (len c))
    (jump return t.4)))

; CHECK:      (program
; CHECK-NEXT:   (globals)
; CHECK-NEXT:   (main () -> return
; CHECK-NEXT:     (let n (time/now))
; CHECK-NEXT:     (let t (print '{+ n 1}))
; CHECK-NEXT:     (let l (list '{+ n 2} '{n}))
; CHECK-NEXT:     (let first (head l))
; CHECK-NEXT:     (let t.1 (print first))
; CHECK-NEXT:     (let t.2 (len '{n}))
; CHECK-NEXT:     (jump return t.2)))
