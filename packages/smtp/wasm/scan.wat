;; Looks for octets of mail content that need attention, 16 at a time (RFC 5321 2.3.8 and 4.5.2).
;; The caller puts a block into memory with the octet before it in front and 16 harmless octets behind it.
(module
  (memory (export "memory") 2)
  ;; becomes 1 when an octet above 127 was seen
  (global $high (export "high") (mut i32) (i32.const 0))
  ;; The first index from $p on, below $end, before which something must be inserted, or $end:
  ;; LF without CR before it, any octet but LF after CR, or $dot after LF.
  (func (export "scan") (param $p i32) (param $end i32) (param $dot i32) (result i32)
    (local $now v128) (local $before v128) (local $all v128) (local $bad v128) (local $mask i32)
    (block $found
      (loop $next
        (br_if $found (i32.ge_u (local.get $p) (local.get $end)))
        (local.set $now (v128.load align=1 (local.get $p)))
        (local.set $before (v128.load align=1 (i32.sub (local.get $p) (i32.const 1))))
        (local.set $all (v128.or (local.get $all) (local.get $now)))
        (local.set $bad
          (v128.or
            (v128.xor
              (i8x16.eq (local.get $now) (v128.const i8x16 10 10 10 10 10 10 10 10 10 10 10 10 10 10 10 10))
              (i8x16.eq (local.get $before) (v128.const i8x16 13 13 13 13 13 13 13 13 13 13 13 13 13 13 13 13)))
            (v128.and
              (i8x16.eq (local.get $now) (i8x16.splat (local.get $dot)))
              (i8x16.eq (local.get $before) (v128.const i8x16 10 10 10 10 10 10 10 10 10 10 10 10 10 10 10 10)))))
        (local.set $mask (i8x16.bitmask (local.get $bad)))
        (if (local.get $mask)
          (then
            (local.set $p (i32.add (local.get $p) (i32.ctz (local.get $mask))))
            (br $found)))
        (local.set $p (i32.add (local.get $p) (i32.const 16)))
        (br $next)))
    (if (i8x16.bitmask (local.get $all)) (then (global.set $high (i32.const 1))))
    (if (i32.gt_u (local.get $p) (local.get $end)) (then (local.set $p (local.get $end))))
    (local.get $p)))
