; Captures under 10 frames.
(define depth 10)
(load "deep.scm")
