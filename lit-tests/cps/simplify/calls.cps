; A function that is called once moves to the call; builtins and constants that were passed around are
; applied. Wrong numbers of arguments are left alone, and so is recursion.
; RUN: %valkc -x cps --passes=simplify --emit=cps %s -o - | %filecheck --match-full-lines %s
(program
  (fun once (x) -> return
    (letfun (fun add (a b & rest) -> r (let s (%add a b)) (let l (cons s rest)) (jump r l)))
    (bind k (v)
      (call &add (x 2 3 4) k))
    (let p (print v))
    (jump return p))
  (fun builtin (l) -> return
    (letfun (fun apply (f x) -> r (call f (x) r)))
    (call &apply (#head l) return))
  (fun value () -> return
    (call 5 () return))
  (fun wrong (x) -> return
    (letfun (fun one (a) -> r (jump r a)))
    (call &one (x x) return))
  (fun self (n) -> return
    (call &self (n) return))
  (main () -> return
    (jump return ())))

; CHECK:   (fun once (x) -> return
; CHECK-NEXT:     (let rest (list 3 4))
; CHECK-NEXT:     (let s (%add x 2))
; CHECK-NEXT:     (let l (cons s rest))
; CHECK-NEXT:     (let p (print l))
; CHECK-NEXT:     (jump return p))
; CHECK-NEXT:   (fun builtin (l) -> return
; CHECK-NEXT:     (let t (head l))
; CHECK-NEXT:     (jump return t))
; CHECK-NEXT:   (fun value () -> return
; CHECK-NEXT:     (jump return 5))
; CHECK-NEXT:   (fun wrong (x) -> return
; CHECK-NEXT:     (letfun
; CHECK-NEXT:       (fun one (a) -> r
; CHECK-NEXT:         (jump r a)))
; CHECK-NEXT:     (call &one (x x) return))
; CHECK-NEXT:   (fun self (n) -> return
; CHECK-NEXT:     (call &self (n) return))
; CHECK-NEXT:   (main () -> return
; CHECK-NEXT:     (jump return ())))
