; It is followed through the parameters of continuations and of known functions, also of recursive ones, and out of
; functions whose calls are all known; a value that is stored, or given to or by a function that nobody knows, may
; reach an `eval`.
; RUN: %valkc -x cps --passes=strip_blocks --emit=cps %s -o - | %filecheck --match-full-lines %s
(program
  (globals g)
  (fun show (i x) -> return
    (let t (print x))
    (call &show (i x) return))
  (fun run (x) -> return
    (call #eval (x) return))
  (fun give (x) -> return
    (jump return x))
  (fun give-data (x) -> return
    (jump return x))
  (fun held (x) -> return
    (jump return x))
  (main (f) -> return
    (letfun
      (fun code () -> return.1
        (jump return.1 f)))
    (let shown (block '{1} &code))
    (let joined (block '{2} &code))
    (let evaluated (block '{3} &code))
    (let in-list (block '{4} &code))
    (let given (block '{5} &code))
    (let stored (block '{6} &code))
    (let unknown (block '{7} &code))
    (let given-data (block '{8} &code))
    (let held-gives (block '{9} &code))
    (bind k (t)
      (call &show (1 shown) k))
    (bind join (x)
      (if f
        ((jump join joined))
        ((jump join 0))))
    (let t.1 (len x))
    (bind k.1 (t.2)
      (call &run (evaluated) k.1))
    (let l (cons in-list ()))
    (let h (head l))
    (bind k.2 (t.3)
      (call &run (h) k.2))
    (bind k.3 (t.4)
      (call &give (given) k.3))
    (bind k.4 (u)
      (call &run (t.4) k.4))
    (bind k.5 (v)
      (call &give-data (given-data) k.5))
    (let w (print v))
    (bind k.6 (y)
      (call &held (held-gives) k.6))
    (let z (global-define @g &held))
    (let t.5 (global-define @g stored))
    (call f (unknown) return)))

; CHECK:      (program
; CHECK-NEXT:   (globals g)
; CHECK-NEXT:   (fun show (i x) -> return
; CHECK-NEXT:     (let t (print x))
; CHECK-NEXT:     (call &show (i x) return))
; CHECK-NEXT:   (fun run (x) -> return
; CHECK-NEXT:     (call #eval (x) return))
; CHECK-NEXT:   (fun give (x) -> return
; CHECK-NEXT:     (jump return x))
; CHECK-NEXT:   (fun give-data (x) -> return
; CHECK-NEXT:     (jump return x))
; CHECK-NEXT:   (fun held (x) -> return
; CHECK-NEXT:     (jump return x))
; CHECK-NEXT:   (main (f) -> return
; CHECK-NEXT:     (letfun
; CHECK-NEXT:       (fun code () -> return.1
; CHECK-NEXT:         (jump return.1 f)))
; CHECK-NEXT:     (let evaluated (block '{3} &code))
; CHECK-NEXT:     (let in-list (block '{4} &code))
; CHECK-NEXT:     (let given (block '{5} &code))
; CHECK-NEXT:     (let stored (block '{6} &code))
; CHECK-NEXT:     (let unknown (block '{7} &code))
; CHECK-NEXT:     (let held-gives (block '{9} &code))
; CHECK-NEXT:     (bind k (t)
; CHECK-NEXT:       (call &show (1 '{1}) k))
; CHECK-NEXT:     (bind join (x)
; CHECK-NEXT:       (if f
; CHECK-NEXT:         ((jump join '{2}))
; CHECK-NEXT:         ((jump join 0))))
; CHECK-NEXT:     (let t.1 (len x))
; CHECK-NEXT:     (bind k.1 (t.2)
; CHECK-NEXT:       (call &run (evaluated) k.1))
; CHECK-NEXT:     (let l (cons in-list ()))
; CHECK-NEXT:     (let h (head l))
; CHECK-NEXT:     (bind k.2 (t.3)
; CHECK-NEXT:       (call &run (h) k.2))
; CHECK-NEXT:     (bind k.3 (t.4)
; CHECK-NEXT:       (call &give (given) k.3))
; CHECK-NEXT:     (bind k.4 (u)
; CHECK-NEXT:       (call &run (t.4) k.4))
; CHECK-NEXT:     (bind k.5 (v)
; CHECK-NEXT:       (call &give-data ('{8}) k.5))
; CHECK-NEXT:     (let w (print v))
; CHECK-NEXT:     (bind k.6 (y)
; CHECK-NEXT:       (call &held (held-gives) k.6))
; CHECK-NEXT:     (let z (global-define @g &held))
; CHECK-NEXT:     (let t.5 (global-define @g stored))
; CHECK-NEXT:     (call f (unknown) return)))
