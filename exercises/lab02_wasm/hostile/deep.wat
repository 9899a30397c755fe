;; Calls itself, and never returns.
(module
  (func $deeper (export "run") (param $n i32) (result i64)
    (i64.add (i64.const 1) (call $deeper (i32.add (local.get $n) (i32.const 1))))))
