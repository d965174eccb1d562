import { z } from 'zod'
import { certificateSource } from './certificate-source.js'
import { content, group, secret, setting } from './parts.js'

/** What S/MIME does to every draft. */
export const smime = group({
  sign: group({
    enabled: setting(z.boolean(), {
      says: 'Whether drafts are signed.',
      effect: 'message',
      default: '(true with a certificate)',
      from: ['beyondtrust.smime.SignEmail'],
    }),
    certificate: certificateSource('that signs', 'message', [
      'beyondtrust.smime.SigningFile',
      'beyondtrust.smime.SigningStore',
      'beyondtrust.smime.SigningPassword',
    ]),
    form: setting(z.enum(['detached', 'opaque']), {
      says: '`detached`: readable everywhere; `opaque`: in one piece.',
      effect: 'message',
      default: 'detached',
    }),
    digest: setting(z.enum(['sha1', 'sha256', 'sha384', 'sha512']), {
      says: 'The digest of the signature.',
      effect: 'message',
      default: 'sha256',
      weakens: (value) => value === 'sha1',
      from: ['beyondtrust.smime.HashAlgorithm'],
    }),
    attach: setting(z.enum(['chain', 'certificate', 'none']), {
      says: 'Which certificates go along.',
      effect: 'message',
      default: 'chain',
      from: ['beyondtrust.smime.AttachCertificate'],
    }),
  }),
  encrypt: group({
    enabled: setting(z.boolean(), {
      says: 'Whether drafts are encrypted.',
      effect: 'message',
      default: '(true with certificates)',
      from: ['beyondtrust.smime.EncryptEmail'],
    }),
    certificates: setting(z.array(content()).max(1000), {
      says: 'The certificates of the recipients, each `file:PATH` or text; each recipient needs one with its mailbox in it.',
      effect: 'message',
      holds: 'content',
      from: ['beyondtrust.smime.EncryptionFile', 'beyondtrust.smime.EncryptionStore'],
    }),
    password: setting(secret(), {
      says: 'Opens those files where they are stores with a password.',
      effect: 'message',
      holds: 'secret',
      from: ['beyondtrust.smime.EncryptPassword'],
    }),
    forAll: setting(z.boolean(), {
      says: 'True: the only certificate serves for every recipient, whatever stands in it.',
      effect: 'message',
      default: false,
      from: ['beyondtrust.smime.EncryptionFile'],
    }),
    cipher: setting(
      z.enum([
        ...(['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc'] as const),
        ...(['aes-128-gcm', 'aes-192-gcm', 'aes-256-gcm', '3des-cbc'] as const),
      ]),
      {
        says: 'How the content is encrypted.',
        effect: 'message',
        default: 'aes-256-cbc',
        weakens: (value) => value === '3des-cbc',
        from: ['beyondtrust.smime.EncryptionAlgorithm'],
      },
    ),
    keyTransport: setting(z.enum(['pkcs1', 'oaep']), {
      says: 'How the key is encrypted for RSA certificates.',
      effect: 'message',
      default: 'pkcs1',
    }),
  }),
})
