// What compose() signs by DKIM is verified by dkimpy (Debian's python3-dkim), with the records in place of the DNS.
import { equal, ok } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { compose } from '@posthorn/mime'

const CANONICALIZATIONS = ['relaxed/relaxed', 'relaxed/simple', 'simple/relaxed', 'simple/simple']
const DRAFTS = {
  'a plain text': { text: 'Hello,\n\nthis is  plain\t text.\n\n\n' },
  'no text at all': {},
  'every script in every field': {
    subject: 'Grüße 你好 مرحبا 📮 '.repeat(8),
    text: 'Grüße 你好 مرحبا 📮\n'.repeat(60),
  },
  'HTML with a picture and an attachment': {
    text: 'see the picture',
    html: '<p>see <img src="cid:logo"></p>',
    attachments: [
      { content: Buffer.alloc(70_000, 1), contentType: 'image/png', contentId: 'logo' },
      { content: Buffer.alloc(300_000, 2), filename: 'Übersicht.pdf' },
    ],
  },
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ed25519 = generateKeyPairSync('ed25519')
const RECORDS = {
  'r._domainkey.example.com': `v=DKIM1; k=rsa; p=${rsa.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`,
  'e._domainkey.example.com': `v=DKIM1; k=ed25519; p=${ed25519.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64')}`,
}

/** dkimpy with the records in place of the DNS; one line for each signature, from the top. */
const DKIMPY = `
import json, sys, dkim
records = json.loads(sys.argv[1])
message = sys.stdin.buffer.read()
verifier = dkim.DKIM(message)
count = len([name for name, value in verifier.headers if name.lower() == b'dkim-signature'])
for index in range(count):
    look = lambda name, timeout=5: records[name.decode().rstrip('.')].encode()
    try:
        print('pass' if dkim.DKIM(message).verify(idx=index, dnsfunc=look) else 'fail')
    except dkim.DKIMException as error:
        print('fail', error)
`

async function signed(draft, canonicalization, keys) {
  const dkim = keys.map((key) => ({
    domain: 'example.com',
    selector: key === 'rsa' ? 'r' : 'e',
    privateKey: (key === 'rsa' ? rsa : ed25519).privateKey,
    canonicalization,
  }))
  const { content } = await compose({ from: 'Ann <ann@example.com>', to: 'bob@example.org', ...draft }, { dkim })
  const chunks = []
  for await (const chunk of content.open()) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

const dkimpy = CANONICALIZATIONS.flatMap((canonicalization) =>
  Object.entries(DRAFTS).map(([name, draft]) => ({
    title: `dkimpy verifies RSA and Ed25519, ${canonicalization}, ${name}`,
    async run() {
      const message = await signed(draft, canonicalization, ['rsa', 'ed25519'])
      equal(await verifiedByDkimpy(message), 'pass\npass\n')
      const changed = Buffer.from(message)
      changed[changed.indexOf('From: Ann') + 6] ^= 0x20
      ok(!(await verifiedByDkimpy(changed)).includes('pass'))
    },
  })),
)

export const cases = dkimpy

async function verifiedByDkimpy(message) {
  return (await piped('/usr/bin/python3', ['-c', DKIMPY, JSON.stringify(RECORDS)], message)).output
}

/** @returns {Promise<{ code: number | null, output: string }>} */
function piped(program, args, input) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args)
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output }))
    child.stdin.on('error', () => {}) // a verifier may have seen enough before the end
    child.stdin.end(input)
  })
}
