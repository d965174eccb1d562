import type { Secret } from '@posthorn/ground/portable'
import { z } from 'zod'
import { api } from './api.js'
import { attachments } from './attachments.js'
import { credentials } from './credentials.js'
import { delivery, direct } from './delivery.js'
import { dkim } from './dkim.js'
import { headers } from './headers.js'
import { identity } from './identity.js'
import { limits } from './limits.js'
import { logging } from './logging.js'
import { oauth2 } from './oauth2.js'
import { line, setting } from './parts.js'
import { pool } from './pool.js'
import { proxy } from './proxy.js'
import { relay } from './relay.js'
import { sender } from './sender.js'
import { smime } from './smime.js'
import { spool } from './spool.js'
import { timeouts } from './timeouts.js'
import { tls } from './tls.js'

/** Every setting there is. What each one means stands beside it. */
export const PROFILE = z.strictObject({
  name: setting(line(100), {
    says: 'What the profile is called. In a folder of profiles it is the name of the file.',
    effect: 'start',
    from: ['beyondtrust.general.ProfileName'],
  }),
  description: setting(line(2000), {
    says: 'What it is for, for people.',
    effect: 'message',
    from: ['beyondtrust.general.Description'],
  }),
  transport: setting(z.enum(['smtp', 'lmtp', 'direct', 'spool', 'graph', 'ews', 'gmail']), {
    says: 'How mail goes out: by SMTP or LMTP to a relay, directly to the servers of each domain, into a folder that another process sends from, or by an HTTP service.',
    effect: 'start',
    default: 'smtp',
    from: ['genesys.option.server-type'],
  }),
  security: setting(z.enum(['implicit', 'starttls', 'opportunistic', 'none']), {
    says: 'How the session is protected: TLS from the first octet, upgraded by STARTTLS or no session, STARTTLS when offered, or in the clear.',
    effect: 'session',
    default: '(`implicit` on port 465, else `starttls`)',
    smtp: 'security',
    flag: '--security <kind>',
    flagSays: 'implicit, starttls, opportunistic or none (default: by the URL or the port, most often starttls)',
    weakens: (value) => value === 'none' || value === 'opportunistic',
    from: [
      'illiad.key.EMailSecure',
      'illiad.config.SslStartMode',
      'genesys.option.smtp-connection-security',
      'beyondtrust.server.ChannelEncryption',
      'runmyjobs.registry.ConnectionSecurity',
      'javamail.mail.smtp.starttls.required',
      'ipworks.prop.SSLStartMode',
    ],
  }),
  identity,
  sender,
  headers,
  relay,
  tls,
  credentials,
  oauth2,
  api,
  proxy,
  smime,
  dkim,
  limits,
  pool,
  timeouts,
  delivery,
  direct,
  spool,
  attachments,
  logging,
})

/** One complete way out, as data: every setting may be left out. See docs/settings.md for each. */
export type Profile = Unchanged<z.input<typeof PROFILE>>

/** Readonly all the way down: nobody writes into a profile, so one that is `as const` is one, too. */
type Unchanged<T> = T extends Secret
  ? T
  : T extends readonly (infer Entry)[]
    ? readonly Unchanged<Entry>[]
    : T extends object
      ? { readonly [Key in keyof T]: Unchanged<T[Key]> }
      : T
