; Captures under 1000000 frames.
(define depth 1000000)
(load "deep.scm")
