; Calls inside and outside of a try return to different places, so the function stays. If all are inside,
; it moves there with them.
; RUN: %valkc -x cps --passes=contify --emit=cps %s -o - | %filecheck --match-full-lines %s
(program
  (fun both (x) -> return
    (letfun (fun f (a) -> r (let h (head a)) (jump r h)))
    (try return end
      ((call &f (x) end))
      (e) (call &f (e) return)))
  (fun inside (x) -> return
    (letfun (fun f (a) -> r (let h (head a)) (jump r h)))
    (try return end
      ((if x ((call &f (x) end)) ((call &f (1) end))))
      (e) (jump return e)))
  (main () -> return
    (jump return ())))

; CHECK:   (fun both (x) -> return
; CHECK-NEXT:     (letfun
; CHECK-NEXT:       (fun f (a) -> r
; CHECK-NEXT:         (let h (head a))
; CHECK-NEXT:         (jump r h)))
; CHECK-NEXT:     (try return end
; CHECK-NEXT:       ((call &f (x) end))
; CHECK-NEXT:       (e)
; CHECK-NEXT:       (call &f (e) return)))
; CHECK-NEXT:   (fun inside (x) -> return
; CHECK-NEXT:     (try return end
; CHECK-NEXT:       ((bind f (a)
; CHECK-NEXT:          (if x
; CHECK-NEXT:            ((jump f x))
; CHECK-NEXT:            ((jump f 1))))
; CHECK-NEXT:        (let h (head a))
; CHECK-NEXT:        (jump end h))
; CHECK-NEXT:       (e)
; CHECK-NEXT:       (jump return e)))
; CHECK-NEXT:   (main () -> return
; CHECK-NEXT:     (jump return ())))
