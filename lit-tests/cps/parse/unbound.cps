; Printed IR that nothing binds is reported where it is used.
; RUN: %not %valkc -x cps --emit=cps %s -o - 2>&1 | %filecheck %s
(program
  (fun f (x) -> return
    (jump return y))
  (main () -> return
    (call &g () return)))

; CHECK: unbound.cps:5:18: error: malformed IR: nothing binds `y` [VK0600]
