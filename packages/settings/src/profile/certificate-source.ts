import { content, group, line, oneOfStores, secret, setting, type Effect } from './parts.js'

/** Where a certificate comes from, and its key: one file or two, a token, or text. `purpose` goes on "The certificate that is ...". */
export function certificateSource(purpose: string, effect: Effect, from: readonly string[], flag?: string) {
  const flagged = (ending: string, flagSays: string) =>
    flag === undefined ? {} : { flag: `${flag}${ending}`, flagSays }
  return group({
    source: setting(content(), {
      says: `The certificate ${purpose} and its key: \`file:PATH\` (PEM, PFX, JKS and others), a \`pkcs11:\` URI, or the text itself.`,
      effect,
      holds: 'content',
      from,
      ...flagged(' <file>', 'show this certificate to the server: PEM, PFX, JKS, ... with its key, or a pkcs11: URI'),
    }),
    key: setting(content(), {
      says: 'The private key, when it is in a file of its own: `file:PATH` or PEM.',
      effect,
      holds: 'content',
      ...flagged('-key <file>', 'the private key of that certificate, when it is in a file of its own'),
    }),
    certificate: setting(content(), {
      says: 'The certificate itself, `file:PATH`, PEM or its base64, when the store is to give no more than its private key.',
      effect,
      holds: 'content',
      from: ['illiad.config.SslCertEncoded', 'ipworks.type.Certificate.Encoded'],
    }),
    type: setting(oneOfStores(), {
      says: 'The type of that store, and of the file with the key.',
      effect,
      default: 'auto',
      from,
    }),
    password: setting(secret(), {
      says: 'Opens that store, and the key in a file of its own.',
      effect,
      holds: 'secret',
      from,
      ...flagged('-password-file <file>', 'a file with the password of that file on its first line'),
    }),
    subject: setting(line(), {
      says: 'Which certificate of that store: its subject, a part of it, or `*` for the first with a key.',
      effect,
      default: '*',
      from,
      ...flagged('-subject <subject>', 'which certificate of that file'),
    }),
  })
}
