// What compose() signs by DKIM is verified by dkimpy (Debian's python3-dkim), with the records in place of the DNS.
import { deepStrictEqual } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
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

/** dkimpy with the records in place of the DNS. In: one file a line; out: a word for each signature, from the top. */
const DKIMPY = `
import json, sys, dkim
records = json.loads(sys.argv[1])
look = lambda name, timeout=5: records[name.decode().rstrip('.')].encode()
for path in sys.stdin:
    message = open(path.rstrip(), 'rb').read()
    count = len([name for name, value in dkim.DKIM(message).headers if name.lower() == b'dkim-signature'])
    words = []
    for index in range(count):
        try:
            words.append('pass' if dkim.DKIM(message).verify(idx=index, dnsfunc=look) else 'fail')
        except dkim.DKIMException:
            words.append('fail')
    print(' '.join(words))
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

export const cases = CANONICALIZATIONS.map((canonicalization) => ({
  title: `dkimpy verifies RSA and Ed25519, ${canonicalization}, and finds one changed octet`,
  async run() {
    const messages = []
    for (const draft of Object.values(DRAFTS)) {
      const message = await signed(draft, canonicalization, ['rsa', 'ed25519'])
      const changed = Buffer.from(message)
      changed[changed.indexOf('From: Ann') + 6] ^= 0x20
      messages.push(message, changed)
    }
    deepStrictEqual(
      await verified(messages),
      Object.values(DRAFTS).flatMap(() => ['pass pass', 'fail fail']),
    )
  },
}))

async function verified(messages) {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-'))
  try {
    const paths = messages.map((_, index) => join(folder, `${index}.eml`))
    await Promise.all(messages.map((message, index) => writeFile(paths[index], message)))
    const child = spawn('/usr/bin/python3', ['-c', DKIMPY, JSON.stringify(RECORDS)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    child.stdin.end(paths.map((path) => `${path}\n`).join(''))
    const words = []
    for await (const line of createInterface({ input: child.stdout })) words.push(line)
    return words
  } finally {
    await rm(folder, { recursive: true })
  }
}
