import { describe, expect, it } from 'vitest'
import { openCertificateStoreAtOnce } from '@posthorn/certificate/sync'
import { mailIdentity } from '@posthorn/testkit'
import { documentedName } from './documented-name.js'

describe('a distinguished name as the document writes it', () => {
  it.each([
    ['', ''],
    ['CN=Ann', 'CN=Ann'],
    ['CN=www.server.com,OU=test,C=US', 'CN=www.server.com, OU=test, C=US'],
    ['ST=Bavaria,emailAddress=ann@example.test', 'S=Bavaria, E=ann@example.test'],
    ['CN=Ann,O=Example\\, Inc.,C=DE', 'CN=Ann, O="Example, Inc.", C=DE'],
    ['CN=a\\+b,C=DE', 'CN="a+b", C=DE'],
    ['CN=a\\,b+UID=7', 'CN=a\\,b+UID=7'],
    ['CN=Ann \\"the boss\\" Miller,C=DE', 'CN=Ann \\"the boss\\" Miller, C=DE'],
    ['CN=a\\\\\\,b', 'CN=a\\\\\\,b'],
    ['CN=a\\0ab,C=DE', 'CN=a\\0ab, C=DE'],
    ['1.2.3=#0c0161', '1.2.3=#0c0161'],
  ])('writes %j as %j', (given, expected) => {
    expect(documentedName(given)).toBe(expected)
  })

  it.each(['CN=Ann\\, B,O=Example', 'CN=a\\+b,OU=x\\;y', 'E=ann@example.test,ST=Bavaria,C=DE', 'CN=a\\"b\\",C=DE'])(
    'finds the certificate of %s again',
    async (subject) => {
      const { certificate } = await mailIdentity({ email: [], subject })
      const store = openCertificateStoreAtOnce({ source: certificate })
      const written = store.certificates[0]!.subject
      expect(store.select(documentedName(written)).subject).toBe(written)
    },
  )
})
