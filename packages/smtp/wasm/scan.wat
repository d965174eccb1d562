;; Looks for octets of mail content that need attention (RFC 5321 2.3.8 and 4.5.2), 64 at a time.
;; The caller puts a block into memory with the octet before it in front and 16 harmless octets behind it.
(module
  (memory (export "memory") 1)
  ;; becomes 1 when an octet above 127 was seen
  (global $high (export "high") (mut i32) (i32.const 0))
  ;; The first index from $p on, below $end, before which something must be inserted, or $end:
  ;; LF without CR before it, any octet but LF after CR, or $dot after LF.
  (func (export "scan") (param $p i32) (param $end i32) (param $dot i32) (result i32)
    (local $q i32) (local $mask i32)
    (local $now v128) (local $before v128) (local $all v128) (local $lf v128) (local $cr v128) (local $dots v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $lf (i8x16.splat (i32.const 10)))
    (local.set $cr (i8x16.splat (i32.const 13)))
    (local.set $dots (i8x16.splat (local.get $dot)))
    (block $found
      ;; 64 octets a round, until one of them is found or fewer are left
      (block $near (loop $next
        (br_if $near (i32.gt_u (i32.add (local.get $p) (i32.const 64)) (local.get $end)))
        (local.set $q (i32.sub (local.get $p) (i32.const 1)))
        (local.set $now (v128.load offset=0 align=1 (local.get $p)))
        (local.set $before (v128.load offset=0 align=1 (local.get $q)))
        (local.set $all (v128.or (local.get $all) (local.get $now)))
        (local.set $a
          (v128.or
            (v128.xor (i8x16.eq (local.get $now) (local.get $lf)) (i8x16.eq (local.get $before) (local.get $cr)))
            (v128.and (i8x16.eq (local.get $now) (local.get $dots)) (i8x16.eq (local.get $before) (local.get $lf)))))
        (local.set $now (v128.load offset=16 align=1 (local.get $p)))
        (local.set $before (v128.load offset=16 align=1 (local.get $q)))
        (local.set $all (v128.or (local.get $all) (local.get $now)))
        (local.set $b
          (v128.or
            (v128.xor (i8x16.eq (local.get $now) (local.get $lf)) (i8x16.eq (local.get $before) (local.get $cr)))
            (v128.and (i8x16.eq (local.get $now) (local.get $dots)) (i8x16.eq (local.get $before) (local.get $lf)))))
        (local.set $now (v128.load offset=32 align=1 (local.get $p)))
        (local.set $before (v128.load offset=32 align=1 (local.get $q)))
        (local.set $all (v128.or (local.get $all) (local.get $now)))
        (local.set $c
          (v128.or
            (v128.xor (i8x16.eq (local.get $now) (local.get $lf)) (i8x16.eq (local.get $before) (local.get $cr)))
            (v128.and (i8x16.eq (local.get $now) (local.get $dots)) (i8x16.eq (local.get $before) (local.get $lf)))))
        (local.set $now (v128.load offset=48 align=1 (local.get $p)))
        (local.set $before (v128.load offset=48 align=1 (local.get $q)))
        (local.set $all (v128.or (local.get $all) (local.get $now)))
        (local.set $d
          (v128.or
            (v128.xor (i8x16.eq (local.get $now) (local.get $lf)) (i8x16.eq (local.get $before) (local.get $cr)))
            (v128.and (i8x16.eq (local.get $now) (local.get $dots)) (i8x16.eq (local.get $before) (local.get $lf)))))
        (br_if $near (v128.any_true (v128.or (v128.or (local.get $a) (local.get $b)) (v128.or (local.get $c) (local.get $d)))))
        (local.set $p (i32.add (local.get $p) (i32.const 64)))
        (br $next)))
      ;; 16 octets a round, to the place itself
      (loop $next
        (br_if $found (i32.ge_u (local.get $p) (local.get $end)))
        (local.set $q (i32.sub (local.get $p) (i32.const 1)))
        (local.set $now (v128.load offset=0 align=1 (local.get $p)))
        (local.set $before (v128.load offset=0 align=1 (local.get $q)))
        (local.set $all (v128.or (local.get $all) (local.get $now)))
        (local.set $a
          (v128.or
            (v128.xor (i8x16.eq (local.get $now) (local.get $lf)) (i8x16.eq (local.get $before) (local.get $cr)))
            (v128.and (i8x16.eq (local.get $now) (local.get $dots)) (i8x16.eq (local.get $before) (local.get $lf)))))
        (local.set $mask (i8x16.bitmask (local.get $a)))
        (if (local.get $mask)
          (then
            (local.set $p (i32.add (local.get $p) (i32.ctz (local.get $mask))))
            (br $found)))
        (local.set $p (i32.add (local.get $p) (i32.const 16)))
        (br $next)))
    (if (i8x16.bitmask (local.get $all)) (then (global.set $high (i32.const 1))))
    (if (i32.gt_u (local.get $p) (local.get $end)) (then (local.set $p (local.get $end))))
    (local.get $p)))
