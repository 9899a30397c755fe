;; Reads what lies behind the end of its memory.
(module
  (memory (export "memory") 1)
  (func (export "run") (param i32) (result i64)
    (i64.load (i32.const 65529))))
