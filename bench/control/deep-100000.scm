; Captures under 100000 frames.
(define depth 100000)
(load "deep.scm")
