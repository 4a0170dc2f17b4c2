(program
  (globals)
  (main () -> return
    (if 1
      ((let x (list 2))
       (jump return x))
      ((jump return x)))))
