; Functions that main does not reach go, and globals that nobody reads; the value of such a global is still
; computed.
; RUN: %valkc -x cps --passes=eliminate_dead --emit=cps %s -o - | %filecheck --match-full-lines %s
(program
  (globals read unread)
  (fun live (x) -> return
    (let v (global-get @read))
    (jump return v))
  (fun dead (x) -> return
    (let v (global-get @unread))
    (call &dead2 (v) return))
  (fun dead2 (x) -> return
    (call &dead (x) return))
  (main () -> return
    (let a (print 1))
    (let d (global-define @unread a))
    (let e (global-define @read d))
    (call &live (d) return)))

; CHECK:   (globals read)
; CHECK-NEXT:   (fun live (x) -> return
; CHECK-NEXT:     (let v (global-get @read))
; CHECK-NEXT:     (jump return v))
; CHECK-NEXT:   (main () -> return
; CHECK-NEXT:     (let a (print 1))
; CHECK-NEXT:     (let e (global-define @read ()))
; CHECK-NEXT:     (call &live (()) return)))
