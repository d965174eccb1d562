import { z } from 'zod'
import { content, line, setting } from './parts.js'

/** The DKIM signatures of every draft (RFC 6376). */
export const dkim = setting(
  z
    .array(
      z.strictObject({
        domain: line(255),
        selector: line(255),
        privateKey: content(),
        canonicalization: z.enum(['relaxed/relaxed', 'relaxed/simple', 'simple/relaxed', 'simple/simple']).optional(),
        headerFields: z.array(line(200)).max(200).optional(),
        identity: line(320).optional(),
        expiresAfterSeconds: z.int().min(1).optional(),
      }),
    )
    .max(10),
  {
    says: 'DKIM signatures, each with `domain`, `selector` and `privateKey` (`file:PATH`, another reference, or PEM); besides `canonicalization`, `headerFields`, `identity` and `expiresAfterSeconds`.',
    effect: 'message',
    holds: 'content',
  },
)
