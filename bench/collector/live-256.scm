; Pauses with about 256 MiB live.
(define live 6400000)
(load "live.scm")
