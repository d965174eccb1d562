// Certificates that were taken back: asked after by OCSP and by CRL, with openssl as the responder, and stapled by Exim and openssl.
import { equal, match } from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { failure, trailOf } from '../expectation.mjs'
import { arrives } from '../sending.mjs'

const ROWS = { crl: '[part of ipworks.config.SSLCheckCRL]', ocsp: '[part of ipworks.config.SSLCheckOCSP]' }

/** What must become of a certificate; undefined: a session. */
const EXPECTED = {
  good: { off: undefined, soft: undefined, required: undefined },
  revoked: { off: undefined, soft: 'tls.revoked', required: 'tls.revoked' },
  unreachable: { off: undefined, soft: undefined, required: 'tls.revocation-unknown' },
}

const matrix = ['ocsp', 'crl'].flatMap((kind) =>
  Object.entries(EXPECTED).flatMap(([door, byCheck]) =>
    Object.entries(byCheck).map(([check, code]) => ({
      title: `${kind} ${check}, the certificate ${door}: ${code ?? 'a session'} ${ROWS[kind]}`,
      async run(lab) {
        const { ports } = await lab.server('exim')
        const client = await clientAt(lab, ports[door], { [kind]: check })
        const trail = trailOf(client)
        if (code === undefined) {
          await client.verify()
          const { revocation } = trail.events.find(({ type }) => type === 'tls')
          equal(revocation, check === 'off' ? undefined : door === 'good' ? 'good' : 'unknown')
          return
        }
        const error = await failure(client.verify(), code)
        equal(error.phase, 'tls')
        equal(trail.count('EHLO'), 1) // the one before STARTTLS
      },
    })),
  ),
)

const stapled = [
  {
    title: 'stapled by Exim: the answer is taken, nobody is asked, and a mail arrives',
    async run(lab) {
      const [{ ports }, { ca }] = await Promise.all([lab.server('exim'), lab.server('revocation')])
      const before = await requests(lab)
      const { front, trail } = await arrives(lab, ports.stapled, {
        ...{ security: 'starttls', tls: { ca, revocation: { ocsp: 'required' } } },
      })
      match(front, /by exim\.posthorn\.example with esmtps/)
      equal(trail.events.find(({ type }) => type === 'tls').revocation, 'good')
      equal(await requests(lab), before)
    },
  },
  {
    title: 'stapled by openssl, and it says revoked: refused, nobody is asked',
    async run(lab) {
      const { ports } = await lab.server('stapling')
      const before = await requests(lab)
      const client = await clientAt(lab, ports.revoked, { ocsp: 'soft' }, 'implicit')
      await failure(client.verify(), 'tls.revoked')
      equal(await requests(lab), before)
    },
  },
]

export const cases = [...matrix, ...stapled]

async function clientAt(lab, port, revocation, security = 'starttls') {
  const { ca } = await lab.server('revocation')
  return lab.clientOf(port, { security, tls: { ca, revocation } })
}

/** How often the responder and the list were asked for until now. */
async function requests(lab) {
  return (await readFile((await lab.server('revocation')).log, 'utf8')).split('\n').length - 1
}
