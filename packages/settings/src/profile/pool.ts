import { z } from 'zod'
import { count, group, milliseconds, setting } from './parts.js'

/** The sessions that are kept. */
export const pool = group({
  maxConnections: setting(count(1, 10_000), {
    says: 'The most connections at a time.',
    effect: 'start',
    default: 10,
    smtp: 'pool.maxConnections',
    from: ['genesys.option.cnx-pool-size'],
  }),
  maxMessagesPerConnection: setting(count(), {
    says: 'Messages after which a session is closed.',
    effect: 'start',
    default: 1000,
    smtp: 'pool.maxMessagesPerConnection',
  }),
  maxAgeMs: setting(milliseconds(), {
    says: 'Age after which a session is not used again.',
    effect: 'start',
    unit: 'ms',
    default: 3_600_000,
    smtp: 'pool.maxAgeMs',
  }),
  probeIdleMs: setting(milliseconds(0), {
    says: 'A session idle for longer is asked before it is used again; 0 asks every time.',
    effect: 'start',
    unit: 'ms',
    default: 30_000,
    smtp: 'pool.probeIdleMs',
    from: ['genesys.option.cnx-check-idle-time'],
  }),
  probeCommand: setting(z.enum(['NOOP', 'RSET']), {
    says: 'What it is asked.',
    effect: 'start',
    default: 'NOOP',
    smtp: 'pool.probeCommand',
    from: ['javamail.mail.smtp.userset'],
  }),
  probeStrict: setting(z.boolean(), {
    says: 'True: only a 250 proves it alive; false: every reply but 421.',
    effect: 'start',
    default: true,
    smtp: 'pool.probeStrict',
    from: ['javamail.mail.smtp.noop.strict'],
  }),
  maxIdleMs: setting(milliseconds(), {
    says: 'A session idle for longer is closed.',
    effect: 'start',
    unit: 'ms',
    default: 300_000,
    smtp: 'pool.maxIdleMs',
    from: ['genesys.option.cnx-max-idle-time'],
  }),
  pipelineDepth: setting(count(1, 64), {
    says: 'Whole transactions in flight on one session. More than 1 only for a relay one knows.',
    effect: 'start',
    default: 1,
    smtp: 'pool.pipelineDepth',
  }),
  tokenMarginMs: setting(milliseconds(0), {
    says: 'A session is left this long before its access token ends.',
    effect: 'start',
    unit: 'ms',
    default: 60_000,
    smtp: 'pool.tokenMarginMs',
    from: ['genesys.option.token-expiry-margin-time'],
  }),
  maxWaiting: setting(count(0), {
    says: 'Messages that may wait for a session; one more is refused.',
    effect: 'start',
    default: '(no limit)',
    smtp: 'pool.maxWaiting',
  }),
})
