import { z } from 'zod'
import { group, line, setting } from './parts.js'

/** The HTTP services that send mail. */
export const api = group({
  url: setting(line(2000), {
    says: 'Transport `ews`: the address of Exchange Web Services. Transports `graph` and `gmail`: another address than the usual one.',
    effect: 'session',
    weakens: (value) => typeof value === 'string' && /^http:/i.test(value),
    from: ['genesys.option.server', 'genesys.behaviour.ews-url'],
  }),
  ewsVersion: setting(
    z.enum([
      'Exchange2010',
      'Exchange2010_SP1',
      'Exchange2010_SP2',
      'Exchange2013',
      'Exchange2013_SP1',
      'Exchange2016',
      'none',
    ]),
    {
      says: 'Transport `ews`: the version of the schema; `none` leaves it to the server.',
      effect: 'session',
      default: 'Exchange2016',
      from: ['genesys.option.exchange-version'],
    },
  ),
  mailbox: setting(line(320), {
    says: 'Transports `graph` and `ews`: the mailbox that sends, when it is not `credentials.user`.',
    effect: 'session',
    from: ['genesys.option.user'],
  }),
  allowDelegate: setting(z.boolean(), {
    says: 'Transport `graph`: true lets a message go out from another mailbox than that of the profile, as its rights allow.',
    effect: 'message',
    default: false,
    from: ['genesys.option.allow-delegate'],
  }),
})
