; What is not used goes, with what it alone used, unless it has an effect or may raise. Cycles that
; nobody enters go too.
; RUN: %valkc -x cps --passes=simplify --emit=cps %s -o - | %filecheck --match-full-lines %s
(program
  (fun f (x) -> return
    (let a (list x x))
    (let b (list a))
    (let c (cons x x))
    (let d (print x))
    (letfun
      (fun even (n) -> r (call &odd (n) r))
      (fun odd (m) -> s (call &even (m) s)))
    (letcont
      (ping () (jump pong))
      (pong () (jump ping)))
    (jump return x))
  (main () -> return
    (call &f (1) return)))

; CHECK:   (main () -> return
; CHECK-NEXT:     (let c (cons 1 1))
; CHECK-NEXT:     (let d (print 1))
; CHECK-NEXT:     (jump return 1)))
