;; Two functions by hand, and a memory of one page: 65,536 bytes.
(module
  (memory (export "memory") 1)

  ;; Return a price with 19 % of VAT on top, in whole cents; a part of a cent is dropped.
  (func (export "gross") (param $net i32) (result i32)
    (local $vat i32)
    (local.set $vat (i32.div_u (i32.mul (local.get $net) (i32.const 19)) (i32.const 100)))
    (i32.add (local.get $net) (local.get $vat)))

  ;; Return the sum of $count prices in memory: 4 bytes each, the first of them at $at.
  (func (export "sum") (param $at i32) (param $count i32) (result i32)
    (local $sum i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $at))))
        
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
    (local.get $sum)))
