; A function captures its free variables, through those made in it too; functions that capture nothing are
; static, so that referring to them captures nothing, and a function captures another through its self.
; RUN: %valkc -x cps --passes=convert_closures --emit=closed %s -o - | %filecheck --match-full-lines %s
(program
  (fun known (a) -> return
    (jump return a))
  (main () -> return
    (let x (list 1))
    (let y (list 2))
    (letfun
      (fun static (p) -> r.1
        (call &known (p) r.1))
      (fun outer () -> r.2
        (letfun
          (fun inner (q) -> r.3
            (let l (list x q))
            (call &static (l) r.3)))
        (call &inner (y) r.2))
      (fun user () -> r.4
        (bind k (v)
          (call &outer () k))
        (call &user () r.4)))
    (call &user () return)))

; CHECK:      (program
; CHECK-NEXT:   (stage closed)
; CHECK-NEXT:   (globals)
; CHECK-NEXT:   (fun known (a) -> return
; CHECK-NEXT:     (captures)
; CHECK-NEXT:     (jump return a))
; CHECK-NEXT:   (main () -> return
; CHECK-NEXT:     (captures)
; CHECK-NEXT:     (let x (list 1))
; CHECK-NEXT:     (let y (list 2))
; CHECK-NEXT:     (letfun
; CHECK-NEXT:       (fun static (p) -> r
; CHECK-NEXT:         (captures)
; CHECK-NEXT:         (call &known (p) r))
; CHECK-NEXT:       (fun outer () -> r.1
; CHECK-NEXT:         (captures y x)
; CHECK-NEXT:         (letfun
; CHECK-NEXT:           (fun inner (q) -> r.2
; CHECK-NEXT:             (captures x)
; CHECK-NEXT:             (let l (list x q))
; CHECK-NEXT:             (call &static (l) r.2)))
; CHECK-NEXT:         (call &inner (y) r.1))
; CHECK-NEXT:       (fun user () -> r.3
; CHECK-NEXT:         (captures ^outer)
; CHECK-NEXT:         (bind k (v)
; CHECK-NEXT:           (call &outer () k))
; CHECK-NEXT:         (call &user () r.3)))
; CHECK-NEXT:     (call &user () return)))
