; Pauses with about 16 MiB live.
(define live 400000)
(load "live.scm")
