; A try or reset whose body only binds values goes. What may raise stays inside its try, and the end of a
; try is not passed over.
; RUN: %valkc -x cps --passes=simplify --emit=cps %s -o - | %filecheck --match-full-lines %s
(program
  (fun plain (x) -> return
    (try return end
      ((let n (nil? x)) (jump end n))
      (e) (jump return e)))
  (fun raises (x) -> return
    (bind k (v)
      (try k end
        ((let h (head x)) (jump end h))
        (e) (jump k e)))
    (let p (print v))
    (jump return p))
  (fun calls (f) -> return
    (try return end
      ((bind k (v) (call f () k)) (jump end v))
      (e) (jump return e)))
  (fun delimited (x) -> return
    (reset return bottom
      (let l (list x)) (jump bottom l)))
  (main () -> return
    (jump return ())))

; CHECK:   (fun plain (x) -> return
; CHECK-NEXT:     (let n (nil? x))
; CHECK-NEXT:     (jump return n))
; CHECK-NEXT:   (fun raises (x) -> return
; CHECK-NEXT:     (bind k (v)
; CHECK-NEXT:       (try k end
; CHECK-NEXT:         ((let h (head x))
; CHECK-NEXT:          (jump end h))
; CHECK-NEXT:         (e)
; CHECK-NEXT:         (jump k e)))
; CHECK-NEXT:     (let p (print v))
; CHECK-NEXT:     (jump return p))
; CHECK-NEXT:   (fun calls (f) -> return
; CHECK-NEXT:     (try return end
; CHECK-NEXT:       ((call f () end))
; CHECK-NEXT:       (e)
; CHECK-NEXT:       (jump return e)))
; CHECK-NEXT:   (fun delimited (x) -> return
; CHECK-NEXT:     (let l (list x))
; CHECK-NEXT:     (jump return l))
; CHECK-NEXT:   (main () -> return
; CHECK-NEXT:     (jump return ())))
