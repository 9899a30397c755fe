;; Asks for tables without end; answers how many elements it got.
(module
  (table $t 0 funcref)
  (func (export "run") (param i32) (result i64)
    (loop $more
      (br_if $more (i32.ne (table.grow $t (ref.null func) (i32.const 100)) (i32.const -1))))
    (i64.extend_i32_u (table.size $t))))
