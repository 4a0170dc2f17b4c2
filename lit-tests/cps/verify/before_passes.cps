; What a pass is given is verified too; a broken rule is an internal error that names it.
; RUN: %not %valkc -x cps --verify --emit=cps-opt %s -o - 2>&1 | %filecheck %s
(program
  (main () -> return
    (reset return bottom
      (jump return 1))))

; CHECK: internal error in passes: the IR is broken after input
; CHECK-NEXT: cont-delimiter: in main: continuation 'return'
