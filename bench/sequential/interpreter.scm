; A whole program: an interpreter of a small language with integers, arrays and first-class functions. Scanner,
; parser, constant folder, and two ways to run a program: closures made of its tree, and code for a stack
; machine. Its programs, which are at the end, go through all of it n times, and both ways must agree.
(load "interpreter-parser.scm")

; ---- scopes ---------------------------------------------------------------------------------------
; A scope is a vector: its names with their slots, how many there are, the scope around it. At run time a frame
; is a vector: the frame around it, then the slots.

(define (new-scope outer) (vector '() 0 outer))
(define (declare! scope name)
  (let ((slot (+ 1 (vector-ref scope 1))))
    (begin
      (vector-set! scope 0 (cons (list name slot) (vector-ref scope 0)))
      (vector-set! scope 1 slot)
      slot)))
(define (declare-all! scope names)
  (if (null? names) scope (begin (declare! scope (car names)) (declare-all! scope (cdr names)))))
(define (frame-size scope) (+ 1 (vector-ref scope 1)))
(define (slot-of name names)
  (cond ((null? names) 0)
        ((same? (car (car names)) name) (cadr (car names)))
        (else (slot-of name (cdr names)))))
; How many frames out, and the slot there.
(define (find-name name scope depth)
  (let ((slot (slot-of name (vector-ref scope 0))))
    (cond ((> slot 0) (list depth slot))
          ((null? (vector-ref scope 2)) (error "an unknown name"))
          (else (find-name name (vector-ref scope 2) (+ depth 1))))))
(define (outward frame depth) (if (= depth 0) frame (outward (vector-ref frame 0) (- depth 1))))

; ---- closures -------------------------------------------------------------------------------------
; An expression becomes a function of a frame that gives its value, a statement one that gives :next, or what
; is returned. A function is a vector: the size of its frame, its body, the frame around it.

(define (generate tree scope)
  (case (car tree)
    ((number) (let ((n (cadr tree))) (lambda (frame) n)))
    ((name) (generate-name (find-name (cadr tree) scope 0)))
    ((binary)
     (generate-binary (cadr tree) (generate (caddr tree) scope) (generate (cadddr tree) scope)))
    ((and)
     (let* ((a (generate (cadr tree) scope))
            (b (generate (caddr tree) scope)))
       (lambda (frame) (if (= (a frame) 0) 0 (b frame)))))
    ((or)
     (let* ((a (generate (cadr tree) scope))
            (b (generate (caddr tree) scope)))
       (lambda (frame) (let ((v (a frame))) (if (= v 0) (b frame) v)))))
    ((negate) (let ((a (generate (cadr tree) scope))) (lambda (frame) (- (a frame)))))
    ((not) (let ((a (generate (cadr tree) scope))) (lambda (frame) (flag (= (a frame) 0)))))
    ((call) (generate-call (cadr tree) (generate-all (caddr tree) scope) scope))
    ((index)
     (let* ((a (generate (cadr tree) scope))
            (i (generate (caddr tree) scope)))
       (lambda (frame) (let ((array (a frame))) (vector-ref array (i frame))))))
    ((array)
     (let* ((items (generate-all (cadr tree) scope))
            (size (length (cadr tree))))
       (lambda (frame) (fill! (make-vector size 0) 0 items frame))))
    ((function) (generate-function (caddr tree) (declare-all! (new-scope scope) (cadr tree))))
    (else (error "no expression"))))
(define (generate-all trees scope) (map (lambda (tree) (generate tree scope)) trees))
(define (generate-name found)
  (let* ((depth (car found))
         (slot (cadr found)))
    (case depth
      ((0) (lambda (frame) (vector-ref frame slot)))
      ((1) (lambda (frame) (vector-ref (vector-ref frame 0) slot)))
      (else (lambda (frame) (vector-ref (outward frame depth) slot))))))
(define (generate-binary operator a b)
  (case operator
    ((plus) (lambda (frame) (let ((x (a frame))) (+ x (b frame)))))
    ((minus) (lambda (frame) (let ((x (a frame))) (- x (b frame)))))
    ((times) (lambda (frame) (let ((x (a frame))) (* x (b frame)))))
    ((less) (lambda (frame) (let ((x (a frame))) (flag (< x (b frame))))))
    ((equal) (lambda (frame) (let ((x (a frame))) (flag (= x (b frame))))))
    (else (lambda (frame) (let ((x (a frame))) (operate operator x (b frame)))))))
(define (fill! frame i items from)
  (if (null? items)
      frame
      (begin (vector-set! frame i ((car items) from)) (fill! frame (+ i 1) (cdr items) from))))
(define (enter function frame)
  (let ((result ((vector-ref function 1) frame)))
    (if (same? result 'next) 0 result)))
(define (call-function function arguments from)
  (let ((frame (make-vector (vector-ref function 0) 0)))
    (begin
      (vector-set! frame 0 (vector-ref function 2))
      (enter function (fill! frame 1 arguments from)))))
(define (builtin-name tree) (if (same? (car tree) 'name) (cadr tree) 'none))
(define (generate-call callee arguments scope)
  (case (builtin-name callee)
    ((size) (let ((a (car arguments))) (lambda (frame) (vector-length (a frame)))))
    ((array) (let ((a (car arguments))) (lambda (frame) (make-vector (a frame) 0))))
    (else (let ((f (generate callee scope)))
            (lambda (frame) (let ((function (f frame))) (call-function function arguments frame)))))))
(define (generate-function body scope)
  (let* ((run (generate-block body scope))
         (size (frame-size scope)))
    (lambda (frame) (vector size run frame))))
(define (generate-block statements scope)
  (if (null? statements)
      (lambda (frame) 'next)
      (let ((first (generate-statement (car statements) scope)))
        (if (null? (cdr statements))
            first
            (let ((others (generate-block (cdr statements) scope)))
              (lambda (frame)
                (let ((result (first frame))) (if (same? result 'next) (others frame) result))))))))
(define (repeat-while condition body frame)
  (if (= (condition frame) 0)
      'next
      (let ((result (body frame)))
        (if (same? result 'next) (repeat-while condition body frame) result))))
(define (generate-statement tree scope)
  (case (car tree)
    ((let)
     (let* ((slot (declare! scope (cadr tree)))
            (value (generate (caddr tree) scope)))
       (lambda (frame) (begin (vector-set! frame slot (value frame)) 'next))))
    ((assign) (generate-assignment (cadr tree) (generate (caddr tree) scope) scope))
    ((if)
     (let* ((condition (generate (cadr tree) scope))
            (yes (generate-block (caddr tree) scope))
            (no (generate-block (cadddr tree) scope)))
       (lambda (frame) (if (= (condition frame) 0) (no frame) (yes frame)))))
    ((while)
     (let* ((condition (generate (cadr tree) scope))
            (body (generate-block (caddr tree) scope)))
       (lambda (frame) (repeat-while condition body frame))))
    ((return) (generate (cadr tree) scope))
    (else (let ((value (generate (cadr tree) scope))) (lambda (frame) (begin (value frame) 'next))))))
(define (generate-assignment target value scope)
  (if (same? (car target) 'name)
      (let ((found (find-name (cadr target) scope 0)))
        (let* ((depth (car found))
               (slot (cadr found)))
          (lambda (frame) (begin (vector-set! (outward frame depth) slot (value frame)) 'next))))
      (let* ((a (generate (cadr target) scope))
             (i (generate (caddr target) scope)))
        (lambda (frame)
          (let* ((array (a frame))
                 (index (i frame)))
            (begin (vector-set! array index (value frame)) 'next))))))
(define (run-closures tree)
  (let ((scope (new-scope '())))
    (let ((run (generate-block tree scope)))
      (run (make-vector (frame-size scope) 0)))))

; ---- code for the machine -------------------------------------------------------------------------
; Lists of numbers: operations, each followed by its operands. Jumps are relative to what follows them.

(define (operation operator)
  (case operator
    ((plus) 10)
    ((minus) 11)
    ((times) 12)
    ((over) 13)
    ((rest) 14)
    ((less) 15)
    ((greater) 16)
    ((at-most) 17)
    ((at-least) 18)
    ((equal) 19)
    ((unequal) 20)
    (else (error "no operator"))))
(define (compile tree scope)
  (case (car tree)
    ((number) (list 0 (cadr tree)))
    ((name) (let ((found (find-name (cadr tree) scope 0))) (compile-load (car found) (cadr found))))
    ((binary)
     (append (compile (caddr tree) scope)
             (compile (cadddr tree) scope)
             (list (operation (cadr tree)))))
    ((and) (compile-and (compile (cadr tree) scope) (compile (caddr tree) scope)))
    ((or) (compile-or (compile (cadr tree) scope) (compile (caddr tree) scope)))
    ((negate) (append (list 0 0) (compile (cadr tree) scope) (list 11)))
    ((not) (append (compile (cadr tree) scope) (list 0 0 19)))
    ((call) (compile-call (cadr tree) (caddr tree) scope))
    ((index) (append (compile (cadr tree) scope) (compile (caddr tree) scope) (list 23)))
    ((array) (append (compile-all (cadr tree) scope) (list 25 (length (cadr tree)))))
    ((function) (compile-function (caddr tree) (declare-all! (new-scope scope) (cadr tree))))
    (else (error "no expression"))))
(define (compile-load depth slot) (if (= depth 0) (list 1 slot) (list 2 depth slot)))
(define (compile-all trees scope)
  (if (null? trees)
      '()
      (let ((first (compile (car trees) scope)))
        (append first (compile-all (cdr trees) scope)))))
(define (compile-and a b) (append a (list 6 (+ (length b) 2)) b (list 5 2 0 0)))
(define (compile-or a b) (append a (list 28 6 (+ (length b) 1) 9) b))
(define (compile-call callee arguments scope)
  (case (builtin-name callee)
    ((size) (append (compile (car arguments) scope) (list 26)))
    ((array) (append (compile (car arguments) scope) (list 27)))
    (else (append (compile callee scope) (compile-all arguments scope) (list 7 (length arguments))))))
(define (compile-function body scope)
  (let ((code (append (compile-block body scope) (list 0 0 8))))
    (list 22 (vector (frame-size scope) (list->vector code)))))
(define (compile-block statements scope)
  (if (null? statements)
      '()
      (let ((first (compile-statement (car statements) scope)))
        (append first (compile-block (cdr statements) scope)))))
(define (compile-statement tree scope)
  (case (car tree)
    ((let)
     (let ((slot (declare! scope (cadr tree))))
       (append (compile (caddr tree) scope) (list 3 slot))))
    ((assign) (compile-assignment (cadr tree) (compile (caddr tree) scope) scope))
    ((if)
     (compile-if (compile (cadr tree) scope)
                 (compile-block (caddr tree) scope)
                 (compile-block (cadddr tree) scope)))
    ((while) (compile-while (compile (cadr tree) scope) (compile-block (caddr tree) scope)))
    ((return) (append (compile (cadr tree) scope) (list 8)))
    (else (append (compile (cadr tree) scope) (list 9)))))
(define (compile-if condition yes no)
  (append condition (list 6 (+ (length yes) 2)) yes (list 5 (length no)) no))
(define (compile-while condition body)
  (let ((size (+ (length condition) 2 (length body) 2)))
    (append condition (list 6 (+ (length body) 2)) body (list 5 (- size)))))
(define (compile-assignment target value scope)
  (if (same? (car target) 'name)
      (let ((found (find-name (cadr target) scope 0)))
        (append value
                (if (= (car found) 0) (list 3 (cadr found)) (list 4 (car found) (cadr found)))))
      (append (compile (cadr target) scope) (compile (caddr target) scope) value (list 24))))

; ---- the machine ----------------------------------------------------------------------------------
; The stack is shared by all calls; `top` is the first free place. A function is a vector: the size of its
; frame, its code, the frame around it.

(define (truth? v) (not (= v 0)))
(define (below stack top n) (vector-ref stack (- top n)))
(define (put! stack place v) (vector-set! stack place v))
(define (pop-into! target i stack from n)
  (if (= n 0)
      target
      (begin
        (vector-set! target i (vector-ref stack from))
        (pop-into! target (+ i 1) stack (+ from 1) (- n 1)))))
(define (call-code stack top n)
  (let ((function (below stack top (+ n 1))))
    (let ((frame (make-vector (vector-ref function 0) 0)))
      (begin
        (vector-set! frame 0 (vector-ref function 2))
        (pop-into! frame 1 stack (- top n) n)
        (run (vector-ref function 1) 0 stack top frame)))))
(define (binary! stack top v) (vector-set! stack (- top 2) v))
(define (run code at stack top frame)
  (case (vector-ref code at)
    ((0)
     (begin (put! stack top (vector-ref code (+ at 1))) (run code (+ at 2) stack (+ top 1) frame)))
    ((1)
     (begin
       (put! stack top (vector-ref frame (vector-ref code (+ at 1))))
       (run code (+ at 2) stack (+ top 1) frame)))
    ((2)
     (begin
       (put! stack
             top
             (vector-ref (outward frame (vector-ref code (+ at 1))) (vector-ref code (+ at 2))))
       (run code (+ at 3) stack (+ top 1) frame)))
    ((3)
     (begin
       (vector-set! frame (vector-ref code (+ at 1)) (below stack top 1))
       (run code (+ at 2) stack (- top 1) frame)))
    ((4)
     (begin
       (vector-set! (outward frame (vector-ref code (+ at 1)))
                    (vector-ref code (+ at 2))
                    (below stack top 1))
       (run code (+ at 3) stack (- top 1) frame)))
    ((5) (run code (+ at 2 (vector-ref code (+ at 1))) stack top frame))
    ((6)
     (if (truth? (below stack top 1))
         (run code (+ at 2) stack (- top 1) frame)
         (run code (+ at 2 (vector-ref code (+ at 1))) stack (- top 1) frame)))
    ((7)
     (let ((n (vector-ref code (+ at 1))))
       (begin
         (put! stack (- top n 1) (call-code stack top n))
         (run code (+ at 2) stack (- top n) frame))))
    ((8) (below stack top 1))
    ((9) (run code (+ at 1) stack (- top 1) frame))
    ((10)
     (begin
       (binary! stack top (+ (below stack top 2) (below stack top 1)))
       (run code (+ at 1) stack (- top 1) frame)))
    ((11)
     (begin
       (binary! stack top (- (below stack top 2) (below stack top 1)))
       (run code (+ at 1) stack (- top 1) frame)))
    ((12)
     (begin
       (binary! stack top (* (below stack top 2) (below stack top 1)))
       (run code (+ at 1) stack (- top 1) frame)))
    ((13)
     (begin
       (binary! stack top (quotient (below stack top 2) (below stack top 1)))
       (run code (+ at 1) stack (- top 1) frame)))
    ((14)
     (begin
       (binary! stack top (remainder (below stack top 2) (below stack top 1)))
       (run code (+ at 1) stack (- top 1) frame)))
    ((15)
     (begin
       (binary! stack top (flag (< (below stack top 2) (below stack top 1))))
       (run code (+ at 1) stack (- top 1) frame)))
    ((16)
     (begin
       (binary! stack top (flag (> (below stack top 2) (below stack top 1))))
       (run code (+ at 1) stack (- top 1) frame)))
    ((17)
     (begin
       (binary! stack top (flag (<= (below stack top 2) (below stack top 1))))
       (run code (+ at 1) stack (- top 1) frame)))
    ((18)
     (begin
       (binary! stack top (flag (>= (below stack top 2) (below stack top 1))))
       (run code (+ at 1) stack (- top 1) frame)))
    ((19)
     (begin
       (binary! stack top (flag (= (below stack top 2) (below stack top 1))))
       (run code (+ at 1) stack (- top 1) frame)))
    ((20)
     (begin
       (binary! stack top (flag (not (= (below stack top 2) (below stack top 1)))))
       (run code (+ at 1) stack (- top 1) frame)))
    ((22)
     (let ((function (vector-ref code (+ at 1))))
       (begin
         (put! stack top (vector (vector-ref function 0) (vector-ref function 1) frame))
         (run code (+ at 2) stack (+ top 1) frame))))
    ((23)
     (begin
       (binary! stack top (vector-ref (below stack top 2) (below stack top 1)))
       (run code (+ at 1) stack (- top 1) frame)))
    ((24)
     (begin
       (vector-set! (below stack top 3) (below stack top 2) (below stack top 1))
       (run code (+ at 1) stack (- top 3) frame)))
    ((25)
     (let ((n (vector-ref code (+ at 1))))
       (begin
         (put! stack (- top n) (pop-into! (make-vector n 0) 0 stack (- top n) n))
         (run code (+ at 2) stack (+ 1 (- top n)) frame))))
    ((26)
     (begin
       (put! stack (- top 1) (vector-length (below stack top 1)))
       (run code (+ at 1) stack top frame)))
    ((27)
     (begin
       (put! stack (- top 1) (make-vector (below stack top 1) 0))
       (run code (+ at 1) stack top frame)))
    ((28)
     (begin
       (put! stack top (flag (= (below stack top 1) 0)))
       (run code (+ at 1) stack (+ top 1) frame)))
    (else (error "no operation"))))
(define (run-machine tree)
  (let ((scope (new-scope '())))
    (let ((code (list->vector (compile-block tree scope))))
      (run code 0 (make-vector 5000 0) 0 (make-vector (frame-size scope) 0)))))

; ---- programs -------------------------------------------------------------------------------------

(define fibonacci "
let fib = fn(n) { if n < 2 { return n; } return fib(n - 1) + fib(n - 2); };
return fib(15);
")
(define primes "
let sieve = fn(limit) {
  let crossed = array(limit + 1);
  let count = 0;
  let i = 2;
  while i <= limit {
    if crossed[i] == 0 {
      count = count + 1;
      let j = i * i;
      while j <= limit { crossed[j] = 1; j = j + i; }
    }
    i = i + 1;
  }
  return count;
};
return sieve(2000);
")
(define sorting "
let seed = 42;
let random = fn(n) { seed = (seed * 1103 + 12345) % 65536; return seed % n; };
let swap = fn(a, i, j) { let t = a[i]; a[i] = a[j]; a[j] = t; };
let sort = fn(a, from, to) {
  if to - from < 2 { return 0; }
  let pivot = a[from];
  let middle = from;
  let i = from + 1;
  while i < to {
    if a[i] < pivot { middle = middle + 1; swap(a, i, middle); }
    i = i + 1;
  }
  swap(a, from, middle);
  sort(a, from, middle);
  sort(a, middle + 1, to);
};
let a = array(200);
let i = 0;
while i < size(a) { a[i] = random(1000); i = i + 1; }
sort(a, 0, size(a));
let ordered = 1;
let sum = 0;
i = 1;
while i < size(a) {
  if a[i - 1] > a[i] || a[i] < 0 { ordered = 0; }
  sum = (sum * 31 + a[i]) % 65521;
  i = i + 1;
}
return ordered * sum;
")
(define queens "
let place = fn(placed, row, n) {
  if row == n { return 1; }
  let free = fn(column) {
    let i = 0;
    while i < row {
      let d = row - i;
      if placed[i] == column || placed[i] == column - d || placed[i] == column + d { return 0; }
      i = i + 1;
    }
    return 1;
  };
  let count = 0;
  let column = 0;
  while column < n {
    if free(column) { placed[row] = column; count = count + place(placed, row + 1, n); }
    column = column + 1;
  }
  return count;
};
return place(array(6), 0, 6);
")
(define functions "
let compose = fn(f, g) { return fn(x) { return f(g(x)); }; };
let power = fn(f, n) { if n == 0 { return fn(x) { return x; }; } return compose(f, power(f, n - 1)); };
let map = fn(f, a) {
  let b = array(size(a));
  let i = 0;
  while i < size(a) { b[i] = f(a[i]); i = i + 1; }
  return b;
};
let sum = fn(a) { let i = 0; let s = 0; while i < size(a) { s = s + a[i]; i = i + 1; } return s; };
let counter = fn() { let n = 0; return fn(step) { n = n + step; return n; }; };
let count = counter();
let total = 0;
let round = 0;
while round < 20 {
  total = total + sum(map(power(fn(x) { return 2 * x + 1; }, 5), [1, 2, 3, 4, 5 * 2 - 5, round]));
  if !(round % 3) && round > 3 { count(round); } else if round == 1 { count(-100); }
  round = round + 1;
}
return total + count(0);
")
(define matrices "
let multiply = fn(a, b, n) {
  let c = array(n * n);
  let i = 0;
  while i < n {
    let j = 0;
    while j < n {
      let k = 0;
      let s = 0;
      while k < n { s = s + a[i * n + k] * b[k * n + j]; k = k + 1; }
      c[i * n + j] = s % 1009;
      j = j + 1;
    }
    i = i + 1;
  }
  return c;
};
let a = array(64);
let i = 0;
while i < 64 { a[i] = i * 7 % 11 - 3; i = i + 1; }
let b = multiply(a, multiply(a, a, 8), 8);
return b[9] + b[63] * 3;
")
(define (run-both text)
  (let ((tree (map fold-statement (parse text))))
    (let* ((a (run-closures tree))
           (b (run-machine tree)))
      (if (= a b) a (error "closures and machine disagree")))))
(define (run-all texts sum)
  (if (null? texts)
      sum
      (run-all (cdr texts) (remainder (+ (* sum 31) (run-both (car texts))) 1000003))))
(define (go n sum)
  (if (= n 0)
      sum
      (go (- n 1) (+ sum (run-all (list fibonacci primes sorting queens functions matrices) 0)))))
(define (main n) (go n 0))
