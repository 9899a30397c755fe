;; The component that pricing.wit describes: rules inside, an interface with types around them.
(component
  (import "price-of" (func $price-of (param "sku" string) (result (option u32))))

  ;; Memory first: what is passed in and out lies there, put there by the engine.
  (core module $memory
    (memory (export "memory") 1 256)
    (global $top (mut i32) (i32.const 1024))
    (func (export "realloc") (param $old i32) (param $had i32) (param $align i32) (param $size i32)
      (result i32) (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
                              (i32.sub (i32.const 0) (local.get $align))))
      (global.set $top (i32.add (local.get $at) (local.get $size)))
      (block $fits (loop $more
        (br_if $fits (i32.le_u (global.get $top) (i32.shl (memory.size) (i32.const 16))))
        (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))
        (unreachable)))
      (memory.copy (local.get $at) (local.get $old) (local.get $had))
      (local.get $at))
    (func (export "reset") (global.set $top (i32.const 1024))))
  (core instance $m (instantiate $memory))

  (core func $price (canon lower (func $price-of)
    (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))

  ;; The rules: an item takes 12 bytes (where its sku is, how long, how many).
  (core module $rules
    (import "host" "price-of" (func $price (param i32 i32 i32)))
    (import "m" "memory" (memory 1))
    (import "m" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
    (import "m" "reset" (func $reset))
    (func (export "forget") (param i32) (call $reset))
    (data (i32.const 64) "unknown sku: ")
    (func (export "quote") (param $item i32) (param $count i32) (result i32)
      (local $total i64) (local $text i32) (local $length i32)
      (block $done (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (call $price (i32.load (local.get $item)) (i32.load offset=4 (local.get $item))
          (i32.const 32))
        (if (i32.eqz (i32.load8_u (i32.const 32))) (then
          (local.set $length (i32.add (i32.const 13) (i32.load offset=4 (local.get $item))))
          (local.set $text (call $realloc (i32.const 0) (i32.const 0) (i32.const 1)
            (local.get $length)))
          (memory.copy (local.get $text) (i32.const 64) (i32.const 13))
          (memory.copy (i32.add (local.get $text) (i32.const 13)) (i32.load (local.get $item))
            (i32.load offset=4 (local.get $item)))
          (i32.store8 (i32.const 0) (i32.const 1))
          (i32.store (i32.const 8) (local.get $text))
          (i32.store (i32.const 12) (local.get $length))
          (return (i32.const 0))))
        (local.set $total (i64.add (local.get $total) (i64.mul
          (i64.load32_u (i32.const 36)) (i64.load32_u offset=8 (local.get $item)))))
        (local.set $item (i32.add (local.get $item) (i32.const 12)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
      (i32.store8 (i32.const 0) (i32.const 0))
      (i64.store (i32.const 8) (local.get $total))
      (i32.const 0)))
  (core instance $r (instantiate $rules
    (with "m" (instance $m))
    (with "host" (instance (export "price-of" (func $price))))))

  (type $item' (record (field "sku" string) (field "quantity" u32)))
  (export $item "item" (type $item'))
  (func $quote (param "items" (list $item)) (result (result u64 (error string)))
    (canon lift (core func $r "quote") (memory (core memory $m "memory"))
      (realloc (core func $m "realloc")) (post-return (core func $r "forget"))))
  (export "quote" (func $quote)))
