;; Tries to open "passwd" in every folder that it was given; answers how often it could.
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "etc/passwd")
  (func $try (param $folder i32) (param $name i32) (param $length i32) (result i64)
    (i64.extend_i32_u (i32.eqz (call $open
      (local.get $folder) (i32.const 1) (local.get $name) (local.get $length)
      (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)))))
  (func (export "run") (param i32) (result i64) (local $folder i32) (local $found i64)
    (local.set $folder (i32.const 9))
    (loop $next
      (local.set $found (i64.add (local.get $found)
        (i64.add (call $try (local.get $folder) (i32.const 16) (i32.const 10))
                 (call $try (local.get $folder) (i32.const 20) (i32.const 6)))))
      (local.set $folder (i32.sub (local.get $folder) (i32.const 1)))
      (br_if $next (i32.gt_u (local.get $folder) (i32.const 2))))
    (local.get $found)))
