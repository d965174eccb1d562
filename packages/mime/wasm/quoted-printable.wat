;; Quoted-printable (RFC 2045 6.7), 16 octets at a time where they stand for themselves. It follows quoted-printable-table.ts to the octet.
(module
  (memory (export "memory") 1)
  ;; the octets of the line that is being written; the caller may set it
  (global $column (export "column") (mut i32) (i32.const 0))
  ;; the index behind the last octet that was taken
  (global $taken (export "taken") (mut i32) (i32.const 0))
  ;; Encodes the octets from $p up to $end and returns the index behind the output. Without $last it stops in front of an octet whose form
  ;; depends on what follows. Up to 17 octets behind the input are read and 16 behind the output are written; neither means anything.
  (func (export "encode") (param $p i32) (param $end i32) (param $to i32) (param $last i32) (result i32)
    (local $octet i32) (local $left i32) (local $run i32) (local $column i32) (local $now v128)
    (local.set $column (global.get $column))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $p) (local.get $end)))
        (local.set $octet (i32.load8_u (local.get $p)))
        (local.set $left (i32.sub (local.get $end) (local.get $p)))
        (block $encode
          (block $wrap
            (block $literal
              ;; "!" to "~" but "="
              (if
                (i32.and
                  (i32.lt_u (i32.sub (local.get $octet) (i32.const 33)) (i32.const 94))
                  (i32.ne (local.get $octet) (i32.const 61)))
                (then
                  (br_if $literal (local.get $column))
                  (br_if $encode (i32.eq (local.get $octet) (i32.const 46))) ;; "." begins the line
                  (br_if $literal (i32.ne (local.get $octet) (i32.const 70)))
                  (if (i32.ge_u (local.get $left) (i32.const 5))
                    (then
                      (br_if $literal (i32.ne (i32.load align=1 (local.get $p)) (i32.const 0x6d6f7246))) ;; "From"
                      (br_if $encode (i32.eq (i32.load8_u offset=4 (local.get $p)) (i32.const 32)))
                      (br $literal)))
                  (br_if $literal (local.get $last))
                  ;; it may become "From "
                  (br_if $done
                    (i32.eqz
                      (i32.shl
                        (i32.xor (i32.load align=1 (local.get $p)) (i32.const 0x6d6f7246))
                        (i32.sub (i32.const 32) (i32.shl (local.get $left) (i32.const 3))))))
                  (br $literal)))
              ;; space and tab
              (if (i32.or (i32.eq (local.get $octet) (i32.const 32)) (i32.eq (local.get $octet) (i32.const 9)))
                (then
                  (if (i32.eq (local.get $left) (i32.const 1)) (then (br_if $encode (local.get $last)) (br $done)))
                  (br_if $literal (i32.ne (i32.load8_u offset=1 (local.get $p)) (i32.const 13)))
                  (if (i32.eq (local.get $left) (i32.const 2)) (then (br_if $literal (local.get $last)) (br $done)))
                  (br_if $encode (i32.eq (i32.load8_u offset=2 (local.get $p)) (i32.const 10)))
                  (br $literal)))
              (br_if $encode (i32.ne (local.get $octet) (i32.const 13)))
              (if (i32.eq (local.get $left) (i32.const 1)) (then (br_if $encode (local.get $last)) (br $done)))
              (br_if $encode (i32.ne (i32.load8_u offset=1 (local.get $p)) (i32.const 10)))
              (i32.store16 align=1 (local.get $to) (i32.const 0x0a0d))
              (local.set $to (i32.add (local.get $to) (i32.const 2)))
              (local.set $p (i32.add (local.get $p) (i32.const 2)))
              (local.set $column (i32.const 0))
              (br $next))
            ;; one literal octet at least, and if there are more behind it, all of them up to 16
            (br_if $wrap (i32.eq (local.get $column) (i32.const 75)))
            (local.set $run (i32.const 1))
            (local.set $now (v128.load align=1 (local.get $p)))
            (v128.store align=1 (local.get $to) (local.get $now))
            (if (i32.gt_u (local.get $left) (i32.const 16))
              (then
                (local.set $run
                  (i32.ctz
                    (i32.or
                      (i32.const 0x10000)
                      (i32.and
                        (i32.const 0xfffe)
                        (i8x16.bitmask
                          (v128.or
                            (v128.or
                              (i8x16.lt_s (local.get $now) (i8x16.splat (i32.const 32)))
                              (i8x16.eq (local.get $now) (i8x16.splat (i32.const 127))))
                            (v128.or
                              (i8x16.eq (local.get $now) (i8x16.splat (i32.const 61)))
                              (v128.and
                                (i8x16.eq (local.get $now) (i8x16.splat (i32.const 32)))
                                (i8x16.eq (v128.load offset=1 align=1 (local.get $p)) (i8x16.splat (i32.const 13)))))))))))
                (if (i32.gt_u (local.get $run) (i32.sub (i32.const 75) (local.get $column)))
                  (then (local.set $run (i32.sub (i32.const 75) (local.get $column)))))))
            (local.set $p (i32.add (local.get $p) (local.get $run)))
            (local.set $to (i32.add (local.get $to) (local.get $run)))
            (local.set $column (i32.add (local.get $column) (local.get $run)))
            (br $next))
          ;; a soft line break; what comes is the first of a line then
          (i32.store align=1 (local.get $to) (i32.const 0x000a0d3d))
          (local.set $to (i32.add (local.get $to) (i32.const 3)))
          (local.set $column (i32.const 0))
          (br $next))
        (if (i32.gt_u (local.get $column) (i32.const 72))
          (then
            (i32.store align=1 (local.get $to) (i32.const 0x000a0d3d))
            (local.set $to (i32.add (local.get $to) (i32.const 3)))
            (local.set $column (i32.const 0))
            (br $next)))
        ;; "=" and two hexadecimal digits: a digit and 48, and 7 more from ten on
        (local.set $octet
          (i32.or
            (i32.shr_u (local.get $octet) (i32.const 4))
            (i32.shl (i32.and (local.get $octet) (i32.const 15)) (i32.const 8))))
        (i32.store align=1
          (local.get $to)
          (i32.or
            (i32.const 61)
            (i32.shl
              (i32.add
                (i32.add (local.get $octet) (i32.const 0x3030))
                (i32.mul
                  (i32.and
                    (i32.shr_u (i32.add (local.get $octet) (i32.const 0x0606)) (i32.const 4))
                    (i32.const 0x0101))
                  (i32.const 7)))
              (i32.const 8))))
        (local.set $to (i32.add (local.get $to) (i32.const 3)))
        (local.set $column (i32.add (local.get $column) (i32.const 3)))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (br $next)))
    (global.set $column (local.get $column))
    (global.set $taken (local.get $p))
    (local.get $to)))
