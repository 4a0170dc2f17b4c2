; Parts of large functions that go on to one place become functions: at the end of a function, in a branch
; that goes on to a continuation, and in a try; there, what was no tail call stays none. A loop is left whole.
; RUN: %valkc -x cps --passes=outline --function-size=4 --verify --emit=cps %s -o - | %filecheck --match-full-lines %s
; RUN: %valkc -x cps --passes=outline --function-size=0 --emit=cps %s -o - | %filecheck --check-prefix=WHOLE %s
(program
  (fun line (n) -> return
    (bind k (a)
      (call n (1) k))
    (let b (print a))
    (let c (print n b))
    (let d (print c))
    (bind k2 (e)
      (call n (2) k2))
    (let f (print e d))
    (let g (print f))
    (let h (print g))
    (jump return h))
  (fun branch (n) -> return
    (bind join ()
      (if n
        ((let a (print 1))
         (let b (print 2))
         (let c (print 3))
         (let d (print 4))
         (jump join))
        ((jump join))))
    (jump return n))
  (fun guarded (n) -> return
    (try return last
      ((bind k (a)
         (call n (1) k))
       (let b (print a))
       (let c (print b))
       (let d (print c))
       (call n (d) last))
      (e) (jump return e)))
  (fun looping (n) -> return
    (letcont
      (loop (i)
        (let a (print i))
        (let b (print a))
        (let c (print b))
        (let d (print c))
        (if d
          ((jump loop d))
          ((jump return d)))))
    (jump loop n))
  (main () -> return
    (jump return ())))

; CHECK:   (fun line (n) -> return
; CHECK-NEXT:     (bind k (a)
; CHECK-NEXT:       (call n (1) k))
; CHECK-NEXT:     (letfun
; CHECK-NEXT:       (fun line.1 () -> return.1
; CHECK-NEXT:         (let b (print a))
; CHECK-NEXT:         (let c (print n b))
; CHECK-NEXT:         (let d (print c))
; CHECK-NEXT:         (bind k2 (e)
; CHECK-NEXT:           (call n (2) k2))
; CHECK-NEXT:         (let f (print e d))
; CHECK-NEXT:         (let g (print f))
; CHECK-NEXT:         (let h (print g))
; CHECK-NEXT:         (jump return.1 h)))
; CHECK-NEXT:     (call &line.1 () return))
; CHECK-NEXT:   (fun branch (n) -> return
; CHECK-NEXT:     (bind join ()
; CHECK-NEXT:       (if n
; CHECK-NEXT:         ((bind join.1 (value)
; CHECK-NEXT:            (letfun
; CHECK-NEXT:              (fun branch.1 () -> return.1
; CHECK-NEXT:                (let a (print 1))
; CHECK-NEXT:                (let b (print 2))
; CHECK-NEXT:                (let c (print 3))
; CHECK-NEXT:                (let d (print 4))
; CHECK-NEXT:                (jump return.1 0)))
; CHECK-NEXT:            (call &branch.1 () join.1))
; CHECK-NEXT:          (jump join))
; CHECK-NEXT:         ((jump join))))
; CHECK-NEXT:     (jump return n))
; CHECK-NEXT:   (fun guarded (n) -> return
; CHECK-NEXT:     (try return last
; CHECK-NEXT:       ((letfun
; CHECK-NEXT:          (fun guarded.1 () -> return.1
; CHECK-NEXT:            (bind last.1 (value)
; CHECK-NEXT:              (bind k (a)
; CHECK-NEXT:                (call n (1) k))
; CHECK-NEXT:              (let b (print a))
; CHECK-NEXT:              (let c (print b))
; CHECK-NEXT:              (let d (print c))
; CHECK-NEXT:              (call n (d) last.1))
; CHECK-NEXT:            (jump return.1 value)))
; CHECK-NEXT:        (call &guarded.1 () last))
; CHECK-NEXT:       (e)
; CHECK-NEXT:       (jump return e)))
; CHECK-NEXT:   (fun looping (n) -> return
; CHECK-NEXT:     (letcont
; CHECK-NEXT:       (loop (i)
; CHECK-NEXT:         (let a (print i))
; CHECK-NEXT:         (let b (print a))
; CHECK-NEXT:         (let c (print b))
; CHECK-NEXT:         (let d (print c))
; CHECK-NEXT:         (if d
; CHECK-NEXT:           ((jump loop d))
; CHECK-NEXT:           ((jump return d)))))
; CHECK-NEXT:     (jump loop n))
; CHECK-NEXT:   (main () -> return
; CHECK-NEXT:     (jump return ())))

; WHOLE-NOT: letfun
