;; Base64 in lines of 76 characters, each with its CRLF (RFC 2045 6.8): 12 octets become 16 characters at a time.
(module
  (memory (export "memory") 1)
  ;; Encodes $lines lines of 57 octets, at least one. Up to 7 octets behind the last line are read and 2 behind the output are written;
  ;; neither means anything.
  (func (export "encode") (param $from i32) (param $lines i32) (param $to i32)
    (local $twelve i32) (local $now v128) (local $order v128) (local $shift v128)
    (local $first v128) (local $second v128) (local $third v128) (local $fourth v128)
    ;; each three octets as a 32-bit number with the first octet on top
    (local.set $order (v128.const i8x16 2 1 0 3 5 4 3 3 8 7 6 3 11 10 9 3))
    ;; its four sixes of bits, where they belong
    (local.set $first (i32x4.splat (i32.const 0x3f)))
    (local.set $second (i32x4.splat (i32.const 0x3f00)))
    (local.set $third (i32x4.splat (i32.const 0x3f0000)))
    (local.set $fourth (i32x4.splat (i32.const 0x3f000000)))
    ;; what to add to six bits to make a character of them: 0 is for a-z, 1 to 10 for the digits, 11 for "+", 12 for "/", 13 for A-Z
    (local.set $shift (v128.const i8x16 71 -4 -4 -4 -4 -4 -4 -4 -4 -4 -4 -19 -16 65 0 0))
    (loop $line
      ;; five times 12 octets: three too many, whose characters the CRLF and the next line are written over
      (local.set $twelve (i32.const 5))
      (loop $next
        (local.set $now (i8x16.swizzle (v128.load align=1 (local.get $from)) (local.get $order)))
        (local.set $now
          (v128.or
            (v128.or
              (v128.and (i32x4.shr_u (local.get $now) (i32.const 18)) (local.get $first))
              (v128.and (i32x4.shr_u (local.get $now) (i32.const 4)) (local.get $second)))
            (v128.or
              (v128.and (i32x4.shl (local.get $now) (i32.const 10)) (local.get $third))
              (v128.and (i32x4.shl (local.get $now) (i32.const 24)) (local.get $fourth)))))
        (v128.store align=1
          (local.get $to)
          (i8x16.add
            (local.get $now)
            (i8x16.swizzle
              (local.get $shift)
              (v128.or
                (i8x16.sub_sat_u (local.get $now) (i8x16.splat (i32.const 51)))
                (v128.and (i8x16.lt_s (local.get $now) (i8x16.splat (i32.const 26))) (i8x16.splat (i32.const 13)))))))
        (local.set $from (i32.add (local.get $from) (i32.const 12)))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (br_if $next (local.tee $twelve (i32.sub (local.get $twelve) (i32.const 1)))))
      (local.set $from (i32.sub (local.get $from) (i32.const 3)))
      (local.set $to (i32.sub (local.get $to) (i32.const 2)))
      (i32.store16 align=1 (i32.sub (local.get $to) (i32.const 2)) (i32.const 0x0a0d))
      (br_if $line (local.tee $lines (i32.sub (local.get $lines) (i32.const 1)))))))
