import { z } from 'zod'

export {
  content,
  count,
  group,
  host,
  line,
  lines,
  mailbox,
  milliseconds,
  port,
  secret,
  setting,
  type Effect,
} from '../setting.js'

/** The types of stores that certificates are read from. */
export const oneOfStores = () =>
  z.enum([
    ...([
      'auto',
      'pem',
      'pfx',
      'der',
      'p7b',
      'publickey',
      'jwk',
      'ssh',
      'ppk',
      'xml',
      'jks',
      'bcfks',
      'pkcs11',
    ] as const),
    ...(['windows-user', 'windows-machine', 'macos-keychain'] as const),
  ])

export const tlsVersion = () => z.enum(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'])
