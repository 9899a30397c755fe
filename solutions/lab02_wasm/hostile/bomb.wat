;; Takes memory until there is no more, writes to all of it, and answers with its pages.
(module
  (memory (export "memory") 1)
  (func (export "run") (param i32) (result i64) (local $at i32)
    (loop $more
      (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
    (loop $touch
      (i32.store (local.get $at) (i32.const 1))
      (local.set $at (i32.add (local.get $at) (i32.const 4096)))
      (br_if $touch (i32.lt_u (local.get $at) (i32.shl (memory.size) (i32.const 16)))))
    (i64.extend_i32_u (memory.size))))
