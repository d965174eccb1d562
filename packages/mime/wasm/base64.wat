;; Base64 in lines of 76 characters, each with its CRLF (RFC 2045 6.8): 12 octets become 16 characters at a time.
(module
  (memory (export "memory") 1)
  ;; Encodes $lines lines of 57 octets, at least one. Up to 7 octets behind the last line are read and 2 behind the output are written;
  ;; neither means anything.
  (func (export "encode") (param $from i32) (param $lines i32) (param $to i32)
    (local $twelve i32) (local $now v128) (local $order v128) (local $shift v128)
    (local $low v128) (local $high v128) (local $even v128) (local $factors v128)
    ;; of each three octets a, b, c the 16-bit numbers ab and bc, of which each holds two sixes of bits whole
    (local.set $order (v128.const i8x16 1 0 2 1 4 3 5 4 7 6 8 7 10 9 11 10))
    ;; the first six of ab and the first of bc, once shifted to where they belong
    (local.set $low (i32x4.splat (i32.const 0x3f)))
    (local.set $high (i32x4.splat (i32.const 0x3f0000)))
    ;; the second six of either, and what to multiply by to shift it where it belongs
    (local.set $even (i32x4.splat (i32.const 0x003f03f0)))
    (local.set $factors (i32x4.splat (i32.const 0x01000010)))
    ;; what to add to six bits to make a character of them: 0 is for A-Z, 1 for a-z, 2 to 11 for the digits, 12 for "+", 13 for "/"
    (local.set $shift (v128.const i8x16 65 71 -4 -4 -4 -4 -4 -4 -4 -4 -4 -4 -19 -16 0 0))
    (loop $line
      ;; five times 12 octets: three too many, whose characters the CRLF and the next line are written over
      (local.set $twelve (i32.const 5))
      (loop $next
        (local.set $now (i8x16.swizzle (v128.load align=1 (local.get $from)) (local.get $order)))
        (local.set $now
          (v128.or
            (v128.or
              (v128.and (i32x4.shr_u (local.get $now) (i32.const 10)) (local.get $low))
              (v128.and (i32x4.shr_u (local.get $now) (i32.const 6)) (local.get $high)))
            (i16x8.mul (v128.and (local.get $now) (local.get $even)) (local.get $factors))))
        (v128.store align=1
          (local.get $to)
          (i8x16.add
            (local.get $now)
            (i8x16.swizzle
              (local.get $shift)
              (i8x16.sub
                (i8x16.sub_sat_u (local.get $now) (i8x16.splat (i32.const 51)))
                (i8x16.gt_s (local.get $now) (i8x16.splat (i32.const 25)))))))
        (local.set $from (i32.add (local.get $from) (i32.const 12)))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (br_if $next (local.tee $twelve (i32.sub (local.get $twelve) (i32.const 1)))))
      (local.set $from (i32.sub (local.get $from) (i32.const 3)))
      (local.set $to (i32.sub (local.get $to) (i32.const 2)))
      (i32.store16 align=1 (i32.sub (local.get $to) (i32.const 2)) (i32.const 0x0a0d))
      (br_if $line (local.tee $lines (i32.sub (local.get $lines) (i32.const 1)))))))
