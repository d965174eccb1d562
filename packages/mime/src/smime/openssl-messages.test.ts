import { createPrivateKey } from 'node:crypto'
import { privateKeyOf, readCertificate, type Identity } from '@posthorn/certificate'
import { describe, expect, it } from 'vitest'
import { OPENSSL_TEXT, opensslMessages, opensslPeople } from '../../test/openssl-messages.js'
import { openEnveloped } from './decrypt.js'

function personOf({ certificate, key }: { certificate: string; key: string }): Identity {
  const der = Buffer.from(key, 'base64')
  return {
    certificate: readCertificate(Buffer.from(certificate, 'base64')),
    privateKey: privateKeyOf(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })),
    chain: [],
  }
}

describe('messages made by openssl', () => {
  it.each(opensslMessages)('open: $name', async ({ for: who, cms }) => {
    const opened = await openEnveloped(Buffer.from(cms, 'base64'), [personOf(opensslPeople[who])])
    expect(Buffer.from(opened).toString()).toBe(OPENSSL_TEXT)
  })

  it.each(opensslMessages)(
    'say whom they are for when they are for somebody else: $name',
    async ({ for: who, cms }) => {
      const other = personOf(opensslPeople[who === 'ec' ? 'rsa' : 'ec'])
      await expect(openEnveloped(Buffer.from(cms, 'base64'), [other])).rejects.toMatchObject({
        code: 'smime.not-for-us',
        message: expect.stringMatching(
          /encrypted for (?:number [0-9a-f]{40} of \w+, Example|the key [0-9a-f]{40})$/,
        ) as string,
      })
    },
  )
})
