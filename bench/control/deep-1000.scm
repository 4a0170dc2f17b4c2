; Captures under 1000 frames.
(define depth 1000)
(load "deep.scm")
