import { count, group, milliseconds, setting } from './parts.js'

/** How much may go out. */
export const limits = group({
  messageOctets: setting(count(1), {
    says: 'The largest message that is sent; a larger one is refused before it goes.',
    effect: 'message',
    unit: 'octets',
  }),
  recipients: setting(count(1), {
    says: 'The most recipients of one message; more are refused before it goes.',
    effect: 'message',
  }),
  octetsPerSecond: setting(count(1, 2 ** 31 - 1), {
    says: 'The most octets that are written in any second.',
    effect: 'session',
    smtp: 'maxOctetsPerSecond',
    from: ['ipworks.config.BandwidthLimit'],
  }),
  rate: group({
    messages: setting(count(1), {
      says: 'Messages in any window of `limits.rate.perMs`.',
      effect: 'session',
      smtp: 'pool.rateLimit.messages',
    }),
    perMs: setting(milliseconds(), {
      says: 'That window.',
      effect: 'session',
      unit: 'ms',
      smtp: 'pool.rateLimit.perMs',
    }),
  }),
})
