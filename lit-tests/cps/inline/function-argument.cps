; A function that calls what it is given counts as small for longer when that is known: a loop over a list
; with a lambda becomes a loop of its own.
; RUN: %valkc -x cps --passes=inline,simplify --emit=cps %s -o - | %filecheck --match-full-lines %s
(program
  (fun each (f l) -> return
    (letcont
      (step (rest)
        (let n (nil? rest))
        (if n
          ((jump return ()))
          ((let h (head rest))
           (bind k (ignored) (call f (h) k))
           (let t (tail rest))
           (jump step t)))))
    (let a (print 1))
    (let b (print 2))
    (let c (print 3))
    (let d (print 4))
    (jump step l))
  (fun use (l) -> return
    (letfun (fun show (x) -> r (let p (print x)) (jump r p)))
    (call &each (&show l) return))
  (fun unknown (f l) -> return
    (call &each (f l) return))
  (main () -> return
    (bind k (x) (call &unknown (#print ()) k))
    (call &unknown (#head ()) return)))

; CHECK:   (fun each (f l) -> return
; CHECK-NEXT:     (letcont
; CHECK-NEXT:       (step (rest)
; CHECK-NEXT:         (let n (nil? rest))
; CHECK-NEXT:         (if n
; CHECK-NEXT:           ((jump return ()))
; CHECK-NEXT:           ((let h (head rest))
; CHECK-NEXT:            (bind k (ignored)
; CHECK-NEXT:              (call f (h) k))
; CHECK-NEXT:            (let t (tail rest))
; CHECK-NEXT:            (jump step t)))))
; CHECK-NEXT:     (let a (print 1))
; CHECK-NEXT:     (let b (print 2))
; CHECK-NEXT:     (let c (print 3))
; CHECK-NEXT:     (let d (print 4))
; CHECK-NEXT:     (jump step l))
; CHECK-NEXT:   (fun use (l) -> return
; CHECK-NEXT:     (letcont
; CHECK-NEXT:       (step (rest)
; CHECK-NEXT:         (let n (nil? rest))
; CHECK-NEXT:         (if n
; CHECK-NEXT:           ((jump return ()))
; CHECK-NEXT:           ((let h (head rest))
; CHECK-NEXT:            (let p (print h))
; CHECK-NEXT:            (let t (tail rest))
; CHECK-NEXT:            (jump step t)))))
; CHECK-NEXT:     (let a (print 1))
; CHECK-NEXT:     (let b (print 2))
; CHECK-NEXT:     (let c (print 3))
; CHECK-NEXT:     (let d (print 4))
; CHECK-NEXT:     (jump step l))
; CHECK-NEXT:   (fun unknown (f l) -> return
; CHECK-NEXT:     (call &each (f l) return))
; CHECK-NEXT:   (main () -> return
; CHECK-NEXT:     (bind k (x)
; CHECK-NEXT:       (call &each (#print ()) k))
; CHECK-NEXT:     (call &each (#head ()) return)))
